//! What a core answers: actions to carry out, by what they are about, or reasons to hold.

use std::time::Duration;

use standfast_record::{Fork, Lease, Revision, SuccessionKind};
use standfast_units::{Epoch, Node, Timeline, Timestamp};

use crate::diagnosis::Diagnosis;
use crate::hold::HoldReason;
use crate::state::Transition;

/// What one step decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The changes of state of this step, in their order.
    pub transitions: Vec<Transition>,
    /// To be carried out, in this order.
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
    /// As often as it answers: a change of primary waits for it.
    Eager,
}

/// An act of the agent. Each carries what it was decided under, so that its receiver can refuse what is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A transaction about the right to write; ends with a [`RightOutcome`](crate::RightOutcome). At most
    /// one is under way.
    Right(RightAction),
    /// An act on the database beside us; ends with a [`DatabaseOutcome`](crate::DatabaseOutcome). It takes
    /// the place of the one under way, whose outcome is then dropped.
    Database(DatabaseAction),
    /// Tell the operator what comes of a request.
    Answer {
        /// The request.
        id: String,
        /// What comes of it.
        answer: Answer,
    },
    /// End the agent: nothing runs any more.
    Exit,
}

/// What an operator is told of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is being acted on.
    Begun,
    /// Nothing was done, for this reason.
    Refused(String),
}

/// A transaction about the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightAction {
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
}

/// An act on the database beside us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAction {
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
        /// The node it follows; none while there is no primary.
        upstream: Option<Node>,
    },
    /// Make the running standby follow another node.
    Follow {
        /// The node it follows from now on.
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
        /// Why: the guard is told, and reports it when it is done.
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
}

/// What is written to take the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquisition {
    /// The revision to replace; zero: there must be none.
    pub revision: Revision,
    /// The record to write; its incarnation is filled in by the agent, which has a random source.
    pub lease: Lease,
    /// Why the epoch begins.
    pub kind: SuccessionKind,
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
