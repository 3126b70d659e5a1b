//! The records agents and controllers speak to each other through. JSON on the wire; unknown fields
//! are ignored, so that two adjacent versions understand each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standfast_units::{Bytes, Database, Epoch, Lsn, Node, Region, Timeline, WallTime};

/// A new id for an [`Event`] or a [`Request`]: sorts by time, to the millisecond; `random` sets apart
/// what was made within the same one.
pub fn new_event_id(wall: WallTime, random: u64) -> String {
    // 48 bits of milliseconds keep their width until the year 10889.
    format!("{:012x}-{random:016x}", wall.as_unix_ms())
}

/// The right to accept writes (P1). Changed only by compare-and-swap on its revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Grows by one with each acquisition.
    pub epoch: Epoch,
    /// Who may write.
    pub holder: Node,
    /// Unique to one acquisition: who carries it renews it, whoever else has the same name does not.
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
    /// No process of the holder's data folder remains; anybody allowed to may take over at once.
    Released {
        /// Where the holder's log ends, when it stopped cleanly or its log was read to the end.
        position: Option<Lsn>,
        /// The successor of a switchover.
        to: Option<Node>,
    },
}

/// What an agent publishes about its node. Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The node.
    pub node: Node,
    /// Its region.
    pub region: Region,
    /// Its zone within the region.
    pub zone: String,
    /// Where its database listens.
    pub address: String,
    /// The database's port.
    pub port: u16,
    /// Grows with each publication.
    pub published: u64,
    /// When it was published.
    pub published_at: WallTime,
    /// What the database does now.
    pub role: Role,
    /// The state of the agent's decision core, by name.
    pub state: String,
    /// The epoch the node writes or follows under.
    pub epoch: Option<Epoch>,
    /// The timeline of its log.
    pub timeline: Option<Timeline>,
    /// Primary: end of the durable log. Standby: end of the log received and flushed.
    pub position: Option<Lsn>,
    /// Standby: end of the log replayed.
    pub replayed: Option<Lsn>,
    /// Standby: how much log it lacks of what the holder last published.
    pub lag_bytes: Option<Bytes>,
    /// Standby: age of the newest published position it holds, in milliseconds.
    pub lag_time_ms: Option<u64>,
    /// Whether the standby's replication stream is up.
    pub streaming: bool,
    /// Process id of the agent.
    pub pid_agent: u32,
    /// Process id of the guard.
    pub pid_guard: Option<u32>,
    /// Process id of the database's first process.
    pub pid_database: Option<u32>,
    /// Why the node holds still, in words, when it does.
    pub holds: Vec<String>,
}

/// What a database does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Accepts writes.
    Primary,
    /// Follows and can be promoted.
    Standby,
    /// Is not running, or is being prepared.
    None,
}

/// What a controller publishes about itself and what it sees. Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// Its region.
    pub region: Region,
    /// Grows with each publication.
    pub published: u64,
    /// When it was published.
    pub published_at: WallTime,
    /// Process id.
    pub pid: u32,
    /// Its address.
    pub address: String,
    /// Port of its name server.
    pub port_dns: u16,
    /// Port of its writer proxy, per database.
    pub port_proxy: BTreeMap<Database, u16>,
    /// Which databases it can connect to, seen from its place.
    pub reachable: BTreeMap<Node, bool>,
    /// What it concludes, per database, in words.
    pub diagnosis: BTreeMap<Database, String>,
}

/// Whom the writer name means (P13). Written only after a verified write under its epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The epoch it was verified under; never goes back.
    pub epoch: Epoch,
    /// The primary.
    pub node: Node,
    /// Where clients connect.
    pub address: String,
    /// The database's port.
    pub port: u16,
}

/// What an operator asked for. One at a time per database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Unique; sorts by time.
    pub id: String,
    /// What is asked.
    pub kind: RequestKind,
    /// Who asked: user and host.
    pub asked_by: String,
    /// When.
    pub asked_at: WallTime,
    /// From when on nobody acts on it any more: who asked has long looked elsewhere.
    pub expires_at: WallTime,
    /// What came of it.
    pub state: RequestState,
}

/// What is asked of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RequestKind {
    /// A planned change of primary that loses nothing.
    Switchover {
        /// The region that shall hold the primary.
        to: Region,
    },
    /// A change of primary while the present one cannot be asked.
    Failover {
        /// The region that shall hold the primary.
        to: Region,
        /// The loss, in milliseconds of writes, the operator accepts by name; overrides `max_loss`.
        accept_loss_ms: Option<u64>,
    },
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RequestState {
    /// Nobody has acted on it.
    Open,
    /// The primary has begun to step down, or the standby to take over.
    Begun,
    /// Writes are verified in the new place.
    Done {
        /// The epoch that resulted.
        epoch: Epoch,
    },
    /// It was refused or given up; nothing has changed.
    Refused {
        /// Why, and what overrides it.
        reason: String,
    },
}

/// Present while decisions are paused: databases go on, nobody takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who asked: user and host.
    pub asked_by: String,
    /// When.
    pub asked_at: WallTime,
    /// Why.
    pub reason: Option<String>,
}

/// Why an epoch began and how it went. Created in the transaction that acquires the lease, so that no
/// epoch is without its reason; completed step by step, each step at most once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The epoch that began.
    pub epoch: Epoch,
    /// Its holder.
    pub node: Node,
    /// The holder's region.
    pub region: Region,
    /// What kind of change it was.
    pub kind: TransitionKind,
    /// The diagnosis it rests on, in words.
    pub cause: String,
    /// What was seen and by whom, in words.
    pub evidence: Vec<String>,
    /// The most that may be lost, in milliseconds of writes, as known when it was decided.
    pub loss_max_ms: Option<u64>,
    /// Where its timeline leaves the one before.
    pub fork: Option<Fork>,
    /// When each step was done.
    pub steps: BTreeMap<Step, WallTime>,
}

/// What kind of change began an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransitionKind {
    /// The first epoch of a new system.
    Bootstrap,
    /// Planned, nothing lost.
    Switchover,
    /// Unplanned.
    Failover,
    /// The last holder took its right up again.
    Retake,
}

/// The steps of a change, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The last sign of the former holder, as seen by the taker.
    LastSeen,
    /// End of detect: a sign was missed.
    Detected,
    /// End of decide: everything but the fence was settled.
    Decided,
    /// End of fence: the former holder certainly accepts no write.
    Fenced,
    /// End of promote: the server accepts writes.
    Promoted,
    /// A write was read back under the new epoch.
    Verified,
    /// End of redirect: the writer name means the new primary.
    Redirected,
    /// People were told.
    Notified,
}

/// Where a timeline leaves its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The timeline it leaves.
    pub parent: Timeline,
    /// The new timeline.
    pub timeline: Timeline,
    /// The position where it leaves.
    pub position: Lsn,
}

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

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: WallTime,
    /// The process that wrote it: `agent main-us-east-1-1`, `controller us-west-2`, …
    pub by: String,
    /// The database it concerns.
    pub database: Option<Database>,
    /// The epoch it was written under.
    pub epoch: Option<Epoch>,
    /// What happened, a short constant phrase.
    pub what: String,
    /// Everything variable, in words.
    pub detail: String,
}
