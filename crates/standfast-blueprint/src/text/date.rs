//! Days of the calendar, as `2026-12-31`.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::grammar::word::{Word, WordProblem};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, of four digits.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        ))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Word for Date {
    const NAME: &'static str = "date";
    const WHAT: &'static str = "a date";
    const PATTERN: &'static str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
    const EXAMPLES: &'static [&'static str] = &["2030-01-01"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let malformed = || {
            WordProblem::malformed(format!(
                "`{text}` is not a date; write it as in `2030-01-01`"
            ))
        };
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(malformed());
        }
        let year: u16 = text[..4].parse().map_err(|_| malformed())?;
        let month: u8 = text[5..7].parse().map_err(|_| malformed())?;
        let day: u8 = text[8..].parse().map_err(|_| malformed())?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(malformed());
        }
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day > days {
            return Err(WordProblem::impossible(format!(
                "there is no {text}; that month has {days} days"
            )));
        }
        Ok(Self { year, month, day })
    }
}
