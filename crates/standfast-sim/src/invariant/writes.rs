//! P1, P2, P4, P5: a write is accepted only by a server whose guard is armed, at most the kill budget after
//! its deadline, and never under an older epoch once a newer one has accepted one.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_units::{Node, Timestamp};

use super::{Verdict, Violation, demand};

/// The longest a guard takes to end every process (P2).
const KILL_BUDGET: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// The newest epoch that has accepted a write.
    newest: u64,
}

impl Writes {
    /// The newest epoch that has accepted a write.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// `armed`: the guard's deadline and what it is for. `epochs`: the epoch of each acquisition.
    pub(crate) fn check(
        &mut self,
        node: &Node,
        now: Timestamp,
        armed: Option<(Timestamp, &str)>,
        epochs: &BTreeMap<String, u64>,
    ) -> Verdict {
        let Some((deadline, label)) = armed else {
            return Err(Violation::new(
                "P4",
                format!("{node} accepts a write without a deadline"),
            ));
        };
        demand(now <= deadline.after(KILL_BUDGET), "P2", || {
            format!("{node} accepts a write after its deadline")
        })?;
        let epoch = epochs.get(label).copied().unwrap_or(0);
        demand(epoch > 0, "P1", || {
            format!("{node} accepts a write under no epoch")
        })?;
        demand(epoch >= self.newest, "P1", || {
            format!(
                "{node} accepts a write under epoch {epoch} after epoch {} did",
                self.newest
            )
        })?;
        self.newest = epoch;
        Ok(())
    }
}
