//! The listener, its limits, and the start and end of everything behind it.
//!
//! Client connections are tasks of the runtime that calls [`Proxy::bind`]; only the reading of the
//! lease record has a thread of its own (`keeper`).

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::book::Book;
use crate::defaults;
use crate::door::{Door, Doorkeeper};
use crate::keeper;
use crate::phase::{EndPhase, reached};
use crate::session::ClientSession;
use crate::settings::{Settings, SettingsError};
use crate::source::{Clock, LeaseSource};
use crate::status::{ClientRefusal, Status};
use crate::validity::Proof;

/// Why a proxy could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings contradict each other.
    #[error("the settings of the proxy do not fit together")]
    Settings(#[source] SettingsError),
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address; the last one tried.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The thread that reads the lease record could not be started.
    #[error("cannot start the thread that reads the lease record")]
    Keeper(#[source] io::Error),
}

/// A running proxy. Dropping it cuts everything; [`Proxy::shutdown`] is the gentle way.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    book: Book,
    nudge: Arc<Notify>,
    phase: watch::Sender<EndPhase>,
    /// The listener and every client.
    clients: JoinHandle<()>,
    door: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy on `listen`; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the settings contradict each other, the address cannot be had, or the reader of the
    /// lease record cannot be started.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn bind(
        listen: SocketAddr,
        settings: Settings,
        source: impl LeaseSource,
        clock: impl Clock,
    ) -> Result<Self, Error> {
        Self::bind_near(listen, 1, settings, source, clock).await
    }

    /// Like [`Proxy::bind`], on the first of the `ports` ports from that of `listen` on that no
    /// other process has.
    ///
    /// # Errors
    /// As [`Proxy::bind`]; all ports being taken is reported for the last of them.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn bind_near(
        listen: SocketAddr,
        ports: u16,
        settings: Settings,
        source: impl LeaseSource,
        clock: impl Clock,
    ) -> Result<Self, Error> {
        settings.check().map_err(Error::Settings)?;
        let buffer_len = settings
            .buffer_len()
            .ok_or(Error::Settings(SettingsError::Buffer(settings.buffer)))?;
        let (listener, address) = listen_near(listen, ports).await?;

        let settings = Arc::new(settings);
        let book = Book::new();
        let nudge = Arc::new(Notify::new());
        let (phase, phase_seen) = watch::channel(EndPhase::Running);
        let (proof, proof_seen) = watch::channel(Proof::NOTHING);
        let (door, door_seen) = watch::channel(Door::Closed);
        keeper::start(
            source,
            clock.clone(),
            Arc::clone(&settings),
            proof,
            Arc::clone(&nudge),
            phase_seen.clone(),
        )
        .map_err(Error::Keeper)?;
        let doorkeeper = Doorkeeper::new(
            proof_seen.clone(),
            clock.clone(),
            settings.poll_every,
            door,
            book.clone(),
        );
        let mut phase_door = phase_seen.clone();
        let session = ClientSession {
            settings,
            buffer_len,
            door: door_seen,
            proof: proof_seen,
            clock,
            nudge: Arc::clone(&nudge),
            phase: phase_seen,
            book: book.clone(),
        };
        info!(%address, "proxy listens");
        Ok(Self {
            address,
            book,
            nudge,
            phase,
            clients: tokio::spawn(accept(listener, session)),
            door: tokio::spawn(async move {
                tokio::select! {
                    biased;
                    () = reached(&mut phase_door, EndPhase::Ended) => {}
                    () = doorkeeper.keep() => {}
                }
            }),
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The status, now and whenever it changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.book.subscribe()
    }

    /// Has the record read soon, because the caller has reason to believe that it has changed. A
    /// hint: it proves nothing, and asking often does no harm.
    pub fn look(&self) {
        self.nudge.notify_one();
    }

    /// Accepts no more clients, gives those that are connected `drain` to end by themselves, and
    /// cuts the rest.
    pub async fn shutdown(self, drain: Duration) {
        let Self {
            address,
            phase,
            mut clients,
            door,
            book: _,
            nudge: _,
        } = self;
        phase.send_replace(EndPhase::Draining);
        if timeout(drain, &mut clients).await.is_err() {
            phase.send_replace(EndPhase::Cutting);
            let _ = clients.await;
        }
        phase.send_replace(EndPhase::Ended);
        let _ = door.await;
        info!(%address, "proxy ended");
    }
}

/// Listens on the first port that no other process has, of `ports` from that of `listen` on.
async fn listen_near(listen: SocketAddr, ports: u16) -> Result<(TcpListener, SocketAddr), Error> {
    let mut address = listen;
    let mut left = ports;
    loop {
        let error = match TcpListener::bind(address).await {
            Ok(listener) => match listener.local_addr() {
                Ok(address) => return Ok((listener, address)),
                Err(error) => error,
            },
            Err(error) => error,
        };
        left = left.saturating_sub(1);
        let next = address.port().checked_add(1);
        match next {
            Some(port) if error.kind() == io::ErrorKind::AddrInUse && left > 0 => {
                address.set_port(port);
            }
            _ => {
                return Err(Error::Listen {
                    address,
                    source: error,
                });
            }
        }
    }
}

/// Accepts clients until told to stop, then waits for the last of them.
async fn accept<C: Clock>(listener: TcpListener, session: ClientSession<C>) {
    let mut clients = JoinSet::new();
    let mut phase = session.phase.clone();
    let mut trouble = Trouble::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = reached(&mut phase, EndPhase::Draining) => break,
            Some(ended) = clients.join_next() => {
                note_end(ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((client, _)) => {
                trouble.failing = false;
                match session.book.enter(session.settings.connections_max) {
                    Ok(entry) => {
                        trouble.full = false;
                        clients.spawn(session.clone().serve(client, entry));
                    }
                    Err(refusal) => trouble.refuse(client, refusal, &session),
                }
            }
            Err(error) => {
                if !mem::replace(&mut trouble.failing, true) {
                    warn!(%error, "cannot accept clients");
                }
                let _ = timeout(
                    defaults::ACCEPT_PAUSE,
                    reached(&mut phase, EndPhase::Draining),
                )
                .await;
            }
        }
    }
    drop(listener);
    while let Some(ended) = clients.join_next().await {
        note_end(ended);
    }
}

/// What keeps clients out, so that each trouble is logged once when it begins.
#[derive(Debug, Default)]
struct Trouble {
    full: bool,
    failing: bool,
}

impl Trouble {
    fn refuse<C>(&mut self, client: TcpStream, refusal: ClientRefusal, session: &ClientSession<C>) {
        // Closed without a word: any word would be one of some database's protocol.
        drop(client);
        session.book.refused(refusal);
        if !mem::replace(&mut self.full, true) {
            let connections_max = session.settings.connections_max;
            warn!(
                connections_max,
                "connection limit reached, clients are refused"
            );
        }
    }
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(%error, "a client's task has failed");
    }
}
