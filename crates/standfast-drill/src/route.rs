//! The three kinds of path to the primary, as clients use them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use standfast_units::Node;

use crate::defaults;
use crate::error::Error;
use crate::history::Path;
use crate::resolver;
use crate::session::describe;
use crate::status::{DatabaseOutputs, socket};

/// `PostgreSQL`'s registered port, for an address that nothing else gives a port for.
const PORT: u16 = 5432;

/// How to reach one database, from `outputs`.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    writer_name: String,
    name_servers: Vec<SocketAddr>,
    ports: BTreeMap<IpAddr, u16>,
    proxies: Vec<SocketAddr>,
    nodes: Vec<(Node, SocketAddr)>,
}

impl Doors {
    pub(crate) fn new(outputs: &DatabaseOutputs) -> Result<Self, Error> {
        let nodes = outputs
            .nodes
            .iter()
            .map(|node| Ok((node.node.clone(), socket(&node.address)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self {
            writer_name: outputs.writer_name.clone(),
            name_servers: outputs
                .name_servers
                .iter()
                .map(|server| socket(server))
                .collect::<Result<_, _>>()?,
            ports: nodes
                .iter()
                .map(|(_, address)| (address.ip(), address.port()))
                .collect(),
            proxies: outputs
                .proxies
                .iter()
                .map(|proxy| socket(&proxy.address))
                .collect::<Result<_, _>>()?,
            nodes,
        })
    }

    /// What the system offers no door for.
    pub(crate) fn lacking(&self) -> Option<&'static str> {
        if self.name_servers.is_empty() {
            Some("a name server in `outputs`")
        } else if self.proxies.is_empty() {
            Some("a writer proxy in `outputs`")
        } else if self.nodes.is_empty() {
            Some("the addresses of the nodes in `outputs`")
        } else {
            None
        }
    }
}

/// One client's way to the primary. It remembers which door worked last and tries the next one after
/// a failure.
#[derive(Debug)]
pub(crate) struct ClientRoute {
    path: Path,
    name: String,
    name_servers: Vec<SocketAddr>,
    ports: BTreeMap<IpAddr, u16>,
    doors: Vec<SocketAddr>,
    preferred: usize,
}

impl ClientRoute {
    /// By `path`; the client's number spreads the clients over the proxies of the regions.
    pub(crate) fn new(path: Path, doors: &Doors, client: u32, primary: &Node) -> Self {
        let (candidates, preferred) = match path {
            Path::Dns => (Vec::new(), 0),
            Path::Proxy => (doors.proxies.clone(), client as usize),
            Path::Direct => {
                let first = doors.nodes.iter().position(|(node, _)| node == primary);
                let nodes = doors.nodes.iter().map(|(_, address)| *address).collect();
                (nodes, first.unwrap_or(0))
            }
        };
        Self {
            path,
            name: doors.writer_name.clone(),
            name_servers: doors.name_servers.clone(),
            ports: doors.ports.clone(),
            doors: candidates,
            preferred,
        }
    }

    /// To one address only, whatever happens there.
    pub(crate) fn pinned(to: SocketAddr) -> Self {
        Self {
            path: Path::Direct,
            name: String::new(),
            name_servers: Vec::new(),
            ports: BTreeMap::new(),
            doors: vec![to],
            preferred: 0,
        }
    }

    /// Where to connect now.
    pub(crate) async fn next(&self) -> Result<SocketAddr, String> {
        match self.path {
            Path::Dns => self.resolve().await,
            Path::Proxy | Path::Direct => self
                .doors
                .get(self.preferred % self.doors.len().max(1))
                .copied()
                .ok_or_else(|| format!("there is no {}", self.path)),
        }
    }

    /// The door did not lead to a primary: try the next one at the next connect.
    pub(crate) fn failed(&mut self) {
        self.preferred = self.preferred.wrapping_add(1);
    }

    async fn resolve(&self) -> Result<SocketAddr, String> {
        let within = defaults::NAME_SERVER_WITHIN;
        let addresses = resolver::addresses(&self.name_servers, &self.name, within)
            .await
            .map_err(|error| describe(&error))?;
        let address = IpAddr::V4(addresses[0]);
        let port = match self.ports.get(&address) {
            Some(port) => *port,
            None => resolver::port(&self.name_servers, &self.name, within)
                .await
                .unwrap_or(PORT),
        };
        Ok(SocketAddr::new(address, port))
    }
}
