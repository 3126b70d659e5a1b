//! The names one system has, and what they mean.
//!
//! - `<database>-writer.<zone>`: the primary, verified to accept writes. Its TXT record says
//!   `epoch=<number> node=<name>`.
//! - `<database>-reader.<zone>`: the standbys that may be read from; the primary when there is none.
//! - `_postgresql._tcp.<name>`: host and port of either (SRV).
//! - `ns-<region>.<zone>`: each controller's name server.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use standfast_units::{Database, Epoch, Node, Region, Ttl};

use crate::name::DnsName;
use crate::record::{Generation, RecordSet, RecordTarget};
use crate::refused::Refused;
use crate::zone::{DnsZone, Published};

/// What a system's names shall mean, as read from the store at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemNames {
    /// The origin of its zone.
    pub zone: DnsName,
    /// How long resolvers may keep its records.
    pub ttl: Ttl,
    /// The name servers, one or more.
    pub name_servers: Vec<NameServer>,
    /// The databases.
    pub databases: Vec<DatabaseNames>,
}

/// The name server of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// The region.
    pub region: Region,
    /// Where it listens, on port 53 as far as DNS can say.
    pub address: IpAddr,
}

/// Whom the names of one database mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseNames {
    /// The database.
    pub database: Database,
    /// The verified primary; `None` before the first one.
    pub writer: Option<Writer>,
    /// Standbys to read from.
    pub readers: Vec<SocketAddr>,
}

/// A primary that was verified to accept writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The epoch it was verified under.
    pub epoch: Epoch,
    /// The node.
    pub node: Node,
    /// Where clients connect.
    pub server: SocketAddr,
}

/// `<database>-writer.<zone>`.
///
/// # Errors
/// When the name is too long.
pub fn writer_name(zone: &DnsName, database: &Database) -> Result<DnsName, Refused> {
    beneath(zone, &format!("{database}-writer"))
}

/// `<database>-reader.<zone>`.
///
/// # Errors
/// When the name is too long.
pub fn reader_name(zone: &DnsName, database: &Database) -> Result<DnsName, Refused> {
    beneath(zone, &format!("{database}-reader"))
}

fn beneath(zone: &DnsName, label: &str) -> Result<DnsName, Refused> {
    zone.child(label).map_err(|source| Refused::TooLong {
        name: zone.clone(),
        source,
    })
}

impl SystemNames {
    /// A new zone with these names, for a server that has served none before, and what could not be
    /// published in it.
    ///
    /// # Errors
    /// When the name servers do not make a zone.
    pub fn to_zone(&self, generation: Generation) -> Result<(DnsZone, Vec<Refused>), Refused> {
        let name_servers = self.delegation()?;
        let mut zone = DnsZone::new(self.zone.clone(), generation, self.ttl, name_servers)?;
        let refused = self.publish_into(&mut zone);
        Ok((zone, refused))
    }

    /// Publishes these names in a zone that may have them already, and says what was refused; what is
    /// refused for one name keeps no other from being published.
    ///
    /// A database that is not listed keeps its names ([`DnsZone::withdraw`] removes them), and so does a
    /// writer that is `None` once one was published: that something is missing from what was read is
    /// no proof that it is gone (P13).
    pub fn publish_into(&self, zone: &mut DnsZone) -> Vec<Refused> {
        let mut refused = Vec::new();
        let delegated = self
            .delegation()
            .and_then(|name_servers| zone.delegate(self.ttl, name_servers));
        refused.extend(delegated.err());
        for names in &self.databases {
            refused.extend(self.publish_writer(zone, names).err());
            refused.extend(self.publish_reader(zone, names).err());
        }
        refused
    }

    fn publish_writer(
        &self,
        zone: &mut DnsZone,
        names: &DatabaseNames,
    ) -> Result<Published, Refused> {
        let name = writer_name(zone.origin(), &names.database)?;
        match &names.writer {
            Some(writer) => {
                let set = self.set([writer.server].into(), Some(writer.node.clone()));
                zone.publish(&name, writer.epoch, set)
            }
            None => absent(zone, name),
        }
    }

    fn publish_reader(
        &self,
        zone: &mut DnsZone,
        names: &DatabaseNames,
    ) -> Result<Published, Refused> {
        let name = reader_name(zone.origin(), &names.database)?;
        let epoch = names
            .writer
            .as_ref()
            .map_or(Epoch::ZERO, |writer| writer.epoch);
        let readers: BTreeSet<SocketAddr> = names.readers.iter().copied().collect();
        match &names.writer {
            Some(writer) if readers.is_empty() => {
                zone.publish(&name, epoch, self.set([writer.server].into(), None))
            }
            None if readers.is_empty() => absent(zone, name),
            Some(_) | None => zone.publish(&name, epoch, self.set(readers, None)),
        }
    }

    fn set(&self, servers: BTreeSet<SocketAddr>, node: Option<Node>) -> RecordSet {
        RecordSet {
            ttl: self.ttl,
            target: RecordTarget::Servers(servers),
            node,
        }
    }

    fn delegation(&self) -> Result<BTreeMap<DnsName, BTreeSet<IpAddr>>, Refused> {
        let mut delegation: BTreeMap<DnsName, BTreeSet<IpAddr>> = BTreeMap::new();
        for server in &self.name_servers {
            let name = beneath(&self.zone, &format!("ns-{}", server.region))?;
            delegation.entry(name).or_default().insert(server.address);
        }
        Ok(delegation)
    }
}

/// Nothing is known about what the name means: it exists without records if it never had any, and
/// keeps those it had.
fn absent(zone: &mut DnsZone, name: DnsName) -> Result<Published, Refused> {
    if zone.published(&name).is_some() {
        return Err(Refused::Empty { name });
    }
    zone.reserve(&name)
}
