//! Who listens where, as a pure plan. All of `127.0.0.0/8` is loopback on Linux, so every node, region
//! and view of a region from another has an address of its own.
//!
//! With `h` the system's octet (1 to 254), `i` and `j` regions (1 to 14), `n` a node's number in its
//! region (1 to 199):
//!
//! | address           | who listens                                                     |
//! |-------------------|-----------------------------------------------------------------|
//! | `127.h.j.n`       | node `n` of region `j`: its database                            |
//! | `127.h.j.250`     | controller of region `j`: proxies and DNS                       |
//! | `127.h.(16i+j).x` | relay of region `i`: what is at `127.h.j.x`, same port; `i ≠ j` |
//! | `127.h.(16i+15).1`| relay of region `i`: the store                                  |
//! | `127.h.240.1`     | the store                                                       |
//! | `127.h.255.1`     | the claim of the octet, held while the system is up ([`crate::ports::OctetClaim`]) |
//!
//! Third octets cannot meet: regions take 1 to 14, views 18 to 239, and 240 and 255 are beyond `16i+15`.
//! Within a region traffic is direct. The relay carries TCP only; DNS is asked of a region's own
//! controller.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sha2::{Digest as _, Sha256};
use standfast_units::{Database, Node, Region, System};
use thiserror::Error;

use crate::defaults::PORTS_TRIED_MAX;
use crate::relay::{Destination, Route};

/// Regions of one system; more do not fit in four bits beside the store.
pub const REGIONS_MAX: usize = 14;
/// Nodes of one region.
pub const NODES_PER_REGION_MAX: usize = 199;

/// The database's usual port.
pub const PORT_DATABASE: u16 = 5440;
/// The usual port of the first database's writer proxy; the others follow.
pub const PORT_PROXY: u16 = 6432;
/// The name server's usual port.
pub const PORT_DNS: u16 = 5353;
/// The store's usual port.
pub const PORT_STORE: u16 = 2379;

const OCTET_STORE: u8 = 240;
const OCTET_CLAIM: u8 = 255;
const LAST_OCTET_CONTROLLER: u8 = 250;
const LAST_OCTET_STORE: u8 = 1;
const VIEW_OF_STORE: u8 = 15;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Too many regions.
    #[error("{0} regions do not fit on one machine; {REGIONS_MAX} do")]
    Regions(usize),
    /// Too many nodes in a region.
    #[error("{count} nodes of `{region}` do not fit on one machine; {NODES_PER_REGION_MAX} do")]
    Nodes {
        /// The region.
        region: Region,
        /// Its nodes.
        count: usize,
    },
    /// A region, node or database is listed twice.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// A region has a name the relay needs for something else.
    #[error("a region cannot be called `{0}` on one machine")]
    Reserved(Region),
    /// A node lies in no listed region.
    #[error("`{node}` lies in `{region}`, which is not listed")]
    UnknownRegion {
        /// The node.
        node: Node,
        /// The region it names.
        region: Region,
    },
    /// The octet is 0 or 255.
    #[error("{0} cannot be a system's octet")]
    Octet(u8),
    /// All usual ports are taken.
    #[error("no free port for {endpoint} from {first} on")]
    NoFreePort {
        /// Who needs one.
        endpoint: Endpoint,
        /// Where the search began.
        first: SocketAddr,
    },
}

/// What needs addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The system's octet, from [`octet_of`] or [`choose_octet`].
    pub octet: u8,
    /// The regions; a region's number is its place here, so the order must be kept.
    pub regions: Vec<Region>,
    /// The nodes with their regions; a node's number is its place among its region's.
    pub nodes: Vec<(Node, Region)>,
    /// The databases; each has a proxy in each region.
    pub databases: Vec<Database>,
}

/// A party that listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// The store.
    Store,
    /// A node's database.
    Database(Node),
    /// A region's name server.
    Dns(Region),
    /// A region's proxy for a database.
    Proxy(Region, Database),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store => f.write_str("store"),
            Self::Database(node) => write!(f, "database/{node}"),
            Self::Dns(region) => write!(f, "dns/{region}"),
            Self::Proxy(region, database) => write!(f, "proxy/{region}/{database}"),
        }
    }
}

/// What a port must be free for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP alone.
    Tcp,
    /// TCP and UDP both, on one number.
    TcpAndUdp,
}

impl Endpoint {
    /// What its port must be free for.
    pub fn transport(&self) -> Transport {
        match self {
            Self::Store | Self::Database(_) | Self::Proxy(..) => Transport::Tcp,
            Self::Dns(_) => Transport::TcpAndUdp,
        }
    }
}

/// The octet a system would like best: stable over versions and machines.
pub fn octet_of(system: &System) -> u8 {
    let hash = Sha256::digest(system.as_str().as_bytes());
    let number = u16::from_be_bytes([hash[0], hash[1]]);
    // The remainder is below 254.
    u8::try_from(number % 254).unwrap_or(0) + 1
}

/// The octet a system takes: the one it had (`kept`), else the one it likes best, else the next that is
/// not `in_use`; `None` when all are.
pub fn choose_octet(system: &System, kept: Option<u8>, in_use: &BTreeSet<u8>) -> Option<u8> {
    let first = octet_of(system);
    kept.into_iter()
        .chain(first..=254)
        .chain(1..first)
        .find(|octet| (1..=254).contains(octet) && !in_use.contains(octet))
}

/// The address that is held while a system with this octet is up.
pub(crate) fn claim(octet: u8) -> SocketAddr {
    SocketAddr::new(ip(octet, OCTET_CLAIM, 1), PORT_STORE)
}

fn ip(octet: u8, third: u8, last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, octet, third, last))
}

/// Who listens where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    octet: u8,
    regions: BTreeMap<Region, u8>,
    endpoints: BTreeMap<Endpoint, Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The region's number; 0 for the store.
    region: u8,
    address: SocketAddr,
}

impl Addresses {
    /// Gives every party an address and the usual port.
    ///
    /// # Errors
    /// When there is too much of something, a name comes twice, or a node lies nowhere.
    pub fn new(plan: &Plan) -> Result<Self, Error> {
        if !(1..=254).contains(&plan.octet) {
            return Err(Error::Octet(plan.octet));
        }
        if plan.regions.len() > REGIONS_MAX {
            return Err(Error::Regions(plan.regions.len()));
        }
        let mut regions = BTreeMap::new();
        for (number, region) in (1u8..).zip(&plan.regions) {
            if Destination::is_reserved(region) {
                return Err(Error::Reserved(region.clone()));
            }
            if regions.insert(region.clone(), number).is_some() {
                return Err(Error::Twice(region.to_string()));
            }
        }
        let mut addresses = Self {
            octet: plan.octet,
            regions,
            endpoints: BTreeMap::new(),
        };
        let store = SocketAddr::new(ip(plan.octet, OCTET_STORE, LAST_OCTET_STORE), PORT_STORE);
        addresses.add(Endpoint::Store, 0, store)?;
        addresses.add_nodes(plan)?;
        addresses.add_controllers(plan)?;
        Ok(addresses)
    }

    fn add(&mut self, endpoint: Endpoint, region: u8, address: SocketAddr) -> Result<(), Error> {
        let name = endpoint.to_string();
        match self.endpoints.insert(endpoint, Place { region, address }) {
            None => Ok(()),
            Some(_) => Err(Error::Twice(name)),
        }
    }

    fn add_nodes(&mut self, plan: &Plan) -> Result<(), Error> {
        let mut counts: BTreeMap<&Region, usize> = BTreeMap::new();
        for (node, region) in &plan.nodes {
            let count = counts.entry(region).or_default();
            *count += 1;
            let Some(&number) = self.regions.get(region) else {
                return Err(Error::UnknownRegion {
                    node: node.clone(),
                    region: region.clone(),
                });
            };
            let last = u8::try_from(*count)
                .ok()
                .filter(|_| *count <= NODES_PER_REGION_MAX);
            let Some(last) = last else {
                return Err(Error::Nodes {
                    region: region.clone(),
                    count: plan.nodes.iter().filter(|(_, of)| of == region).count(),
                });
            };
            let address = SocketAddr::new(ip(self.octet, number, last), PORT_DATABASE);
            self.add(Endpoint::Database(node.clone()), number, address)?;
        }
        Ok(())
    }

    fn add_controllers(&mut self, plan: &Plan) -> Result<(), Error> {
        for (region, number) in self.regions.clone() {
            let controller = ip(self.octet, number, LAST_OCTET_CONTROLLER);
            let dns = SocketAddr::new(controller, PORT_DNS);
            self.add(Endpoint::Dns(region.clone()), number, dns)?;
            for (port, database) in (PORT_PROXY..).zip(&plan.databases) {
                let proxy = Endpoint::Proxy(region.clone(), database.clone());
                self.add(proxy, number, SocketAddr::new(controller, port))?;
            }
        }
        Ok(())
    }

    /// Moves each party whose port is taken to the next free one: first the one it `kept` from before, then from
    /// the usual one up. `is_free` asks the machine, as [`crate::ports::is_free`] does.
    ///
    /// # Errors
    /// When no port near the usual one is free.
    pub fn settle(
        &mut self,
        kept: &BTreeMap<String, u16>,
        is_free: impl Fn(SocketAddr, Transport) -> bool,
    ) -> Result<(), Error> {
        // Proxies share an address: what one was given is not free for the next.
        let mut given: BTreeSet<SocketAddr> = BTreeSet::new();
        for (endpoint, place) in &mut self.endpoints {
            let usual = place.address;
            let near = usual.port()..=usual.port().saturating_add(PORTS_TRIED_MAX);
            let settled = kept
                .get(&endpoint.to_string())
                .copied()
                .into_iter()
                .chain(near)
                .map(|port| SocketAddr::new(usual.ip(), port))
                .find(|address| {
                    !given.contains(address) && is_free(*address, endpoint.transport())
                });
            let Some(settled) = settled else {
                return Err(Error::NoFreePort {
                    endpoint: endpoint.clone(),
                    first: usual,
                });
            };
            given.insert(settled);
            place.address = settled;
        }
        Ok(())
    }

    /// Every port, to be kept for the next time.
    pub fn ports(&self) -> BTreeMap<String, u16> {
        self.endpoints
            .iter()
            .map(|(endpoint, place)| (endpoint.to_string(), place.address.port()))
            .collect()
    }

    /// Every party that listens, and where.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.endpoints
            .iter()
            .map(|(endpoint, place)| (endpoint, place.address))
    }

    /// The system's octet.
    pub fn octet(&self) -> u8 {
        self.octet
    }

    /// Where the store listens.
    pub fn store(&self) -> Option<SocketAddr> {
        self.at(&Endpoint::Store)
    }

    /// Where a node's database listens.
    pub fn node(&self, node: &Node) -> Option<SocketAddr> {
        self.at(&Endpoint::Database(node.clone()))
    }

    /// The address of a region's controller.
    pub fn controller(&self, region: &Region) -> Option<IpAddr> {
        let number = self.regions.get(region)?;
        Some(ip(self.octet, *number, LAST_OCTET_CONTROLLER))
    }

    /// Where a region's name server listens.
    pub fn dns(&self, region: &Region) -> Option<SocketAddr> {
        self.at(&Endpoint::Dns(region.clone()))
    }

    /// Where a region's proxy for a database listens.
    pub fn proxy(&self, region: &Region, database: &Database) -> Option<SocketAddr> {
        self.at(&Endpoint::Proxy(region.clone(), database.clone()))
    }

    /// Where a node's database is reached from `region`: directly within its own, else by the relay.
    pub fn node_seen_from(&self, region: &Region, node: &Node) -> Option<SocketAddr> {
        self.seen_from(region, &Endpoint::Database(node.clone()))
    }

    /// Where the store is reached from `region`: always by the relay.
    pub fn store_seen_from(&self, region: &Region) -> Option<SocketAddr> {
        self.seen_from(region, &Endpoint::Store)
    }

    /// Where an endpoint is reached from `region`; `None` when either is unknown.
    pub fn seen_from(&self, region: &Region, endpoint: &Endpoint) -> Option<SocketAddr> {
        let place = self.endpoints.get(endpoint)?;
        Some(self.view(*self.regions.get(region)?, *place))
    }

    fn at(&self, endpoint: &Endpoint) -> Option<SocketAddr> {
        self.endpoints.get(endpoint).map(|place| place.address)
    }

    fn view(&self, from: u8, place: Place) -> SocketAddr {
        if place.region == from {
            return place.address;
        }
        let to = match place.region {
            0 => VIEW_OF_STORE,
            region => region,
        };
        let last = match place.address.ip() {
            IpAddr::V4(address) => address.octets()[3],
            IpAddr::V6(_) => 0, // Never: every address comes from `ip`.
        };
        SocketAddr::new(ip(self.octet, 16 * from + to, last), place.address.port())
    }

    /// What the relay of `region` carries: the store and everything of the other regions that speaks
    /// TCP only.
    pub fn relay_listens(&self, region: &Region) -> Vec<Route> {
        let Some(&from) = self.regions.get(region) else {
            return Vec::new();
        };
        let names: BTreeMap<u8, &Region> = self
            .regions
            .iter()
            .map(|(name, number)| (*number, name))
            .collect();
        self.endpoints
            .iter()
            .filter(|(endpoint, place)| {
                place.region != from && endpoint.transport() == Transport::Tcp
            })
            .map(|(_, place)| Route {
                to: match names.get(&place.region) {
                    Some(name) => Destination::Region((*name).clone()),
                    None => Destination::Store,
                },
                listen: self.view(from, *place),
                target: place.address,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
