//! The right to accept writes (P1).

use serde::{Deserialize, Serialize};
use standfast_units::{Epoch, Lsn, Node, Timeline};

/// The right to accept writes (P1). Changed only by compare-and-swap on its revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Grows by one with each acquisition.
    pub epoch: Epoch,
    /// Who may write.
    pub holder: Node,
    /// Unique to one acquisition: the process that carries it renews it, another of the same name does not.
    pub incarnation: String,
    /// Grows by one with each renewal.
    pub renewal: u64,
    /// Whether the right is held or was given up.
    pub state: LeaseState,
    /// The timeline this epoch writes on.
    pub timeline: Timeline,
    /// The highest timeline ever reserved (P11); the next promotion takes the one after it.
    pub timeline_reserved: Timeline,
    /// Where the last holder that served stood when it last said so; what a taker measures loss by.
    pub position: Option<Position>,
}

/// A place in the log of one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The timeline it was written on.
    pub timeline: Timeline,
    /// The place.
    pub lsn: Lsn,
    /// The renewal with which it was looked up; older than the record's when the server could not be
    /// asked since.
    pub renewal: u64,
}

/// Whether the right to write is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum LeaseState {
    /// The holder may write until its deadline.
    Held,
    /// No process of the holder's data folder remains; any node allowed to may take over at once.
    Released {
        /// Where the holder's log ends, when it stopped cleanly or its log was read to the end.
        position: Option<Lsn>,
        /// The successor of a switchover.
        to: Option<Node>,
    },
}
