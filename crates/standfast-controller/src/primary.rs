//! Whom a change of the writer name is about.

use standfast_units::{Database, Epoch, Node};

/// A node that serves a database under an epoch which the writer name does not mean yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPrimary {
    pub(crate) database: Database,
    pub(crate) epoch: Epoch,
    pub(crate) node: Node,
}
