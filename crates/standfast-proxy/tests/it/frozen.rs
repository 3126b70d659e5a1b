//! A proxy process that is frozen with bytes of the database pending, and thawed after its epoch may
//! be over: not one of them reaches the client (P22).
//!
//! The test binary starts itself again as the proxy process; the lease record is a file.

use std::fs;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use standfast_proxy::{LeaseSource, Proxy, ReadError, Settings, Sighting};
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::support::{
    Database, LOOPBACK, Peer, boot_clock, hasty, sighting, target, until, within,
};

/// Names the folder shared with the proxy process; its presence makes this process that one.
const FOLDER: &str = "STANDFAST_PROXY_TEST_FOLDER";
const LEASE_MS: &str = "STANDFAST_PROXY_TEST_LEASE_MS";

const LEASE_SHORT: Duration = Duration::from_secs(1);
const LEASE_LONG: Duration = Duration::from_mins(1);

/// Several, so that some wake before whatever else wakes in the proxy.
const CONNECTIONS: usize = 8;

/// The lease record: `epoch renewal address-of-the-writer`.
struct File(PathBuf);

impl LeaseSource for File {
    async fn read(&mut self) -> Result<Sighting, ReadError> {
        let text = fs::read_to_string(&self.0).map_err(ReadError::new)?;
        let [epoch, renewal, address] = text.split(' ').collect::<Vec<_>>()[..] else {
            return Err(ReadError::new("not three words"));
        };
        let epoch = epoch.parse().map_err(ReadError::new)?;
        let renewal = renewal.parse().map_err(ReadError::new)?;
        let address = address.parse().map_err(ReadError::new)?;
        Ok(sighting(epoch, renewal, Some(target(epoch, address))))
    }
}

/// Replaces a file in one step.
fn put(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

/// Not a test of its own: the proxy process, when started as one.
#[tokio::test]
async fn proxy_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let lease = std::env::var(LEASE_MS).unwrap().parse().unwrap();
    let settings = Settings {
        lease: Duration::from_millis(lease),
        ..hasty()
    };
    let source = File(folder.join("lease"));
    let proxy = Proxy::bind(LOOPBACK, settings, source, boot_clock)
        .await
        .unwrap();
    put(&folder.join("address"), &proxy.address().to_string());
    // Ends with the process that started it.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
        .await
        .unwrap()
        .unwrap();
}

struct Process {
    folder: TempDir,
    child: Child,
}

impl Process {
    fn start(lease: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "frozen::proxy_process"])
            .env(FOLDER, folder.path())
            .env(LEASE_MS, lease.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, child }
    }

    async fn address(&self) -> SocketAddr {
        let path = self.folder.path().join("address");
        until(|| path.exists()).await;
        fs::read_to_string(path).unwrap().parse().unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Stops the process and waits until each of its threads stands still.
    async fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
        let threads = format!("/proc/{}/task", self.child.id());
        until(|| {
            fs::read_dir(&threads).unwrap().all(|thread| {
                let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
                // `pid (name) state …`, and a name may hold anything.
                stat.rsplit_once(") ").unwrap().1.starts_with('T')
            })
        })
        .await;
    }

    fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What becomes of the record while the proxy is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    /// Its holder does not renew it, and no node takes over yet.
    Silent,
    /// Another node takes over.
    TakenOver,
    /// Its holder goes on, which the proxy cannot know.
    Renewed,
}

/// Renews the lease record until dropped.
struct Holder {
    meanwhile: watch::Sender<Option<Meanwhile>>,
    task: JoinHandle<()>,
}

impl Holder {
    fn start(record: PathBuf, writer: SocketAddr) -> Self {
        let (meanwhile, mut seen) = watch::channel(None);
        let task = tokio::spawn(async move {
            let mut beat = interval(Duration::from_millis(10));
            for renewal in 1.. {
                beat.tick().await;
                let epoch = match *seen.borrow_and_update() {
                    None | Some(Meanwhile::Renewed) => 1,
                    Some(Meanwhile::TakenOver) => 2,
                    Some(Meanwhile::Silent) => continue,
                };
                put(&record, &format!("{epoch} {renewal} {writer}"));
            }
        });
        Self { meanwhile, task }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Freezes a proxy, has its database answer on several connections, thaws it once `frozen_for` has
/// passed, and returns the first thing each client then sees.
async fn seen_after_a_freeze(
    lease: Duration,
    frozen_for: Duration,
    meanwhile: Meanwhile,
) -> Vec<io::Result<String>> {
    let mut database = Database::start().await;
    let process = Process::start(lease);
    let holder = Holder::start(process.folder.path().join("lease"), database.address);
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut client = Peer::connect(process.address().await).await;
        let mut server = database.accept().await;
        server.say("early").await;
        assert_eq!(client.hear().await, "early");
        connections.push((client, server));
    }

    process.freeze().await;
    for (_, server) in &mut connections {
        server.say("late").await;
    }
    holder.meanwhile.send_replace(Some(meanwhile));
    let thaw_at = boot_clock().after(frozen_for);
    until(|| boot_clock() >= thaw_at).await;
    process.thaw();

    let mut seen = Vec::new();
    for (client, _) in &mut connections {
        let mut line = String::new();
        let read = within(client.0.read_line(&mut line)).await;
        seen.push(read.map(|_| line));
    }
    seen
}

async fn nothing_passes(meanwhile: Meanwhile) {
    for seen in seen_after_a_freeze(LEASE_SHORT, LEASE_SHORT, meanwhile).await {
        let error = seen.expect_err("the connection is reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn an_answer_pending_in_a_frozen_proxy_is_never_forwarded_when_renewals_ceased() {
    nothing_passes(Meanwhile::Silent).await;
}

#[tokio::test]
async fn an_answer_pending_in_a_frozen_proxy_is_never_forwarded_after_a_takeover() {
    nothing_passes(Meanwhile::TakenOver).await;
}

#[tokio::test]
async fn an_answer_pending_in_a_frozen_proxy_is_not_forwarded_even_if_its_holder_went_on() {
    nothing_passes(Meanwhile::Renewed).await;
}

#[tokio::test]
async fn an_answer_pending_through_a_freeze_shorter_than_the_lease_arrives() {
    let frozen_for = Duration::from_millis(50);
    for seen in seen_after_a_freeze(LEASE_LONG, frozen_for, Meanwhile::Renewed).await {
        assert_eq!(seen.unwrap(), "late\n");
    }
}
