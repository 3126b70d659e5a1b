//! What an agent is told at its start.

use std::collections::BTreeMap;
use std::path::PathBuf;

use standfast_units::{Database, Node, Region, System};

/// What an agent is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The system.
    pub system: System,
    /// The logical database.
    pub database: Database,
    /// The node beside which it runs.
    pub node: Node,
    /// The node's region.
    pub region: Region,
    /// The node's zone.
    pub zone: String,
    /// Where the node's database listens; published for clients.
    pub address: String,
    /// The database's port.
    pub port: u16,
    /// Where the other nodes listen, as seen from here.
    pub peers: BTreeMap<Node, (String, u16)>,
    /// Where the guard's socket lies.
    pub guard_socket: PathBuf,
    /// How the guard is started when none answers: program and arguments.
    pub guard_command: Vec<String>,
    /// Where the log of a former primary past a fork is kept (P14).
    pub lost_folder: PathBuf,
    /// The decision core's settings.
    pub core: standfast_failover::Settings,
}
