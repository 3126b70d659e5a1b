//! The values at which alarms ring.

use std::time::Duration;

use serde_json::{Value, json};
use standfast_units::Bytes;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::definition::{Definitions, scalar_schema};
use crate::grammar::reader::{FromNode, Reader, scalar_of};
use crate::grammar::word::{Word, WordProblem};
use crate::tree::{Look, Node};

/// What a threshold of a metric is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A duration, as in `1s`.
    Time,
    /// A share, as in `80%`.
    Percent,
    /// A number.
    Count,
    /// A size, as in `10GiB`.
    Size,
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

impl Word for WrittenThreshold {
    const NAME: &'static str = "threshold";
    const WHAT: &'static str = "a number, a share, a duration or a size";
    const PATTERN: &'static str = concat!(
        r"^([0-9]{1,3}(\.[0-9]{1,3})?%",
        "|(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?",
        "|[0-9]+(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB))$"
    );
    const EXAMPLES: &'static [&'static str] = &["80%", "1s", "10GiB"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
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
        let time = <Duration as Word>::parse(text);
        let size = <Bytes as Word>::parse(text);
        match (time, size) {
            (Ok(time), _) => Ok(Self(Threshold::Time(time))),
            (_, Ok(size)) => Ok(Self(Threshold::Size(size))),
            (Err(problem), _) | (_, Err(problem)) if problem.code == Code::Impossible => {
                Err(problem)
            }
            (Err(_), Err(_)) => Err(WordProblem::malformed(format!(
                "`{text}` is not a threshold; write a number, `80%`, `1s` or `10GiB`"
            ))),
        }
    }
}

impl FromNode for Threshold {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = scalar_of(node, WrittenThreshold::WHAT, reader)?;
        match scalar.look() {
            Look::Integer(_) | Look::Decimal(_) => count(node, &scalar.text, reader),
            Look::Text => WrittenThreshold::read(node, reader).map(|written| written.0),
            Look::Nothing | Look::Flag(_) => {
                reader.wrong_kind(node, WrittenThreshold::WHAT);
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
