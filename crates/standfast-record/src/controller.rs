//! What a controller publishes about itself and what it sees.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use standfast_units::{Database, Node, Region, WallTime};

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
    pub address: IpAddr,
    /// Port of its name server.
    pub port_dns: u16,
    /// Port of its writer proxy, per database.
    pub port_proxy: BTreeMap<Database, u16>,
    /// Which databases it can connect to, seen from its place.
    pub reachable: BTreeMap<Node, bool>,
    /// What it concludes, per database, in words.
    pub diagnosis: BTreeMap<Database, String>,
}
