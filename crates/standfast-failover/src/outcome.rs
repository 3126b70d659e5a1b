//! What came of an [`Action`](crate::Action), by what it was about.

use standfast_record::{Fork, Revision};
use standfast_units::{Lsn, Timestamp};

use crate::observation::Folder;

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Of one about the right to write.
    Right(RightOutcome),
    /// Of one about the database beside us.
    Database(DatabaseOutcome),
}

/// What came of a transaction about the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightOutcome {
    /// The right is ours; the guard, when it runs a server, has the deadline.
    Acquired {
        /// The incarnation that was written.
        incarnation: String,
        /// The record's revision.
        revision: Revision,
        /// `sent_at + self_fence_after`.
        deadline: Timestamp,
    },
    /// Another member changed the record before us.
    NotAcquired,
    /// It is not known whether the store took it. The next sighting of the record tells.
    AcquisitionUnknown,
    /// Renewed, and the guard has acknowledged the deadline.
    Renewed {
        /// The record's revision.
        revision: Revision,
        /// Which renewal.
        renewal: u64,
        /// `sent_at + self_fence_after`.
        deadline: Timestamp,
    },
    /// Not renewed, or not known to be.
    NotRenewed,
    /// The right was given up.
    Released,
    /// It could not be given up, or it is not known.
    NotReleased,
}

/// What came of an act on the database beside us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseOutcome {
    /// The folder was read.
    Inspected(Folder),
    /// The act was done: initialise, start, follow, prepare, stop, record, rewind, clone.
    Completed,
    /// The standby was promoted.
    Promoted {
        /// Where its timeline leaves the former.
        fork: Fork,
    },
    /// The primary was stopped in order.
    SteppedDown {
        /// Where its log ends.
        position: Lsn,
    },
    /// Nothing of the server remains.
    Fenced,
    /// The act failed.
    Failed {
        /// Why, for the operator.
        reason: String,
    },
}
