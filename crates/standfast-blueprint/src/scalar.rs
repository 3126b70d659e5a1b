//! The values of the file that are neither words nor collections: numbers, flags, settings, and texts that
//! may be empty.

use std::num::{NonZeroU16, NonZeroU32};

use serde_json::{Value, json};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::definition::{Definitions, scalar_schema};
use crate::grammar::reader::{FromNode, Reader, scalar_of, text_of};
use crate::tree::{Look, Node};

/// Most servers of one database in one region. Every server is a connection of the primary and a
/// replication slot, and numbers of two digits keep node names short.
const SERVERS_MAX: u8 = 15;

/// Zones are told apart by one letter.
const ZONES_MAX: u8 = 26;

/// A whole number within bounds.
fn whole(node: &Node, reader: &mut Reader, min: i64, max: i64) -> Option<i64> {
    let scalar = scalar_of(node, "a whole number", reader)?;
    let Look::Integer(number) = scalar.look() else {
        reader.wrong_kind(node, "a whole number");
        return None;
    };
    if (min..=max).contains(&number) {
        return Some(number);
    }
    let problem = Diagnostic::error(
        Code::OutOfRange,
        node.span,
        format!("{number} is out of range"),
    )
    .here(format!("{} lies between {min} and {max}", reader.place()));
    reader.report(problem);
    None
}

macro_rules! whole_number {
    ($type:ty, $min:expr, $max:expr) => {
        impl FromNode for $type {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let number = whole(node, reader, i64::from($min), i64::from($max))?;
                Self::try_from(u32::try_from(number).ok()?).ok()
            }

            fn schema(definitions: &mut Definitions) -> Value {
                let schema = json!({ "type": "integer", "minimum": $min, "maximum": $max });
                scalar_schema(&schema, definitions)
            }
        }
    };
}

/// How many servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Servers(pub(crate) u8);

/// How many zones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Zones(pub(crate) u8);

/// A share of the answers under a name, out of the sum of all shares; Route 53 takes 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Weight(u8);

impl Weight {
    /// The share.
    pub const fn get(self) -> u8 {
        self.0
    }
}

macro_rules! from_number {
    ($type:ident) => {
        impl TryFrom<u32> for $type {
            type Error = std::num::TryFromIntError;
            fn try_from(number: u32) -> Result<Self, Self::Error> {
                u8::try_from(number).map(Self)
            }
        }
    };
}
from_number!(Servers);
from_number!(Zones);
from_number!(Weight);

whole_number!(Servers, 0u8, SERVERS_MAX);
whole_number!(Zones, 1u8, ZONES_MAX);
whole_number!(Weight, 0u8, u8::MAX);
whole_number!(u16, 0u16, u16::MAX);

/// A number from 1, as a port or a count of at least one.
macro_rules! from_one {
    ($type:ty, $number:ty) => {
        impl FromNode for $type {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let number = whole(node, reader, 1, i64::from(<$number>::MAX))?;
                Self::new(<$number>::try_from(number).ok()?)
            }

            fn schema(definitions: &mut Definitions) -> Value {
                let schema =
                    json!({ "type": "integer", "minimum": 1, "maximum": <$number>::MAX });
                scalar_schema(&schema, definitions)
            }
        }
    };
}
from_one!(NonZeroU16, u16);
from_one!(NonZeroU32, u32);

/// The version of the format. There is one so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FormatVersion;

impl FormatVersion {
    const CURRENT: i64 = 1;
}

impl FromNode for FormatVersion {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, "the number 1", reader)?;
        match scalar.look() {
            Look::Integer(Self::CURRENT) => Some(Self),
            Look::Integer(other) => {
                let problem = Diagnostic::error(
                    Code::Version,
                    node.span,
                    format!("this program does not read version {other} of the format"),
                )
                .fix("write version 1", node.span, "1");
                reader.report(problem);
                None
            }
            Look::Nothing | Look::Flag(_) | Look::Decimal(_) | Look::Text => {
                reader.wrong_kind(node, "the number 1");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let schema = json!({ "type": "integer", "const": Self::CURRENT });
        scalar_schema(&schema, definitions)
    }
}

impl FromNode for bool {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, "`true` or `false`", reader)?;
        if let Look::Flag(flag) = scalar.look() {
            return Some(flag);
        }
        let problem = reader.mismatch(node, "`true` or `false`")?;
        // YAML 1.1 took these for flags; YAML 1.2 does not.
        let meant = match scalar.text.to_ascii_lowercase().as_str() {
            "yes" | "on" => Some("true"),
            "no" | "off" => Some("false"),
            _ => None,
        };
        reader.report(match meant {
            Some(flag) => problem.fix(format!("write `{flag}`"), node.span, flag),
            None => problem,
        });
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        scalar_schema(&json!({ "type": "boolean" }), definitions)
    }
}

/// A number above zero.
impl FromNode for f64 {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, "a number", reader)?;
        let number = match scalar.look() {
            Look::Decimal(number) => number,
            Look::Integer(_) => scalar.text.parse().unwrap_or(Self::NAN),
            Look::Nothing | Look::Flag(_) | Look::Text => {
                reader.wrong_kind(node, "a number");
                return None;
            }
        };
        if number.is_finite() && number > 0.0 {
            return Some(number);
        }
        let problem = Diagnostic::error(
            Code::OutOfRange,
            node.span,
            format!("`{}` is out of range", scalar.text),
        )
        .here(format!("{} is a number above 0", reader.place()));
        reader.report(problem);
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let schema = json!({ "type": "number", "exclusiveMinimum": 0 });
        scalar_schema(&schema, definitions)
    }
}

/// The value of a setting of the database engine, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SettingValue(pub(crate) String);

impl FromNode for SettingValue {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, "a text, a number or a flag", reader)?;
        if scalar.look() == Look::Nothing && !scalar.text.is_empty() {
            reader.wrong_kind(node, "a text, a number or a flag");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }

    fn schema(_definitions: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

/// A text that may be empty, which is as if it were absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaybeText(pub(crate) Option<String>);

impl FromNode for MaybeText {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match text_of(node) {
            Some("") => Some(Self(None)),
            Some(text) => Some(Self(Some(text.to_owned()))),
            None => {
                reader.wrong_kind(node, "a text");
                None
            }
        }
    }

    fn schema(_definitions: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}
