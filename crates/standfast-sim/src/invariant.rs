//! What must hold at every instant, one rule a file, each with its source in the safety protocol.

pub(crate) mod asked;
pub(crate) mod bound;
pub(crate) mod deadline;
pub(crate) mod forwarded;
pub(crate) mod lease;
pub(crate) mod ledger;
pub(crate) mod loss;
pub(crate) mod timeline;
pub(crate) mod writer;
pub(crate) mod writes;

use std::fmt;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rules of the safety protocol it breaks: `P1`, `P2, P5`, …
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(rule: &'static str, what: impl Into<String>) -> Self {
        Self {
            rule,
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// Whether a rule holds.
pub(crate) type Verdict = Result<(), Violation>;

pub(crate) fn demand(holds: bool, rule: &'static str, what: impl FnOnce() -> String) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(rule, what()))
    }
}
