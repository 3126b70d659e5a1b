//! The server: opens the file, listens, and gives each connection a task.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::connection::{Ended, converse};
use super::defaults::{CONNECTIONS_MAX, ENGINE_QUEUE_MAX};
use super::disk::Disk;
use super::engine::{self, Fault};
pub use super::error::Error;
use super::machine::Loaded;
use super::transport::TransportError;
use standfast_clock::pause;
use standfast_coordination::Backoff;

/// Where the store lies and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file. Created when absent; its folder must exist.
    pub path: PathBuf,
    /// The address to listen on. There is no authentication: use one only this machine can reach.
    pub listen: SocketAddr,
}

/// Runs the store until `shutdown` is ready, then commits what it has taken up and closes the file.
///
/// # Errors
/// When the file cannot be opened, the address cannot be listened on, or a commit fails.
pub async fn serve(settings: Settings, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    Server::start(settings).await?.run(shutdown).await
}

/// A server that has opened its file and listens, but does not serve yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    path: PathBuf,
    disk: Disk,
    loaded: Loaded,
}

impl Server {
    /// Listens and opens the file.
    ///
    /// # Errors
    /// When the address cannot be listened on or the file cannot be opened.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let Settings { path, listen } = settings;
        let listen_error = |source| Error::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let opened = path.clone();
        let opened = tokio::task::spawn_blocking(move || Disk::open(&opened)).await;
        let (disk, loaded) = opened.map_err(|_| Error::Panicked)??;
        Ok(Self {
            listener,
            address,
            path,
            disk,
            loaded,
        })
    }

    /// Where it listens; of use when the port asked for was zero.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready.
    ///
    /// # Errors
    /// When a commit fails.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let Self {
            listener,
            address,
            path,
            disk,
            loaded,
        } = self;
        let (requests, asked) = mpsc::channel(ENGINE_QUEUE_MAX);
        // The engine and the connections end with this future, whether it is finished or dropped.
        let mut tasks = JoinSet::new();
        let keys = loaded.entries.len();
        tasks.spawn(engine::run(disk, loaded, asked));
        tracing::info!(%address, path = %path.display(), keys, "store is open");
        let ended = {
            let accepting = accept(listener, requests);
            tokio::select! {
                () = shutdown => None,
                () = accepting => None,
                ended = tasks.join_next() => ended,
            }
        };
        // All connections are gone, so the engine ends of itself after its last commit.
        let ended = match ended {
            Some(ended) => Some(ended),
            None => tasks.join_next().await,
        };
        match ended {
            Some(Ok(Ok(()))) => {
                tracing::info!(%address, "store is closed");
                Ok(())
            }
            Some(Ok(Err(Fault::Commit(source)))) => Err(Error::Write {
                path,
                source: Box::new(source),
            }),
            Some(Ok(Err(Fault::Spawn(source)))) => Err(Error::Spawn { source }),
            Some(Ok(Err(Fault::Thread)) | Err(_)) | None => Err(Error::Panicked),
        }
    }
}

/// Accepts connections for ever; those that run end with it.
async fn accept(listener: TcpListener, requests: mpsc::Sender<engine::Asked>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut backoff = Backoff::new();
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, client)) => {
                backoff.reset();
                let requests = requests.clone();
                connections.spawn(async move {
                    let ended = converse(stream, requests).await;
                    report(client, &ended);
                    drop(place);
                });
            }
            Err(error) => {
                // Mostly too many open files; nothing but time mends it.
                tracing::warn!(%error, "store cannot accept a connection");
                pause(backoff.wait()).await;
            }
        }
    }
}

fn report(client: SocketAddr, ended: &Ended) {
    match ended {
        Ended::Transport(TransportError::Lost(error)) => {
            tracing::debug!(%client, %error, "connection is gone");
        }
        Ended::Ending => tracing::debug!(%client, "connection ends with the store"),
        other => tracing::warn!(%client, reason = %other, "connection was ended"),
    }
}
