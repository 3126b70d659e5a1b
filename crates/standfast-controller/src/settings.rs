//! What a controller is told at its start.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use standfast_units::{Database, Node, Region, System, Ttl};
use standfast_zone::{DnsName, NameServer};

/// What a controller is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The system.
    pub system: System,
    /// Its region.
    pub region: Region,
    /// All regions that have a controller, in the order of the blueprint.
    pub regions: Vec<Region>,
    /// Its process id, which it publishes.
    pub pid: u32,
    /// Where it serves names and the writer.
    pub address: IpAddr,
    /// Port of its name server.
    pub port_dns: u16,
    /// Port of its writer proxy, per database.
    pub port_proxy: BTreeMap<Database, u16>,
    /// The databases with their nodes: region, and where each listens as seen from here.
    pub databases: BTreeMap<Database, BTreeMap<Node, NodePlace>>,
    /// The zone of the system's names.
    pub zone: DnsName,
    /// How long resolvers may keep them.
    pub ttl: Ttl,
    /// The name servers of all regions.
    pub name_servers: Vec<NameServer>,
    /// How often it publishes and probes; the holder's renewal interval.
    pub publish_every: Duration,
    /// How old another's publication may be to be believed: the lease.
    pub fresh_for: Duration,
}

impl Settings {
    /// Where a node of a database is.
    pub(crate) fn place(&self, database: &Database, node: &Node) -> Option<&NodePlace> {
        self.databases.get(database)?.get(node)
    }
}

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePlace {
    /// Its region.
    pub region: Region,
    /// Where its database listens, as seen from the controller's place.
    pub server: SocketAddr,
}
