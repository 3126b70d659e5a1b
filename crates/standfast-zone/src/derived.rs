//! The records that follow from what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use standfast_units::{Epoch, Ttl};

use crate::name::{DnsName, DnsNameError};
use crate::record::{Record, RecordData, RecordSet, RecordTarget, Srv};

pub(crate) fn record(name: &DnsName, ttl: Ttl, data: RecordData) -> Record {
    Record {
        name: name.clone(),
        ttl,
        data,
    }
}

/// The records that follow from a set, by the name they belong to.
///
/// # Errors
/// When a name that goes with it is too long.
pub(crate) fn records_of(
    name: &DnsName,
    epoch: Epoch,
    set: &RecordSet,
) -> Result<BTreeMap<DnsName, Vec<Record>>, DnsNameError> {
    let mut records = BTreeMap::new();
    let own = match &set.target {
        RecordTarget::Alias(target) => {
            vec![record(name, set.ttl, RecordData::Cname(target.clone()))]
        }
        RecordTarget::Addresses(addresses) => {
            let mut own = address_records(name, set.ttl, addresses.iter().copied());
            own.push(text_record(name, epoch, set));
            own
        }
        RecordTarget::Servers(servers) => {
            service_records(name, set.ttl, servers, &mut records)?;
            let mut own = address_records(name, set.ttl, servers.iter().map(SocketAddr::ip));
            own.push(text_record(name, epoch, set));
            own
        }
    };
    records.insert(name.clone(), own);
    Ok(records)
}

pub(crate) fn address_records(
    name: &DnsName,
    ttl: Ttl,
    addresses: impl Iterator<Item = IpAddr>,
) -> Vec<Record> {
    // A client that knows only IPv4 could not use an IPv4 address in IPv6 clothes.
    let addresses: BTreeSet<IpAddr> = addresses.map(|address| address.to_canonical()).collect();
    addresses
        .into_iter()
        .map(|address| record(name, ttl, RecordData::address(address)))
        .collect()
}

/// `epoch=<number> node=<name>`: with it an answer can be told from an older one (P13).
fn text_record(name: &DnsName, epoch: Epoch, set: &RecordSet) -> Record {
    let text = match &set.node {
        Some(node) => format!("epoch={epoch} node={node}"),
        None => format!("epoch={epoch}"),
    };
    record(name, set.ttl, RecordData::Txt(text))
}

/// SRV records at `_postgresql._tcp.<name>`. An SRV record has a host and a port, and a name may have
/// several addresses: where all servers have the same port, the host is the name itself, which
/// survives a redirect and is what certificates are made for; where ports differ, each address gets a
/// name of its own beneath it, for example `127-0-0-1.<name>`.
fn service_records(
    name: &DnsName,
    ttl: Ttl,
    servers: &BTreeSet<SocketAddr>,
    records: &mut BTreeMap<DnsName, Vec<Record>>,
) -> Result<(), DnsNameError> {
    let service = name.child("_tcp")?.child("_postgresql")?;
    let ports: BTreeSet<u16> = servers.iter().map(SocketAddr::port).collect();
    let mut hosts: BTreeSet<(u16, DnsName)> = BTreeSet::new();
    for server in servers {
        if ports.len() == 1 {
            hosts.insert((server.port(), name.clone()));
            continue;
        }
        let address = server.ip().to_canonical();
        let host = name.child(address_label(address))?;
        records.insert(
            host.clone(),
            vec![record(&host, ttl, RecordData::address(address))],
        );
        hosts.insert((server.port(), host));
    }
    // RFC 2782: weight 0 where there is nothing to choose, for the reader's sake.
    let weight = u16::from(hosts.len() > 1);
    let services = hosts.into_iter().map(|(port, target)| {
        let srv = Srv {
            weight,
            port,
            target,
        };
        record(&service, ttl, RecordData::Srv(srv))
    });
    let services = services.collect();
    records.insert(service, services);
    Ok(())
}

/// An address as a label: `127-0-0-1`, `2001-db8-0-0-0-0-0-1`.
fn address_label(address: IpAddr) -> String {
    let parts: Vec<String> = match address {
        IpAddr::V4(address) => address.octets().iter().map(u8::to_string).collect(),
        IpAddr::V6(address) => address
            .segments()
            .iter()
            .map(|segment| format!("{segment:x}"))
            .collect(),
    };
    parts.join("-")
}
