//! The task that keeps a client's connection: connects when a caller waits, and again after a loss.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::call::Call;
use super::session::{self, Session};
use crate::transport::{Transport, TransportError};
use crate::wire::{PROTOCOL, ToClient, ToServer};
use standfast_clock::pause;
use standfast_coordination::Backoff;

/// Where the server is and how it is reached.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) timeout: Duration,
    source: Option<IpAddr>,
    failure: Mutex<Option<(io::ErrorKind, String)>>,
}

impl Server {
    pub(super) const fn new(
        address: SocketAddr,
        timeout: Duration,
        source: Option<IpAddr>,
    ) -> Self {
        Self {
            address,
            timeout,
            source,
            failure: Mutex::new(None),
        }
    }

    /// Why the last attempt to connect failed; that it takes too long, when none has.
    pub(super) fn last_failure(&self) -> io::Error {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match &*failure {
            Some((kind, text)) => io::Error::new(*kind, text.clone()),
            None => io::ErrorKind::TimedOut.into(),
        }
    }

    fn note(&self, failure: Option<&io::Error>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) =
            failure.map(|error| (error.kind(), error.to_string()));
    }
}

/// Runs until all clients are gone.
pub(super) async fn keep(server: Arc<Server>, mut calls: mpsc::Receiver<Call>) {
    let mut backoff = Backoff::new();
    let mut held = None;
    while let Some(call) = next_wanted(held.take(), &mut calls).await {
        match connect(&server).await {
            Ok(transport) => {
                server.note(None);
                let session = Session::new(transport, &server);
                let end = session.run(call, &mut calls).await;
                tracing::debug!(address = %server.address, reason = ?end.lost, "connection ended");
                match (end.lost, end.use_made) {
                    (None, _) => return,
                    (Some(_), session::UseMade::Yes) => backoff.reset(),
                    // It answers and hangs up: as good as not answering.
                    (Some(_), session::UseMade::No) => pause(backoff.wait()).await,
                }
            }
            Err(error) => {
                tracing::debug!(address = %server.address, %error, "store cannot be reached");
                server.note(Some(&error));
                held = Some(call);
                pause(backoff.wait()).await;
            }
        }
    }
}

/// The next call whose caller still waits.
async fn next_wanted(held: Option<Call>, calls: &mut mpsc::Receiver<Call>) -> Option<Call> {
    if let Some(call) = held.filter(Call::is_wanted) {
        return Some(call);
    }
    loop {
        let call = calls.recv().await?;
        if call.is_wanted() {
            return Some(call);
        }
    }
}

async fn connect(server: &Server) -> io::Result<Transport> {
    timeout(server.timeout, async {
        let stream = open(server).await?;
        let mut transport = Transport::new(stream)?;
        greet(&mut transport).await?;
        Ok(transport)
    })
    .await
    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn open(server: &Server) -> io::Result<TcpStream> {
    let socket = match server.address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = server.source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(server.address).await
}

/// Only a server that answers the hello is there: the kernel accepts connections for a stopped one.
async fn greet(transport: &mut Transport) -> io::Result<()> {
    let hello = async {
        transport.push(&ToServer::Hello { protocol: PROTOCOL })?;
        transport.flush().await?;
        transport.receive::<ToClient>().await
    };
    match hello.await {
        Ok(ToClient::Hello { protocol: PROTOCOL }) => Ok(()),
        Ok(ToClient::Hello { protocol }) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the store speaks protocol {protocol}, this client {PROTOCOL}"),
        )),
        Ok(_) => Err(io::ErrorKind::InvalidData.into()),
        Err(TransportError::Lost(error)) => Err(error),
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    }
}
