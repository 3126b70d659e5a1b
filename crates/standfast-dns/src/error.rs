//! Why there is no server.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use hickory_server::net::NetError;
use thiserror::Error;

/// A transport of DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One datagram a message.
    Udp,
    /// A connection for one message or several.
    Tcp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// Why a server could not begin, or ended.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process listens there.
    #[error("{transport} port {} of {} is taken", .address.port(), .address.ip())]
    PortTaken {
        /// Where the server was to listen.
        address: SocketAddr,
        /// The transport whose port is taken.
        transport: Transport,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The address does not exist here, or may not be listened on.
    #[error("cannot listen for DNS questions over {transport} on {address}")]
    Listen {
        /// Where the server was to listen.
        address: SocketAddr,
        /// The transport.
        transport: Transport,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Every port that was tried is taken.
    #[error("none of the ports {} to {port_last} of {} is free for both UDP and TCP", .address.port(), .address.ip())]
    NoFreePort {
        /// The first that was tried.
        address: SocketAddr,
        /// The last port that was tried.
        port_last: u16,
        /// Why the last was not taken.
        #[source]
        source: Box<Error>,
    },
    /// The server ended without being asked to: a socket broke.
    #[error("the DNS server on {address} stopped")]
    Stopped {
        /// Where it listened.
        address: SocketAddr,
        /// Why, as far as is known.
        #[source]
        source: Option<NetError>,
    },
}
