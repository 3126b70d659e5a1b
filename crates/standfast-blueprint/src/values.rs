//! The values of the file that are not texts: numbers, flags, settings, and what is kept as it is.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use serde_json::{Value, json};
use standfast_units::{Bytes, Region};

use crate::file::cloud::{DashboardSpec, Placement, PublishedParameterSpec, Unit};
use crate::words::CertificateArn;

use crate::read::{Definitions, Read, Reader, scalar_of, scalar_schema};
use crate::tree::{Kind, Look, Node};
use crate::{Code, Diagnostic, SecretReference};

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
        impl Read for $type {
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
        impl Read for $type {
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

impl Read for FormatVersion {
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

impl Read for bool {
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
impl Read for f64 {
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

impl Read for SettingValue {
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

/// Where the password of a database is kept: a reference, or the older form `{ secret: NAME }`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Credentials(pub(crate) SecretReference);

crate::grammar::record! {
    /// The name of a secret.
    struct SecretByName {
        /// Its name in the secret store of the platform.
        required secret: SecretName,
    }
}

/// The name alone, as it stands behind `secret:`.
#[derive(Debug, Clone, PartialEq)]
struct SecretName(SecretReference);

impl crate::read::Word for SecretName {
    const NAME: &'static str = "secretName";
    const WHAT: &'static str = "the name of a secret";
    const PATTERN: &'static str = "^[!-~]+$";
    const EXAMPLES: &'static [&'static str] = &["payments/db"];

    fn parse(text: &str) -> Result<Self, crate::read::Problem> {
        crate::read::Word::parse(&format!("secret:{text}")).map(Self)
    }
}

impl Read for Credentials {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, Kind::Mapping(_)) {
            return SecretByName::read(node, reader).map(|by_name| Self(by_name.secret.0));
        }
        SecretReference::read(node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let by_name = SecretByName::schema(definitions);
        let reference = SecretReference::schema(definitions);
        json!({ "anyOf": [by_name, reference] })
    }
}

/// A text that may be empty, which is as if it were absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaybeText(pub(crate) Option<String>);

impl Read for MaybeText {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match crate::read::text_of(node) {
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

/// The certificate of a name that is served over TLS.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum Certificate {
    /// One is issued for the names, in every region.
    Issue,
    /// These, by region.
    Given(BTreeMap<Region, CertificateArn>),
}

impl Read for Certificate {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, Kind::Mapping(_)) {
            return BTreeMap::read(node, reader).map(Self::Given);
        }
        if crate::read::text_of(node) == Some("issue") {
            return Some(Self::Issue);
        }
        reader.wrong_kind(node, "`issue`, or the ARN of a certificate for each region");
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let given = BTreeMap::<Region, CertificateArn>::schema(definitions);
        let issue = scalar_schema(&json!({ "const": "issue" }), definitions);
        json!({ "anyOf": [issue, given] })
    }
}

impl Read for PublishedParameter {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, Kind::Mapping(_)) {
            let spec = PublishedParameterSpec::read(node, reader)?;
            return Some(Self(spec));
        }
        let of = crate::words::Source::read(node, reader)?;
        Some(Self(PublishedParameterSpec { of, path: None }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let long = PublishedParameterSpec::schema(definitions);
        let short = crate::words::Source::schema(definitions);
        json!({ "anyOf": [long, short] })
    }
}

/// A parameter: what it holds, or that and its path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PublishedParameter(pub(crate) PublishedParameterSpec);

/// A dashboard: a list of what it shows, or that and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShownDashboard(pub(crate) DashboardSpec);

impl Read for ShownDashboard {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, Kind::Mapping(_)) {
            return DashboardSpec::read(node, reader).map(Self);
        }
        Some(Self(DashboardSpec {
            runs: Placement::Every,
            show: Vec::read(node, reader)?,
        }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let long = DashboardSpec::schema(definitions);
        let short = Vec::<crate::words::Widget>::schema(definitions);
        json!({ "anyOf": [long, short] })
    }
}

/// The value of a metric at which an alarm rings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// A number.
    Count(f64),
    /// A share in percent.
    Percent(f64),
    /// A time.
    Time(Duration),
    /// A size.
    Size(Bytes),
}

impl Threshold {
    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Count(_) => Unit::Count,
            Self::Percent(_) => Unit::Percent,
            Self::Time(_) => Unit::Time,
            Self::Size(_) => Unit::Size,
        }
    }
}

/// A number from zero on: nothing at all is a threshold too.
fn count(node: &Node, text: &str, reader: &mut Reader) -> Option<Threshold> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Some(Threshold::Count(number)),
        _ => {
            let problem = Diagnostic::error(
                Code::OutOfRange,
                node.span,
                format!("`{text}` is out of range"),
            )
            .here(format!("{} is a number from 0 on", reader.place()));
            reader.report(problem);
            None
        }
    }
}

/// A threshold that is written as a text.
struct WrittenThreshold(Threshold);

impl crate::read::Word for WrittenThreshold {
    const NAME: &'static str = "threshold";
    const WHAT: &'static str = "a number, a share, a duration or a size";
    const PATTERN: &'static str = concat!(
        r"^([0-9]{1,3}(\.[0-9]{1,3})?%",
        "|(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?",
        "|[0-9]+(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB))$"
    );
    const EXAMPLES: &'static [&'static str] = &["80%", "1s", "10GiB"];

    fn parse(text: &str) -> Result<Self, crate::read::Problem> {
        let digits = |part: &str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if let Some(share) = text.strip_suffix('%') {
            let (whole, rest) = share.split_once('.').unwrap_or((share, "0"));
            if digits(whole)
                && digits(rest)
                && let Ok(share) = share.parse()
            {
                return Ok(Self(Threshold::Percent(share)));
            }
        }
        let time = <Duration as crate::read::Word>::parse(text);
        let size = <Bytes as crate::read::Word>::parse(text);
        match (time, size) {
            (Ok(time), _) => Ok(Self(Threshold::Time(time))),
            (_, Ok(size)) => Ok(Self(Threshold::Size(size))),
            (Err(problem), _) | (_, Err(problem)) if problem.code == Code::Impossible => {
                Err(problem)
            }
            (Err(_), Err(_)) => Err(crate::read::Problem::malformed(format!(
                "`{text}` is not a threshold; write a number, `80%`, `1s` or `10GiB`"
            ))),
        }
    }
}

impl Read for Threshold {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, <WrittenThreshold as crate::read::Word>::WHAT, reader)?;
        match scalar.look() {
            Look::Integer(_) | Look::Decimal(_) => count(node, &scalar.text, reader),
            Look::Text => WrittenThreshold::read(node, reader).map(|written| written.0),
            Look::Nothing | Look::Flag(_) => {
                reader.wrong_kind(node, <WrittenThreshold as crate::read::Word>::WHAT);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let number = scalar_schema(&json!({ "type": "number", "minimum": 0 }), definitions);
        let text = WrittenThreshold::schema(definitions);
        json!({ "anyOf": [number, text] })
    }
}
