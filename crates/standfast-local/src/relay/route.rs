//! Where a relay listens, and where what it accepts is carried to.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use standfast_units::Region;

use super::error::Error;

/// Stands for the store where a region could stand.
const STORE: &str = "store";
/// Stands for every destination.
pub(super) const ALL: &str = "all";

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// To a region.
    Region(Region),
    /// To the store, which lies in no region.
    Store,
}

impl Destination {
    /// Whether a region of this name could not be told from something else.
    pub(crate) fn is_reserved(region: &Region) -> bool {
        matches!(region.as_str(), STORE | ALL)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => f.pad(region.as_str()),
            Self::Store => f.pad(STORE),
        }
    }
}

impl FromStr for Destination {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            STORE => Ok(Self::Store),
            ALL => Err(Error::Text(text.to_owned())),
            _ => Region::new(text)
                .map(Self::Region)
                .map_err(|_| Error::Text(text.to_owned())),
        }
    }
}

/// One address the relay listens at. Written as `us-west-2=127.9.18.1:5440>127.9.2.1:5440`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// What is delayed or cut together.
    pub to: Destination,
    /// Where the relay listens.
    pub listen: SocketAddr,
    /// Where it connects to.
    pub target: SocketAddr,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}>{}", self.to, self.listen, self.target)
    }
}

impl FromStr for Route {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Text(text.to_owned());
        let (to, addresses) = text.split_once('=').ok_or_else(malformed)?;
        let (listen, target) = addresses.split_once('>').ok_or_else(malformed)?;
        Ok(Self {
            to: to.parse()?,
            listen: listen.parse().map_err(|_| malformed())?,
            target: target.parse().map_err(|_| malformed())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_reads_back_from_its_text() {
        for text in [
            "us-west-2=127.9.18.1:5440>127.9.2.1:5440",
            "store=127.9.31.1:2379>127.9.240.1:2379",
        ] {
            assert_eq!(text.parse::<Route>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "a",
            "a=b",
            "a=b>c",
            "=1.1.1.1:1>1.1.1.1:1",
            "all=1.1.1.1:1>1.1.1.1:1",
        ] {
            assert!(bad.parse::<Route>().is_err(), "{bad:?} was taken");
        }
    }
}
