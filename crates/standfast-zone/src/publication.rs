//! What a publication must be, beyond its epoch: of a name within the zone, leading to something that a
//! client could connect to.

use std::net::{IpAddr, SocketAddr};

use crate::defaults::ALIASES_MAX;
use crate::name::DnsName;
use crate::record::{RecordSet, RecordTarget};
use crate::refused::Refused;

/// Checks that a name lies beneath the zone's origin.
pub(crate) fn check_place(name: &DnsName, origin: &DnsName) -> Result<(), Refused> {
    if name.is_within(origin) && name != origin {
        Ok(())
    } else {
        Err(Refused::Outside {
            name: name.clone(),
            origin: origin.clone(),
        })
    }
}

/// Checks what a name shall lead to; `published` gives the set that another name has now.
pub(crate) fn check_set<'z>(
    name: &DnsName,
    set: &'z RecordSet,
    published: impl Fn(&DnsName) -> Option<&'z RecordSet>,
) -> Result<(), Refused> {
    let empty = || Refused::Empty { name: name.clone() };
    match &set.target {
        RecordTarget::Addresses(addresses) => {
            addresses.first().ok_or_else(empty)?;
            addresses
                .iter()
                .try_for_each(|address| check_address(name, *address))
        }
        RecordTarget::Servers(servers) => {
            servers.first().ok_or_else(empty)?;
            servers
                .iter()
                .try_for_each(|server| check_server(name, *server))
        }
        RecordTarget::Alias(target) => check_alias(name, target, published),
    }
}

fn check_alias<'z>(
    name: &DnsName,
    target: &'z DnsName,
    published: impl Fn(&DnsName) -> Option<&'z RecordSet>,
) -> Result<(), Refused> {
    let mut next = target;
    for _ in 0..ALIASES_MAX {
        if next == name {
            break;
        }
        match published(next).map(|set| &set.target) {
            Some(RecordTarget::Alias(target)) => next = target,
            Some(RecordTarget::Addresses(_) | RecordTarget::Servers(_)) | None => return Ok(()),
        }
    }
    Err(Refused::Circle { name: name.clone() })
}

/// Checks that a client could connect to the address.
pub(crate) fn check_address(name: &DnsName, address: IpAddr) -> Result<(), Refused> {
    let canonical = address.to_canonical();
    // The unspecified address would send each client to itself.
    let nowhere = canonical.is_unspecified()
        || canonical.is_multicast()
        || matches!(canonical, IpAddr::V4(address) if address.is_broadcast());
    if nowhere {
        return Err(Refused::Unusable {
            name: name.clone(),
            address,
        });
    }
    Ok(())
}

fn check_server(name: &DnsName, server: SocketAddr) -> Result<(), Refused> {
    if server.port() == 0 {
        return Err(Refused::NoPort {
            name: name.clone(),
            address: server.ip(),
        });
    }
    check_address(name, server.ip())
}
