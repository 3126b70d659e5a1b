//! Whom to ask.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::Uri;

/// Most regions. One call to `CloudWatch` takes a thousand values, and no system has that many regions.
const REGIONS_MAX: usize = 32;

/// Why the setting is not one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("it is not a JSON object from regions to URLs")]
    Shape(#[source] serde_json::Error),
    #[error("it names more than {REGIONS_MAX} regions")]
    Count,
    #[error("`{0}` is not the name of a region")]
    Region(String),
    #[error("the URL of {region} is not valid")]
    Url {
        region: String,
        source: http::uri::InvalidUri,
    },
    #[error("the URL of {0} is not one of HTTPS; HTTP is for this machine only")]
    Scheme(String),
    #[error("the URL of {0} holds a password")]
    Password(String),
}

/// Regions and the URLs of their health.
#[derive(Debug)]
pub(crate) struct Endpoints(BTreeMap<String, Uri>);

impl Endpoints {
    /// Reads `{"eu-west-1": "https://…/health", …}`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let texts: BTreeMap<String, String> = serde_json::from_str(text).map_err(Error::Shape)?;
        if texts.len() > REGIONS_MAX {
            return Err(Error::Count);
        }
        let mut endpoints = BTreeMap::new();
        for (region, text) in texts {
            let letter =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if region.is_empty() || !region.bytes().all(letter) {
                return Err(Error::Region(region));
            }
            let url = url(&region, &text)?;
            endpoints.insert(region, url);
        }
        Ok(Self(endpoints))
    }

    /// Whether it was there.
    pub(crate) fn leave_out(&mut self, region: &str) -> bool {
        self.0.remove(region).is_some()
    }

    /// Whether there is no region to ask: a system of one.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Uri)> {
        self.0.iter().map(|(region, url)| (region.as_str(), url))
    }
}

fn url(region: &str, text: &str) -> Result<Uri, Error> {
    let url: Uri = text.parse().map_err(|source| Error::Url {
        region: region.to_owned(),
        source,
    })?;
    if url
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(Error::Password(region.to_owned()));
    }
    let host = url.host().unwrap_or_default();
    let here = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match url.scheme_str() {
        Some("https") => Ok(url),
        Some("http") if here => Ok(url),
        _ => Err(Error::Scheme(region.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_urls() {
        let text = r#"{"us-east-1":"https://a.example/health?require=writable","eu-west-1":"http://127.0.0.1:80/"}"#;
        let mut endpoints = Endpoints::parse(text).unwrap();
        assert!(endpoints.leave_out("eu-west-1"));
        assert!(!endpoints.leave_out("eu-west-1"));
        let left: Vec<_> = endpoints.iter().map(|(region, _)| region).collect();
        assert_eq!(left, ["us-east-1"]);
        assert!(endpoints.leave_out("us-east-1") && endpoints.is_empty());
    }

    #[test]
    fn a_system_of_one_region_asks_no_other() {
        assert!(Endpoints::parse("{}").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for wrong in [
            "",
            "[]",
            r#"{"eu-west-1":1}"#,
            r#"{"":"https://a.example/"}"#,
            r#"{"EU":"https://a.example/"}"#,
            r#"{"eu-west-1":"a.example"}"#,
            r#"{"eu-west-1":"/health"}"#,
            r#"{"eu-west-1":"http://a.example/health"}"#,
            r#"{"eu-west-1":"ftp://127.0.0.1/"}"#,
            r#"{"eu-west-1":"https://user:word@a.example/"}"#,
        ] {
            assert!(Endpoints::parse(wrong).is_err(), "{wrong}");
        }
    }
}
