//! A store to test against, and waiting for what it does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use standfast_store::Client;
use standfast_store::server::{Error, Server, Settings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The longest a test waits for anything.
pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// The timeout of clients whose server answers.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// An address of this machine no other test uses, so that a port on it stays free across restarts. Of each
/// process's 64 the first and the last are left out: they may be a network's own.
pub(crate) fn own_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!(next < 63, "a process has 62 addresses");
    let [_, a, b, c] = (std::process::id().wrapping_mul(64) + next).to_be_bytes();
    let host = Ipv4Addr::new(127, 64 | (a & 63), b, c);
    SocketAddr::new(IpAddr::V4(host), 2379)
}

/// A store within the test's own process.
pub(crate) struct Local {
    pub(crate) address: SocketAddr,
    pub(crate) path: PathBuf,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
    pub(crate) folder: tempfile::TempDir,
}

impl Local {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, own_address()).await
    }

    pub(crate) async fn start_in(folder: tempfile::TempDir, listen: SocketAddr) -> Self {
        let path = folder.path().join("store");
        let settings = settings(&path, listen);
        let server = Server::start(settings).await.unwrap();
        let address = server.address();
        let (shutdown, told) = oneshot::channel();
        let told = async {
            let _ = told.await;
        };
        let task = tokio::spawn(server.run(told));
        Self {
            address,
            path,
            shutdown,
            task,
            folder,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, TIMEOUT)
    }

    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.shutdown.send(()).unwrap();
        within(self.task).await.unwrap().unwrap();
        self.folder
    }
}

pub(crate) fn settings(path: &Path, listen: SocketAddr) -> Settings {
    Settings {
        path: path.to_owned(),
        listen,
    }
}

/// Waits for a future that must come to an end.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT, future)
        .await
        .expect("this takes too long")
}
