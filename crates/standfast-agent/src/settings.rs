//! What an agent is told at its start.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use standfast_replication::Upstream;
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
    pub address: IpAddr,
    /// The database's port.
    pub port: u16,
    /// The agent's own process id; published.
    pub pid: u32,
    /// Where the other nodes listen, as seen from here.
    pub peers: BTreeMap<Node, SocketAddr>,
    /// Where the log of a former primary past a fork is kept (P14).
    pub lost_folder: PathBuf,
    /// The decision core's settings.
    pub core: standfast_failover::Settings,
}

impl Settings {
    /// Where a node is reached as an upstream.
    pub(crate) fn upstream(&self, node: &Node) -> Option<Upstream> {
        Some(Upstream {
            node: node.clone(),
            address: *self.peers.get(node)?,
        })
    }
}
