//! Sizes and times to live.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::serde_as_text;
use crate::time::{DurationError, format_duration, parse_duration};

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// The number is missing or malformed.
    #[error("`{0}` is not a size; write a whole number and a unit, as in `16MiB`")]
    Form(String),
    /// The unit is missing or unknown.
    #[error("`{text}` has no known unit; the units are B, kB, KB, MB, GB, TB, KiB, MiB, GiB, TiB")]
    Unit {
        /// The text found.
        text: String,
    },
    /// The size does not fit.
    #[error("`{0}` is too large")]
    Overflow(String),
    /// A time to live is not a duration.
    #[error("not a time to live")]
    Ttl(#[source] DurationError),
    /// A time to live is not whole seconds within the range of RFC 2181 §8.
    #[error("a time to live is a whole number of seconds up to 2147483647, not `{0}`")]
    TtlRange(String),
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(u64);

const UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

impl Bytes {
    /// This many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many mebibytes; saturates.
    pub const fn mib(mebibytes: u64) -> Self {
        Self(mebibytes.saturating_mul(1 << 20))
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Bytes {
    /// Exact: the largest unit that divides the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|(unit, size)| *unit != "KB" && self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(("B", 1));
        f.pad(&format!("{}{unit}", self.0 / size))
    }
}

impl FromStr for Bytes {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(QuantityError::Form(text.to_owned()));
        }
        let size = UNITS
            .into_iter()
            .find_map(|(name, size)| (name == unit).then_some(size))
            .ok_or_else(|| QuantityError::Unit {
                text: text.to_owned(),
            })?;
        number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(size))
            .map(Self)
            .ok_or_else(|| QuantityError::Overflow(text.to_owned()))
    }
}

serde_as_text!(Bytes);

/// How long a resolver may keep a DNS record: whole seconds (RFC 2181 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// The largest value RFC 2181 §8 allows.
    const SECONDS_MAX: u64 = 2_147_483_647;

    /// A time to live of this many seconds; `None` above 2147483647.
    pub const fn seconds(seconds: u32) -> Option<Self> {
        if seconds as u64 <= Self::SECONDS_MAX {
            Some(Self(seconds))
        } else {
            None
        }
    }

    /// The number of seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_duration(Duration::from_secs(u64::from(self.0))))
    }
}

impl FromStr for Ttl {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let duration = parse_duration(text).map_err(QuantityError::Ttl)?;
        let out_of_range = || QuantityError::TtlRange(text.to_owned());
        if duration.subsec_nanos() != 0 {
            return Err(out_of_range());
        }
        u32::try_from(duration.as_secs())
            .ok()
            .and_then(Self::seconds)
            .ok_or_else(out_of_range)
    }
}

serde_as_text!(Ttl);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_size_reads_back_from_its_text(bytes: u64) {
            let size = Bytes::new(bytes);
            prop_assert_eq!(size.to_string().parse::<Bytes>().unwrap(), size);
        }

        #[test]
        fn no_text_panics_the_size_parser(text in ".*") {
            let _ = text.parse::<Bytes>();
            let _ = text.parse::<Ttl>();
        }
    }

    #[test]
    fn sizes_need_a_unit() {
        assert_eq!("16MiB".parse::<Bytes>().unwrap(), Bytes::mib(16));
        assert_eq!(
            "100GB".parse::<Bytes>().unwrap(),
            Bytes::new(100_000_000_000)
        );
        for bad in ["", "16", "MiB", "1.5GiB", "-1B", "16 MiB", "99999999TiB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_time_to_live_is_whole_seconds_in_range() {
        assert_eq!("60s".parse::<Ttl>().unwrap().as_secs(), 60);
        assert_eq!("5m".parse::<Ttl>().unwrap().to_string(), "5m");
        assert!("500ms".parse::<Ttl>().is_err());
        assert!("2147483648s".parse::<Ttl>().is_err());
    }
}
