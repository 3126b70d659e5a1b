//! What happened, in words, and how often each thing did.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use standfast_failover::State;

use crate::queue::Time;

/// Whether the trace is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Only what happened how often.
    Counts,
    /// Every step, in words.
    Everything,
}

/// What happened.
#[derive(Debug)]
pub(crate) struct Trace {
    telling: Telling,
    text: String,
    counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
}

impl Trace {
    pub(crate) fn new(telling: Telling) -> Self {
        Self {
            telling,
            text: String::new(),
            counts: BTreeMap::new(),
        }
    }

    pub(crate) fn tells_everything(&self) -> bool {
        self.telling == Telling::Everything
    }

    pub(crate) fn note(&mut self, now: Time, what: std::fmt::Arguments<'_>) {
        if self.tells_everything() {
            let (seconds, rest) = (now / 1_000_000_000, now % 1_000_000_000 / 1_000);
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "{seconds:>4}.{rest:06} {what}");
        }
    }

    pub(crate) fn count(&mut self, class: &'static str, what: &str) {
        let class = self.counts.entry(class).or_default();
        match class.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                class.insert(what.to_owned(), 1);
            }
        }
    }

    pub(crate) fn count_transition(&mut self, from: State, to: State) {
        self.count("transition", &format!("{from} -> {to}"));
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn counts(&self) -> &BTreeMap<&'static str, BTreeMap<String, u64>> {
        &self.counts
    }
}
