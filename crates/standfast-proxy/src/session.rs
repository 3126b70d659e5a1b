//! One client, from its acceptance to its end.
//!
//! A client that finds the door closed, or a database that refuses, is held: nothing is read from it
//! and nothing said to it, until a database takes its connection or its time is up. So clients that
//! connect in the middle of a failover merely see a slow connect.
//!
//! Deliberately absent: moving a client that has been connected once. What it sent may have been
//! carried out.

use std::io;
use std::sync::Arc;

use rustix::net::sockopt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tracing::debug;

use crate::book::{Book, CountedClient};
use crate::defaults;
use crate::door::{Door, Opening};
use crate::phase::{EndPhase, reached};
use crate::relay::{Permission, relay};
use crate::settings::Settings;
use crate::source::Clock;
use crate::status::{ClientRefusal, Cut};
use crate::validity::Proof;

/// What every client's task is given.
#[derive(Clone)]
pub(crate) struct ClientSession<C> {
    pub(crate) settings: Arc<Settings>,
    pub(crate) buffer_len: usize,
    pub(crate) door: watch::Receiver<Door>,
    pub(crate) proof: watch::Receiver<Proof>,
    pub(crate) clock: C,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) phase: watch::Receiver<EndPhase>,
    pub(crate) book: Book,
}

impl<C: Clock> ClientSession<C> {
    /// Serves one client to its end.
    pub(crate) async fn serve(mut self, mut client: TcpStream, entry: CountedClient) {
        // A client that cannot be configured has left; the next read finds out.
        let _ = configure(&client);
        match self.admit(&client).await {
            Ok((database, opening)) => self.connected(&mut client, database, opening).await,
            Err(refusal) => {
                debug!(reason = ?refusal, "client refused");
                self.book.refused(refusal);
            }
        }
        drop(client);
        drop(entry);
    }

    async fn connected(
        &mut self,
        client: &mut TcpStream,
        mut database: TcpStream,
        mut opening: Opening,
    ) {
        self.book.connected();
        let permission = Permission {
            epoch: opening.target.epoch,
            proof: self.proof.clone(),
            clock: self.clock.clone(),
        };
        let ended = tokio::select! {
            biased;
            reason = opening.ended() => Err(reason),
            () = reached(&mut self.phase, EndPhase::Cutting) => Err(Cut::ShutDown),
            ended = relay(client, &mut database, &permission, &self.settings, self.buffer_len, &self.nudge) => ended,
        };
        if let Err(reason) = ended {
            // With a reset: it is noticed at once, and what the kernel has not sent yet is dropped.
            let _ = client.set_zero_linger();
            let _ = database.set_zero_linger();
            debug!(epoch = %permission.epoch, %reason, "connection cut");
            self.book.cut(reason);
        }
    }

    /// Finds a database for the client, holding it as long as need be.
    async fn admit(&mut self, client: &TcpStream) -> Result<(TcpStream, Opening), ClientRefusal> {
        let mut phase = self.phase.clone();
        let book = self.book.clone();
        let (wait, waiting_max) = (self.settings.connect_wait, self.settings.waiting_max);
        let held = async {
            let _waiting = book.wait(waiting_max)?;
            // Spreads the attempts of clients that were all cut at the same instant.
            let spread = client.peer_addr().map_or(0, |peer| peer.port() % 16);
            tokio::select! {
                biased;
                () = reached(&mut phase, EndPhase::Draining) => Err(ClientRefusal::ShutDown),
                () = left(client) => Err(ClientRefusal::ClientLeft),
                found = self.find(spread.into()) => found,
            }
        };
        timeout(wait, held)
            .await
            .unwrap_or(Err(ClientRefusal::ConnectWait))
    }

    async fn find(&mut self, spread: u32) -> Result<(TcpStream, Opening), ClientRefusal> {
        let mut pause = self.settings.poll_every_closed;
        loop {
            if self.door.wait_for(Door::is_open).await.is_err() {
                return Err(ClientRefusal::ShutDown);
            }
            let Door::Open(mut opening) = self.door.borrow().clone() else {
                continue;
            };
            let target = opening.target.clone();
            let attempt = timeout(
                self.settings.connect_timeout,
                TcpStream::connect(target.address),
            );
            let database = tokio::select! {
                biased;
                _ = opening.ended() => continue,
                database = attempt => database,
            };
            if let Ok(Ok(database)) = database
                && configure(&database).is_ok()
            {
                return Ok((database, opening));
            }
            // Perhaps the writer has moved; if not, its server may be restarting.
            debug!(
                epoch = %target.epoch,
                node = %target.node,
                address = %target.address,
                "database refuses connections"
            );
            self.nudge.notify_one();
            let _ = timeout(pause + pause * spread / 16, self.door.changed()).await;
            pause = (pause * 2).min(defaults::CONNECT_RETRY_MAX);
        }
    }
}

/// Waits until a client that has sent nothing yet leaves. One that has is not watched: what it sent
/// stays where it is, and its end could only be read behind it.
async fn left(client: &TcpStream) {
    if matches!(client.peek(&mut [0]).await, Ok(1..)) {
        std::future::pending::<()>().await;
    }
}

/// Small answers leave at once, and a peer that vanished is noticed.
fn configure(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, defaults::KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, defaults::KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, defaults::KEEPALIVE_PROBES)?;
    Ok(())
}
