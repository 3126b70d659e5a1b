//! What a core is told once, when it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_units::{Node, Region};

/// The spans the protocol counts in. `self_fence_after + kill_budget + clock_drift_max < lease` was
/// checked when the blueprint was loaded (P2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// How long the record must stand still before another node may take it.
    pub lease: Duration,
    /// How long after sending a renewal its holder may act.
    pub self_fence_after: Duration,
    /// How often the holder renews: `self_fence_after / 4`.
    pub renew_every: Duration,
    /// How long the loss of a region must last before another one is promoted.
    pub hold_down: Duration,
    /// How long after an automatic failover no other one begins.
    pub cool_down: Duration,
    /// The most writes, in time, that may be lost without an operator naming it.
    pub max_loss: Duration,
}

impl Timings {
    /// How long the record may stand still before a renewal counts as missed: two intervals, so that one
    /// late renewal is not news.
    pub(crate) fn missed_after(&self) -> Duration {
        self.renew_every.saturating_mul(2)
    }
}

/// Who starts a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The core itself.
    Automatic,
    /// The core proposes, an operator approves by `standfast failover`.
    Approve,
    /// An operator only.
    Manual,
}

/// What a [`crate::Member`] is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its node.
    pub node: Node,
    /// Every node of the database with its region, this one included.
    pub nodes: BTreeMap<Node, Region>,
    /// The node that creates the database when there is none: the first of the home region.
    pub founder: Node,
    /// The spans the protocol counts in.
    pub timings: Timings,
    /// Who starts a failover.
    pub mode: Mode,
}

impl Settings {
    /// The region of a node of this database.
    pub fn region_of(&self, node: &Node) -> Option<&Region> {
        self.nodes.get(node)
    }

    /// Whether both nodes are known and lie in one region.
    pub fn same_region(&self, one: &Node, other: &Node) -> bool {
        match (self.nodes.get(one), self.nodes.get(other)) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => false,
        }
    }

    /// All other nodes.
    pub fn others(&self) -> Vec<Node> {
        self.nodes
            .keys()
            .filter(|node| **node != self.node)
            .cloned()
            .collect()
    }
}
