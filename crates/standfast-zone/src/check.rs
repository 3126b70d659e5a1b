//! What a publication is checked for, beyond its epoch.

use std::net::{IpAddr, SocketAddr};

use crate::defaults::ALIASES_MAX;
use crate::{Name, RecordSet, Refused, Target, Zone};

impl Zone {
    pub(crate) fn check_place(&self, name: &Name) -> Result<(), Refused> {
        if name.is_within(self.origin()) && name != self.origin() {
            Ok(())
        } else {
            Err(Refused::Outside {
                name: name.clone(),
                origin: self.origin().clone(),
            })
        }
    }

    pub(crate) fn check_set(&self, name: &Name, set: &RecordSet) -> Result<(), Refused> {
        let empty = || Refused::Empty { name: name.clone() };
        match &set.target {
            Target::Addresses(addresses) => {
                addresses.first().ok_or_else(empty)?;
                addresses
                    .iter()
                    .try_for_each(|address| check_address(name, *address))
            }
            Target::Servers(servers) => {
                servers.first().ok_or_else(empty)?;
                servers
                    .iter()
                    .try_for_each(|server| check_server(name, *server))
            }
            Target::Alias(target) => self.check_alias(name, target),
        }
    }

    fn check_alias(&self, name: &Name, target: &Name) -> Result<(), Refused> {
        let mut next = target;
        for _ in 0..ALIASES_MAX {
            if next == name {
                break;
            }
            match self.published(next).map(|set| &set.target) {
                Some(Target::Alias(target)) => next = target,
                Some(Target::Addresses(_) | Target::Servers(_)) | None => return Ok(()),
            }
        }
        Err(Refused::Circle { name: name.clone() })
    }
}

/// Checks that a client could connect to the address.
pub(crate) fn check_address(name: &Name, address: IpAddr) -> Result<(), Refused> {
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

fn check_server(name: &Name, server: SocketAddr) -> Result<(), Refused> {
    if server.port() == 0 {
        return Err(Refused::NoPort {
            name: name.clone(),
            address: server.ip(),
        });
    }
    check_address(name, server.ip())
}
