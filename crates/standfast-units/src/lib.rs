//! Identifiers and quantities shared by every crate of Standfast, and how an error is told.
//!
//! Each type has one textual form: what `Display` prints, `FromStr` reads and serde stores. Arithmetic
//! is checked or saturating and says which. Nothing here reads a clock, a file or the environment.

mod chain;
mod name;
mod position;
mod quantity;
mod time;

pub use chain::chain;
pub use name::{Database, NameError, Node, Region, System};
pub use position::{Epoch, Lsn, PositionError, Timeline};
pub use quantity::{Bytes, QuantityError, Ttl};
pub use time::{DurationError, Moment, Timestamp, WallTime, format_duration, parse_duration};

/// Implements serde by way of `Display` and `FromStr`, so that a value has one textual form everywhere.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
