//! Where a database stands: epochs of the right to write, timelines and log positions.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use thiserror::Error;

use crate::{Bytes, serde_as_text};

/// Why a text is not a position.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PositionError {
    /// Not of the form `X/Y`.
    #[error("a log position has the form `16/B374D848`, not `{0}`")]
    LsnForm(String),
    /// A number is missing, malformed or too large.
    #[error("`{text}` is not a {what}")]
    Number {
        /// The kind of number.
        what: &'static str,
        /// The text found.
        text: String,
        /// The cause.
        #[source]
        source: ParseIntError,
    },
}

/// The number that grows by one with each new holder of the right to write (P1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(u64);

impl Epoch {
    /// Before any node held the right to write.
    pub const ZERO: Self = Self(0);

    /// The epoch with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after it; `None` past `u64::MAX`.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// A history id of `PostgreSQL`: a new one begins with each promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeline(u32);

impl Timeline {
    /// The timeline of a freshly initialised server.
    pub const FIRST: Self = Self(1);

    /// The timeline with this number; `None` for 0, which `PostgreSQL` never uses.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 {
            None
        } else {
            Some(Self(number))
        }
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The one after it; `None` past `u32::MAX`.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl FromStr for Timeline {
    type Err = PositionError;
    fn from_str(text: &str) -> Result<Self, PositionError> {
        let number: u32 = text.parse().map_err(|source| PositionError::Number {
            what: "timeline",
            text: text.to_owned(),
            source,
        })?;
        Self::new(number).ok_or_else(|| PositionError::LsnForm(text.to_owned()))
    }
}

/// A position in `PostgreSQL`'s write-ahead log, in bytes since the log began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(u64);

impl Lsn {
    /// The invalid position, before every record.
    pub const ZERO: Self = Self(0);

    /// The position after this many bytes of log.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Bytes of log before it.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How much log lies between `earlier` and this position; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> Bytes {
        Bytes::new(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF))
    }
}

impl FromStr for Lsn {
    type Err = PositionError;
    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (high, low) = text
            .split_once('/')
            .ok_or_else(|| PositionError::LsnForm(text.to_owned()))?;
        let half = |digits: &str| {
            u32::from_str_radix(digits, 16).map_err(|source| PositionError::Number {
                what: "log position",
                text: text.to_owned(),
                source,
            })
        };
        Ok(Self((u64::from(half(high)?) << 32) | u64::from(half(low)?)))
    }
}

serde_as_text!(Lsn);

macro_rules! serde_as_number {
    ($type:ident, $number:ty, $read:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn($number) -> Option<Self> = $read;
                let number = <$number>::deserialize(deserializer)?;
                read(number).ok_or_else(|| serde::de::Error::custom("out of range"))
            }
        }
    };
}
serde_as_number!(Epoch, u64, |number| Some(Epoch(number)));
serde_as_number!(Timeline, u32, Timeline::new);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_reads_back_from_its_text(bytes: u64) {
            let lsn = Lsn::new(bytes);
            prop_assert_eq!(lsn.to_string().parse::<Lsn>().unwrap(), lsn);
        }

        #[test]
        fn no_text_panics_the_position_parser(text in ".*") {
            let _ = text.parse::<Lsn>();
        }
    }

    #[test]
    fn positions_print_as_postgresql_prints_them() {
        assert_eq!(Lsn::new(0x16_B374_D848).to_string(), "16/B374D848");
        assert_eq!(Lsn::ZERO.to_string(), "0/0");
        assert!("16".parse::<Lsn>().is_err());
        assert!("100000000/0".parse::<Lsn>().is_err());
    }

    #[test]
    fn lag_never_goes_below_zero() {
        assert_eq!(Lsn::new(5).since(Lsn::new(9)), Bytes::new(0));
        assert_eq!(Lsn::new(9).since(Lsn::new(5)), Bytes::new(4));
    }

    #[test]
    fn timeline_zero_does_not_exist() {
        assert_eq!(Timeline::new(0), None);
        assert!(serde_json::from_str::<Timeline>("0").is_err());
        assert!("0".parse::<Timeline>().is_err());
    }
}
