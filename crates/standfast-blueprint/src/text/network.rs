//! What the network calls things.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};
use crate::text::name::Name;

text_type! {
    /// A DNS name without the final dot, in lower case (RFC 1035 §2.3.1, RFC 1123 §2.1).
    DomainName
}

impl DomainName {
    /// The name under which a system is reached when none is given; `.test` is reserved for such
    /// uses (RFC 6761 §6.2).
    pub(crate) fn for_tests(name: &Name) -> Self {
        Self(format!("{name}.test"))
    }
}

impl Word for DomainName {
    const NAME: &'static str = "domainName";
    const WHAT: &'static str = "a DNS name";
    const PATTERN: &'static str =
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$";
    const LENGTH_MAX: Option<usize> = Some(253);
    const EXAMPLES: &'static [&'static str] = &["payments.example.com", "quickstart.test"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let fits = text.len() <= 253 && text.split('.').all(is_dns_label);
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not a DNS name: labels of at most 63 lower-case letters, digits and \
             hyphens, joined by dots, 253 characters in all"
        )))
    }
}

fn is_dns_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

text_type! {
    /// Where people are told.
    EmailAddress
}

impl Word for EmailAddress {
    const NAME: &'static str = "emailAddress";
    const WHAT: &'static str = "an email address";
    const PATTERN: &'static str = r"^[!-?A-~]+@[!-?A-~]+$";
    const EXAMPLES: &'static [&'static str] = &["ops@example.com"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let graphic = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
        match text.split_once('@') {
            Some((user, host)) if graphic(user) && graphic(host) && !host.contains('@') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(WordProblem::malformed(format!(
                "`{text}` is not an email address"
            ))),
        }
    }
}

text_type! {
    /// The path of a URL, as in `/health`.
    UrlPath
}

impl Word for UrlPath {
    const NAME: &'static str = "urlPath";
    const WHAT: &'static str = "the path of a URL";
    const PATTERN: &'static str = "^/[!-~]*$";
    const EXAMPLES: &'static [&'static str] = &["/health"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        if text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the path of a URL; it begins with `/` and holds no spaces"
        )))
    }
}

impl Word for Ipv4Net {
    const NAME: &'static str = "ipv4Network";
    const WHAT: &'static str = "an IPv4 network";
    const PATTERN: &'static str = concat!(
        r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}",
        "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$"
    );
    const EXAMPLES: &'static [&'static str] = &["10.0.0.0/16"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let malformed = || {
            WordProblem::malformed(format!(
                "`{text}` is not an IPv4 network; write it as in `10.0.0.0/16`"
            ))
        };
        let (address, length) = text.split_once('/').ok_or_else(malformed)?;
        let canonical = !length.starts_with(['0', '+']) || length == "0";
        let address: Ipv4Addr = address.parse().map_err(|_| malformed())?;
        let length: u8 = length.parse().map_err(|_| malformed())?;
        let network = Self::new(address, length).map_err(|_| malformed())?;
        if !canonical {
            return Err(malformed());
        }
        let whole = network.trunc();
        if whole == network {
            return Ok(network);
        }
        Err(WordProblem {
            help: Some((
                "write the network's first address".to_owned(),
                Some(whole.to_string()),
            )),
            ..WordProblem::impossible(format!(
                "`{text}` names an address within a network, not the network"
            ))
        })
    }
}
