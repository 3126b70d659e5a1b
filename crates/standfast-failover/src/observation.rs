//! Facts that reach the core: what was seen, never what it means.

use standfast_units::{Epoch, Lsn, Node, Region, Timeline, Timestamp};

use crate::decision::Outcome;
use crate::lease::{Lease, Revision};
use crate::rejoin::Fork;

/// What a [`crate::Member`] is stepped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Nothing but time passed.
    Tick,
    /// Something was seen.
    Observed(Observation),
    /// An action has ended.
    Done(Outcome),
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Whether the store answers.
    Store(Store),
    /// The record of the right to write as it lies in the store now.
    Lease {
        /// The record; absent before the database was ever created.
        lease: Option<Lease>,
        /// Its revision; zero when absent.
        revision: Revision,
    },
    /// The database beside us, asked directly.
    Database(Database),
    /// The guard beside us.
    Guard(Guard),
    /// What another node of the database has published.
    Peer(Peer),
    /// A controller has shown a sign of life.
    Controller {
        /// Its region.
        region: Region,
        /// The nodes it could not connect to when it last tried.
        unreachable: Vec<Node>,
    },
    /// Every fork of the log that the store knows, oldest first.
    Forks(Vec<Fork>),
    /// When the last automatic failover was, unless something planned came after it.
    LastFailover(Option<Timestamp>),
    /// The open request of an operator; `None` when there is none.
    Request(Option<Request>),
    /// Whether decisions are paused.
    Paused(bool),
    /// The agent was asked to end.
    Shutdown,
}

/// Whether the store answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// It does.
    Reached,
    /// It does not.
    Lost,
}

/// What the database beside us does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// Does not answer.
    Silent,
    /// Starting, recovering or stopping.
    Busy,
    /// Follows.
    Standby {
        /// Timeline of the log received.
        timeline: Timeline,
        /// End of the log received and flushed.
        received: Lsn,
        /// Whether its stream is up.
        streaming: bool,
    },
    /// Accepts writes.
    Primary {
        /// Timeline it writes on.
        timeline: Timeline,
        /// End of the durable log.
        position: Lsn,
    },
}

/// What the guard beside us says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// No process of the data folder runs.
    Idle,
    /// The database runs.
    Running {
        /// Armed as a primary's until this instant, for the acquisition with this label.
        armed: Option<(Timestamp, String)>,
    },
}

/// A data folder whose server is not running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// Nothing in it.
    Absent,
    /// Unfinished: never to be started (P6).
    Incomplete,
    /// Was a primary's.
    Primary {
        /// Its timeline.
        timeline: Timeline,
        /// End of its log.
        end: Lsn,
    },
    /// Was a standby's.
    Standby {
        /// Its timeline.
        timeline: Timeline,
        /// End of its log.
        end: Lsn,
    },
}

/// What another node published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The node.
    pub node: Node,
    /// Grows with each publication.
    pub published: u64,
    /// What its database does.
    pub role: PeerRole,
    /// The epoch it writes or follows under.
    pub epoch: Option<Epoch>,
    /// Timeline of its log.
    pub timeline: Option<Timeline>,
    /// End of its durable log.
    pub position: Option<Lsn>,
    /// Standby: whether its stream is up.
    pub streaming: bool,
}

/// What another node's database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRole {
    /// Accepts writes.
    Primary,
    /// Follows.
    Standby,
    /// Neither.
    None,
}

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Unique.
    pub id: String,
    /// What.
    pub kind: RequestKind,
    /// Whether anybody acts on it.
    pub state: RequestState,
}

/// How far a request has got that is neither done nor refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// Nobody has acted on it.
    Open,
    /// Somebody has begun to.
    Begun,
}

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    /// A planned change of primary.
    Switchover {
        /// Whither.
        to: Region,
    },
    /// A change of primary that need not wait for the present one.
    Failover {
        /// Whither.
        to: Region,
        /// The loss accepted by name.
        accept_loss: Option<std::time::Duration>,
    },
}

impl RequestKind {
    /// The region asked for.
    pub fn to(&self) -> &Region {
        match self {
            Self::Switchover { to } | Self::Failover { to, .. } => to,
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestOutcome {
    /// Somebody acts on it.
    Begun,
    /// Nothing was done, for this reason.
    Refused(String),
}

/// Why an epoch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransitionKind {
    /// The first of a new system.
    Bootstrap,
    /// Planned.
    Switchover,
    /// Unplanned.
    Failover,
    /// The last holder takes its right up again (P16).
    Retake,
}
