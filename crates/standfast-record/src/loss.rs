//! The loss ledger: what a former primary had accepted and its successor had not (P14).

use serde::{Deserialize, Serialize};
use standfast_units::{Bytes, Epoch, Lsn, Node, WallTime};

use crate::Fork;

/// What a former primary had accepted and its successor had not (P14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The epoch that superseded it.
    pub epoch: Epoch,
    /// The former primary.
    pub node: Node,
    /// Where its successor's timeline forks from its own.
    pub fork: Fork,
    /// Where its log ends.
    pub end: Lsn,
    /// How much log lies past the fork.
    pub surplus: Bytes,
    /// Transactions committed past the fork.
    pub transactions: u64,
    /// The first of them, as far as they are listed.
    pub commits: Vec<LostCommit>,
    /// The folder that keeps the log past the fork.
    pub kept_in: Option<String>,
    /// When it was recorded.
    pub recorded_at: WallTime,
}

/// A transaction only a former primary has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostCommit {
    /// Its id on the former primary.
    pub transaction: u64,
    /// Where its commit lies in the log.
    pub position: Lsn,
    /// When it committed, as the server printed it.
    pub committed_at: String,
}
