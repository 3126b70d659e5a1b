//! Facts that reach the core: what was seen, never what it means.

use standfast_record::{Fork, Lease, Member, RequestKind, RequestState, Revision, Role};
use standfast_units::{Epoch, Lsn, Node, Region, Timeline, Timestamp};

use crate::outcome::Outcome;

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
    /// What an operator asked for last; `None` when there is no such record.
    Request(Option<OperatorRequest>),
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
    /// Follows a primary, or waits for one to follow.
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
    pub role: Role,
    /// The epoch it writes or follows under.
    pub epoch: Option<Epoch>,
    /// Timeline of its log.
    pub timeline: Option<Timeline>,
    /// End of its durable log.
    pub position: Option<Lsn>,
    /// Standby: whether its stream is up.
    pub streaming: bool,
}

impl From<Member> for Peer {
    fn from(member: Member) -> Self {
        Self {
            node: member.node,
            published: member.published,
            role: member.role,
            epoch: member.epoch,
            timeline: member.timeline,
            position: member.position,
            streaming: member.streaming,
        }
    }
}

/// What an operator asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRequest {
    /// Tells it from every other request.
    pub id: String,
    /// What is asked for.
    pub kind: RequestKind,
    /// How far it has come.
    pub state: RequestState,
    /// From when on it does not count any more.
    pub expires_at: Timestamp,
}

impl OperatorRequest {
    /// Whether it asks for something still: neither done nor refused nor expired.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        let open = match self.state {
            RequestState::Open | RequestState::Begun => true,
            RequestState::Done { .. } | RequestState::Refused { .. } => false,
        };
        open && now < self.expires_at
    }
}
