//! What an agent publishes about its node.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::{Bytes, Epoch, Lsn, Node, Region, Timeline, WallTime};

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
    pub address: IpAddr,
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
    /// Standby: age of the newest published position it holds.
    #[serde(rename = "lag_time_ms", with = "crate::millis", default)]
    pub lag_time: Option<Duration>,
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
