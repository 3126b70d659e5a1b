//! What a cloud calls what it holds: variables, tags, attributes, certificates, parameters.

use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};

text_type! {
    /// The name of an environment variable.
    VariableName
}

impl Word for VariableName {
    const NAME: &'static str = "variableName";
    const WHAT: &'static str = "names of environment variables";
    const PATTERN: &'static str = "^[A-Za-z][A-Za-z0-9_]*$";
    const EXAMPLES: &'static [&'static str] = &["LOG_LEVEL"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the name of an environment variable: letters, digits and underscores, \
             beginning with a letter"
        )))
    }
}

text_type! {
    /// The key of a tag.
    TagName
}

impl Word for TagName {
    const NAME: &'static str = "tagName";
    const WHAT: &'static str = "keys of tags";
    const PATTERN: &'static str = "^(?![aA][wW][sS]:)[A-Za-z0-9 _.:/=+@-]+$";
    const LENGTH_MAX: Option<usize> = Some(128);
    const EXAMPLES: &'static [&'static str] = &["Team", "cost-centre"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _.:/=+@-".contains(&byte);
        let reserved = text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) && !reserved {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the key of a tag: at most 128 letters, digits, spaces and `_.:/=+@-`, \
             not beginning with `aws:`"
        )))
    }
}

text_type! {
    /// The name of an attribute of a table.
    AttributeName
}

impl Word for AttributeName {
    const NAME: &'static str = "attributeName";
    const WHAT: &'static str = "the name of an attribute";
    const PATTERN: &'static str = "^[A-Za-z0-9_.-]+$";
    const LENGTH_MAX: Option<usize> = Some(255);
    const EXAMPLES: &'static [&'static str] = &["id"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if (1..=255).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the name of an attribute: letters, digits and `_.-`"
        )))
    }
}

text_type! {
    /// The ARN of a certificate.
    CertificateArn
}

impl Word for CertificateArn {
    const NAME: &'static str = "certificateArn";
    const WHAT: &'static str = "the ARN of a certificate";
    const PATTERN: &'static str = "^arn:[!-~]+$";
    const EXAMPLES: &'static [&'static str] =
        &["arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let rest = text.strip_prefix("arn:");
        if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic())) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the ARN of a certificate"
        )))
    }
}

text_type! {
    /// The path of a parameter; `{region}` stands for the region it lies in.
    ParameterPath
}

impl Word for ParameterPath {
    const NAME: &'static str = "parameterPath";
    const WHAT: &'static str = "the path of a parameter, as in `/shop/{region}/endpoint`";
    const PATTERN: &'static str = r"^(/([A-Za-z0-9_.-]|\{region\})+)+$";
    const EXAMPLES: &'static [&'static str] = &["/shop/{region}/endpoint"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let placed = text.replace("{region}", "r");
        let fits = placed.strip_prefix('/').is_some_and(|rest| {
            rest.split('/')
                .all(|part| !part.is_empty() && part.bytes().all(plain))
        });
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the path of a parameter: parts of letters, digits, `_.-` and \
             `{{region}}`, each after a slash"
        )))
    }
}
