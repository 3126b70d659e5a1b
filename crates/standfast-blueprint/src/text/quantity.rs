//! Durations, sizes and times to live.

use std::time::Duration;

use standfast_units::{Bytes, DurationError, QuantityError, Ttl, parse_duration};

use crate::grammar::word::{Word, WordProblem};

impl Word for Duration {
    const NAME: &'static str = "duration";
    const WHAT: &'static str = "a duration";
    const PATTERN: &'static str = "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
    const EXAMPLES: &'static [&'static str] = &["500ms", "30s", "1m30s", "7d"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        parse_duration(text).map_err(|error| match error {
            DurationError::Overflow(_) => WordProblem::impossible(error.to_string()),
            // Anything else is a matter of form; the error type may grow.
            _ => with_unit(text, "s", WordProblem::malformed(error.to_string())),
        })
    }
}

/// Offers the unit that was probably meant when only a number is written.
fn with_unit(text: &str, unit: &str, problem: WordProblem) -> WordProblem {
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let spaced = text
        .split_once(' ')
        .map(|(number, unit)| format!("{number}{unit}"));
    let (help, replacement) = match spaced {
        Some(joined) if parse_duration(&joined).is_ok() || joined.parse::<Bytes>().is_ok() => {
            ("write it without the space", joined)
        }
        _ if bare => ("add the unit", format!("{text}{unit}")),
        _ => return problem,
    };
    WordProblem {
        help: Some((help.to_owned(), Some(replacement))),
        ..problem
    }
}

impl Word for Ttl {
    const NAME: &'static str = "timeToLive";
    const WHAT: &'static str = "a time to live in whole seconds";
    const PATTERN: &'static str = "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
    const EXAMPLES: &'static [&'static str] = &["5s", "60s", "1m"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        if text.ends_with("ms") {
            return Err(WordProblem::malformed(format!(
                "a time to live is whole seconds (RFC 2181 §8), not `{text}`"
            )));
        }
        text.parse().map_err(|error| match error {
            QuantityError::Ttl(error @ DurationError::Overflow(_)) => {
                WordProblem::impossible(error.to_string())
            }
            QuantityError::Ttl(error) => {
                with_unit(text, "s", WordProblem::malformed(error.to_string()))
            }
            error => WordProblem::impossible(error.to_string()),
        })
    }
}

impl Word for Bytes {
    const NAME: &'static str = "size";
    const WHAT: &'static str = "a size";
    const PATTERN: &'static str = "^[0-9]+(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$";
    const EXAMPLES: &'static [&'static str] = &["16MiB", "100GB"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        text.parse().map_err(|error| match error {
            QuantityError::Overflow(_) => WordProblem::impossible(error.to_string()),
            error => with_unit(text, "GB", WordProblem::malformed(error.to_string())),
        })
    }
}
