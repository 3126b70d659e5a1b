//! The server's life: listen, serve, end.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use standfast_zone::{DnsZone, Published, Refused};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::defaults::{
    ANY_PORT_TRIES, TCP_ANSWERS_WAITING_MAX, TCP_CONNECTIONS_WAITING_MAX, TCP_IDLE_MAX,
};
use crate::error::{Error, Transport};
use crate::handler::{Handler, ServedZone};

/// An authoritative DNS server. Runs on the runtime it was bound in until it is dropped or
/// [`Server::shutdown`].
///
/// Before the first [`Server::publish`] every question is answered SERVFAIL, upon which resolvers
/// ask another name server.
pub struct Server {
    address: SocketAddr,
    serving: ServedZone,
    // One for each transport: a server of both ends only when both have ended, and one that has lost
    // its UDP socket must not look alive.
    udp: hickory_server::Server<Handler>,
    tcp: hickory_server::Server<Handler>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Listens on this address, UDP and TCP on the same port, and begins to answer. With port 0 the
    /// system picks one.
    ///
    /// Give an address of this machine, not "all addresses": on a machine with several, an answer must
    /// come from the address that was asked.
    ///
    /// # Errors
    /// [`Error::PortTaken`] when another process listens there already, [`Error::Listen`] when the address
    /// is not of this machine or the port is not for us.
    pub async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let mut tries_left = if address.port() == 0 {
            ANY_PORT_TRIES
        } else {
            1
        };
        loop {
            tries_left -= 1;
            match listen(address).await {
                Err(Error::PortTaken { .. }) if tries_left > 0 => {}
                outcome => {
                    let (address, udp, tcp) = outcome?;
                    return Ok(Self::serve(address, udp, tcp));
                }
            }
        }
    }

    /// As [`Server::bind`], but takes the next port when one is taken, `tries` ports at most;
    /// [`Server::local_addr`] says which it was. With port 0 there is nothing to search.
    ///
    /// # Errors
    /// [`Error::NoFreePort`] when all are taken; any other error ends the search, as another port
    /// would not help.
    pub async fn bind_near(address: SocketAddr, tries: NonZeroU16) -> Result<Self, Error> {
        if address.port() == 0 {
            return Self::bind(address).await;
        }
        let mut next = address;
        let port_last = address.port().saturating_add(tries.get() - 1);
        loop {
            match Self::bind(next).await {
                Err(taken @ Error::PortTaken { .. }) if next.port() == port_last => {
                    return Err(Error::NoFreePort {
                        address,
                        port_last,
                        source: Box::new(taken),
                    });
                }
                Err(Error::PortTaken { .. }) => next.set_port(next.port() + 1),
                outcome => return outcome,
            }
        }
    }

    fn serve(address: SocketAddr, udp: UdpSocket, tcp: TcpListener) -> Self {
        let serving = ServedZone::default();
        let server = || {
            hickory_server::Server::new(Handler {
                serving: serving.clone(),
            })
        };
        let mut server = Self {
            address,
            udp: server(),
            tcp: server(),
            serving,
        };
        server.udp.register_socket(udp);
        server
            .tcp
            .register_listener(tcp, TCP_IDLE_MAX, TCP_ANSWERS_WAITING_MAX);
        server
    }

    /// Where the server listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves this zone: every question read from now on is answered from it, none from a mixture.
    ///
    /// # Errors
    /// When the zone goes back behind the one that is served (P13); that one stays.
    pub fn publish(&self, zone: Arc<DnsZone>) -> Result<Published, Refused> {
        self.serving.replace(zone)
    }

    /// Waits until one of the transports ends by itself, which happens only when its socket breaks.
    pub async fn stopped(&mut self) -> Error {
        let outcome = tokio::select! {
            outcome = self.udp.block_until_done() => outcome,
            outcome = self.tcp.block_until_done() => outcome,
        };
        Error::Stopped {
            address: self.address,
            source: outcome.err(),
        }
    }

    /// Stops listening and waits until the port is free. Questions that were read may go
    /// unanswered; the resolver asks again.
    ///
    /// # Errors
    /// When a transport had ended by itself before.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        let udp = self.udp.shutdown_gracefully().await;
        let tcp = self.tcp.shutdown_gracefully().await;
        udp.and(tcp).map_err(|source| Error::Stopped {
            address: self.address,
            source: Some(source),
        })
    }
}

/// Listens over both transports on one port.
async fn listen(address: SocketAddr) -> Result<(SocketAddr, UdpSocket, TcpListener), Error> {
    let udp = UdpSocket::bind(address)
        .await
        .map_err(|source| failure(address, Transport::Udp, source))?;
    let address = udp
        .local_addr()
        .map_err(|source| failure(address, Transport::Udp, source))?;
    let tcp = listen_tcp(address).map_err(|source| failure(address, Transport::Tcp, source))?;
    Ok((address, udp, tcp))
}

fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections that a former process closed must not keep its successor from the port.
    socket.set_reuseaddr(true)?;
    // Linux hands this down to accepted connections, which `hickory-server` gives us no chance to
    // set it on: without it the second of two answers waits 40 ms for the first one's receipt.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(TCP_CONNECTIONS_WAITING_MAX)
}

fn failure(address: SocketAddr, transport: Transport, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::AddrInUse {
        Error::PortTaken {
            address,
            transport,
            source,
        }
    } else {
        Error::Listen {
            address,
            transport,
            source,
        }
    }
}
