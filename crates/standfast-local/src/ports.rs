//! What is free on this machine: ports, and the second octet of a system's addresses.
//!
//! Two systems may want the same octet. A system that is up holds one listener at `127.<octet>.255.1`; the
//! kernel gives it to one of them only, whichever user it runs as. Processes that outlive their
//! supervisor no longer hold it, so what listens already is looked up as well.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use standfast_units::System;
use thiserror::Error;

use crate::addresses::{Transport, choose_octet, claim};
use crate::defaults::PORTS_TRIED_MAX;

/// Why there is no octet.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel's list of listeners could not be read.
    #[error("cannot see who listens on this machine")]
    Listeners(#[source] io::Error),
    /// An octet could not be claimed for another reason than that it is taken.
    #[error("cannot listen on {address}")]
    Claim {
        /// Where a listener was to claim it.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// All are taken.
    #[error("all loopback networks 127.1.0.0/16 to 127.254.0.0/16 are in use")]
    Exhausted,
}

/// Whether a process could listen there now.
pub fn is_free(address: SocketAddr, transport: Transport) -> bool {
    let tcp = TcpListener::bind(address).is_ok();
    match transport {
        Transport::Tcp => tcp,
        Transport::TcpAndUdp => tcp && UdpSocket::bind(address).is_ok(),
    }
}

/// The first free port from `port` up.
pub fn free_port_near(ip: IpAddr, port: u16, transport: Transport) -> Option<u16> {
    (port..=port.saturating_add(PORTS_TRIED_MAX))
        .find(|port| is_free(SocketAddr::new(ip, *port), transport))
}

/// The right to a system's octet on this machine, for as long as it is kept.
#[derive(Debug)]
pub struct OctetClaim {
    octet: u8,
    _listener: TcpListener,
}

impl OctetClaim {
    /// Takes the octet the system had (`kept`), else the one it likes best, else the next free one. What
    /// an earlier run of the same system left must have been stopped before, or it is in the way.
    ///
    /// # Errors
    /// When the machine cannot be asked or nothing is free.
    pub fn take(system: &System, kept: Option<u8>) -> Result<Self, Error> {
        let mut in_use = octets_in_use().map_err(Error::Listeners)?;
        while let Some(octet) = choose_octet(system, kept, &in_use) {
            let address = claim(octet);
            match TcpListener::bind(address) {
                Ok(listener) => {
                    return Ok(Self {
                        octet,
                        _listener: listener,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => in_use.insert(octet),
                Err(source) => return Err(Error::Claim { address, source }),
            };
        }
        Err(Error::Exhausted)
    }

    /// The octet.
    pub fn octet(&self) -> u8 {
        self.octet
    }
}

/// Second octets of all `127.x.0.0/16` in which a process listens. `127.0.0.0/16` is for all.
fn octets_in_use() -> io::Result<BTreeSet<u8>> {
    Ok(octets_of(&fs::read_to_string("/proc/net/tcp")?))
}

/// Reads `/proc/net/tcp` (proc(5)): the second field is the local address as one hexadecimal number in
/// the machine's byte order, the fourth the state.
fn octets_of(table: &str) -> BTreeSet<u8> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let (address, _) = fields.get(1)?.split_once(':')?;
            let listens = *fields.get(3)? == LISTEN;
            let number = u32::from_str_radix(address, 16).ok()?;
            let [first, second, ..] = Ipv4Addr::from(number.to_ne_bytes()).octets();
            (listens && first == 127 && second != 0).then_some(second)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn only_listeners_on_loopback_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue\n\
            0: 0102097F:1540 00000000:0000 0A 00000000:00000000\n\
            1: 01020A7F:1540 0102097F:9999 01 00000000:00000000\n\
            2: 0100007F:1540 00000000:0000 0A 00000000:00000000\n\
            3: 00000000:0016 00000000:0000 0A 00000000:00000000\n\
            nonsense\n";
        assert_eq!(octets_of(table), BTreeSet::from([9]));
    }

    #[test]
    fn a_second_system_with_the_same_wish_moves_on() {
        let system = System::new("ports-test-same-wish").unwrap();
        let first = OctetClaim::take(&system, None).unwrap();
        let second = OctetClaim::take(&system, Some(first.octet())).unwrap();
        assert_ne!(first.octet(), second.octet());
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 0, 71, 13));
        let listener = TcpListener::bind(SocketAddr::new(ip, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert!(!is_free(listener.local_addr().unwrap(), Transport::Tcp));
        // None when the port was so high that nothing lies above it.
        if let Some(free) = free_port_near(ip, taken, Transport::TcpAndUdp) {
            assert!(free > taken);
        }
    }
}
