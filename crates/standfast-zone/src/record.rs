//! What a name may carry, and the records it is answered with.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use standfast_units::{Node, Ttl};

use crate::name::DnsName;

/// The number of a zone's content: grows with each change.
///
/// Controllers that build the same zone from the store should number it by the store's revision, so
/// that their serials agree ([`DnsZone::advance`](crate::DnsZone::advance)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The generation with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after it; saturates.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The SOA serial: the lower 32 bits. Serials are compared modulo 2³² (RFC 1982), so growth shows
    /// as growth to a server that looks at least once in 2³¹ generations.
    pub const fn serial(self) -> u32 {
        (self.0 & 0xFFFF_FFFF) as u32
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// What a name means. Sets, not lists: two sets that differ only in order are equal, and the order of
/// an answer is always the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// How long resolvers may keep it.
    pub ttl: Ttl,
    /// Where it leads.
    pub target: RecordTarget,
    /// The one node it means, when it means one; part of the name's TXT record.
    pub node: Option<Node>,
}

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordTarget {
    /// Hosts: A and AAAA records.
    Addresses(BTreeSet<IpAddr>),
    /// `PostgreSQL` servers: A and AAAA records, and at `_postgresql._tcp.<name>` an SRV record for
    /// each port.
    Servers(BTreeSet<SocketAddr>),
    /// Another name, within the zone or outside: a CNAME record.
    Alias(DnsName),
}

/// The types of record that a question can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Another name that stands for this one.
    Cname,
    /// Name server.
    Ns,
    /// Start of authority.
    Soa,
    /// Host and port of a service.
    Srv,
    /// A text.
    Txt,
    /// `ANY`, answered with one set (RFC 8482 §4.1).
    Any,
    /// A type that no name here ever has.
    Other,
}

impl RecordType {
    /// Every type.
    pub const ALL: [Self; 9] = [
        Self::A,
        Self::Aaaa,
        Self::Cname,
        Self::Ns,
        Self::Soa,
        Self::Srv,
        Self::Txt,
        Self::Any,
        Self::Other,
    ];
}

/// One resource record, of class IN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name it belongs to.
    pub name: DnsName,
    /// How long resolvers may keep it.
    pub ttl: Ttl,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Alias for this name.
    Cname(DnsName),
    /// Name server.
    Ns(DnsName),
    /// Start of authority.
    Soa(Soa),
    /// Host and port of a service.
    Srv(Srv),
    /// Text, one character string of at most 255 octets.
    Txt(String),
}

impl RecordData {
    /// The record of an address.
    pub fn address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }

    /// Its type.
    pub const fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Ns(_) => RecordType::Ns,
            Self::Soa(_) => RecordType::Soa,
            Self::Srv(_) => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
        }
    }
}

/// Start of authority (RFC 1035 §3.3.13). Refresh, retry and expire are in
/// [`defaults`](crate::defaults).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soa {
    /// The first name server.
    pub name_server: DnsName,
    /// The mail address of the person responsible for the zone, as a name.
    pub mailbox: DnsName,
    /// [`Generation::serial`].
    pub serial: u32,
    /// How long absence may be remembered.
    pub minimum: Ttl,
}

/// Where a service is (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Share of the clients, relative to the others; 0 when there is nothing to share.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host.
    pub target: DnsName,
}
