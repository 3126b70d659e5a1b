//! P14: what a node has acknowledged and its new primary has not is recorded before it is thrown away.

use std::collections::BTreeSet;

use standfast_units::Node;

use super::loss::Acknowledged;
use super::{Verdict, demand};
use crate::folder::LogRecord;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    recorded: BTreeSet<u64>,
}

impl Ledger {
    pub(crate) fn record(&mut self, surplus: &[LogRecord]) {
        self.recorded.extend(surplus.iter().map(|record| record.id));
    }

    /// `thrown`: what of the node's log is not kept; `untold`: why its surplus could not be told, if it was asked.
    pub(crate) fn check(
        &self,
        node: usize,
        name: &Node,
        thrown: &[LogRecord],
        untold: Option<&str>,
        acknowledged: &Acknowledged,
    ) -> Verdict {
        let unrecorded = thrown.iter().find(|record| {
            acknowledged.by(record.id) == Some(node) && !self.recorded.contains(&record.id)
        });
        demand(unrecorded.is_none(), "P14", || {
            let why = untold.unwrap_or("it was not asked for its surplus");
            format!("{name} throws away a write that it acknowledged, unrecorded: {why}")
        })
    }
}
