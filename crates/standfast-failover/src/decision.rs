//! What a core answers: actions to carry out, or reasons to hold. And what came of an action.

use std::time::Duration;

use standfast_units::{Epoch, Lsn, Node, Timeline, Timestamp};

use crate::diagnosis::Diagnosis;
use crate::hold::HoldReason;
use crate::lease::{Lease, Revision};
use crate::observation::{Folder, RequestOutcome, TransitionKind};
use crate::rejoin::Fork;

/// What one step decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// To be carried out, in this order; those that touch the database end with an [`Outcome`].
    pub actions: Vec<Action>,
    /// Why nothing more is done. Empty when all is as it should be.
    pub holds: Vec<HoldReason>,
    /// What the core concludes from what it saw.
    pub diagnosis: Diagnosis,
    /// The instant by which it wants to be stepped again.
    pub wake_at: Timestamp,
    /// How closely the database is to be observed until then.
    pub pace: Pace,
}

/// How closely to observe the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A few times a renewal interval.
    Calm,
    /// As often as it answers: somebody waits for it.
    Eager,
}

/// An act of the agent. Each carries what it was decided under, so that the doer can refuse what is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask the store for the right to write, journalling why in the same transaction.
    Acquire(Box<Acquisition>),
    /// Ask the store to renew the right; then push the guard's deadline (P4).
    Renew {
        /// The revision to replace.
        revision: Revision,
        /// The record to write.
        lease: Lease,
    },
    /// Give the right up; only after a fence or a clean stop was reported.
    Release {
        /// The revision to replace.
        revision: Revision,
        /// The record to write.
        lease: Lease,
    },
    /// Read what the data folder says of itself, its log's end included.
    InspectFolder,
    /// Create a new database in an empty folder, under the right to write.
    Initialise {
        /// The epoch it is done under.
        epoch: Epoch,
    },
    /// Start the server so that it accepts writes, under the guard's deadline.
    StartPrimary {
        /// The epoch it is done under.
        epoch: Epoch,
        /// The right's incarnation.
        incarnation: String,
        /// The instant up to which it may run.
        deadline: Timestamp,
    },
    /// Start the server as a follower.
    StartStandby {
        /// Whom it follows; nobody while there is no primary.
        upstream: Option<Node>,
    },
    /// Make the running standby follow somebody else.
    Follow {
        /// Whom.
        upstream: Node,
    },
    /// Promote the running standby.
    Promote {
        /// The epoch it is done under.
        epoch: Epoch,
        /// The timeline reserved for it (P11).
        timeline: Timeline,
        /// The right's incarnation.
        incarnation: String,
        /// The instant the guard is to be armed with before anything is promoted.
        deadline: Timestamp,
    },
    /// Make sure that clients and standbys find on the new primary what they need.
    Prepare {
        /// The epoch it is done under.
        epoch: Epoch,
        /// The standbys whose place in the log is to be kept.
        standbys: Vec<Node>,
    },
    /// End clients' sessions and stop the server in order; restore service when that fails (P8).
    StepDown {
        /// The epoch it is done under.
        epoch: Epoch,
        /// The deadline of the clean stop.
        within: Duration,
    },
    /// Stop a server that is not a primary, in order.
    StopStandby,
    /// Make certain that no process of the data folder remains (P5).
    Fence {
        /// Why.
        reason: &'static str,
    },
    /// Write down what the stopped server has and its successor has not, before it is gone (P14).
    RecordSurplus {
        /// The epoch that superseded it.
        epoch: Epoch,
        /// Where the successor's timeline leaves ours.
        fork: Fork,
    },
    /// Rewind the stopped server to what `source` has.
    Rewind {
        /// The present primary.
        source: Node,
    },
    /// Replace the data folder by a copy of `source`.
    Clone {
        /// The present primary.
        source: Node,
    },
    /// Tell the operator what comes of a request.
    Answer {
        /// The request.
        id: String,
        /// What comes of it.
        outcome: RequestOutcome,
    },
    /// End the agent: nothing runs any more.
    Exit,
}

/// What is written to take the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquisition {
    /// The revision to replace; zero: there must be no record.
    pub revision: Revision,
    /// The record to write; its incarnation is filled in by the agent, which has a random source.
    pub lease: Lease,
    /// Why the epoch begins.
    pub kind: TransitionKind,
    /// The diagnosis it rests on.
    pub diagnosis: Diagnosis,
    /// What was seen, in words.
    pub evidence: Vec<String>,
    /// The most that may be lost; `None` when nothing can be.
    pub loss_max: Option<Duration>,
    /// When its phases ended, so far.
    pub instants: Instants,
}

/// When the phases of a failover ended, on the taker's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instants {
    /// Last sign of the former holder.
    pub last_seen_at: Timestamp,
    /// End of detect.
    pub detected_at: Timestamp,
    /// End of decide.
    pub decided_at: Timestamp,
    /// End of fence.
    pub fenced_at: Timestamp,
}

/// What came of an [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The right is ours; the guard, when it runs a server, has the deadline.
    Acquired {
        /// The incarnation that was written.
        incarnation: String,
        /// The record's revision.
        revision: Revision,
        /// `sent_at + self_fence_after`.
        deadline: Timestamp,
    },
    /// Somebody changed the record before us.
    NotAcquired,
    /// Nobody knows whether the store took it. The next sighting of the record tells.
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
