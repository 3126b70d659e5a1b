//! Spans that AWS takes only as whole units between two bounds.

use std::time::Duration;

use standfast_units::format_duration;

use crate::refuse::refusal::{Refusal, RefusalCode};

/// A day.
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// A span that must be one of whole units between two bounds.
pub(crate) struct Bounds {
    /// What it is a whole number of.
    pub(crate) unit: Duration,
    /// The least of these.
    pub(crate) least: u32,
    /// The most of these.
    pub(crate) most: u32,
    /// The rule, for people.
    pub(crate) words: &'static str,
}

impl Bounds {
    /// Refuses a span that is out of bounds; one that is not there is within.
    pub(crate) fn hold(&self, path: &[&str], span: Option<Duration>, refusals: &mut Vec<Refusal>) {
        let Some(span) = span else {
            return;
        };
        let whole = span.as_millis().is_multiple_of(self.unit.as_millis());
        if whole && (self.unit * self.least..=self.unit * self.most).contains(&span) {
            return;
        }
        let name = path.last().copied().unwrap_or_default();
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            path,
            format!("`{name}` is {}, not {}", self.words, format_duration(span)),
            format!(
                "write {} to {}",
                format_duration(self.unit * self.least),
                format_duration(self.unit * self.most)
            ),
        ));
    }
}
