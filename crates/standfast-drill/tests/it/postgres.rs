//! A `PostgreSQL` server of a test's own, gone with it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The user that servers run as when the test runs as root, which `PostgreSQL` refuses to.
const UNPRIVILEGED: u32 = 65_534;

pub(crate) const PASSWORD: &str = "open sesame";

static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .expect("pg_config");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
});

/// Makes a folder belong to whom the servers run as.
pub(crate) fn hand_over(folder: &Path) {
    if rustix::process::geteuid().is_root() {
        chown(folder, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    }
}

/// A program of `PostgreSQL`, run as whom the servers run as.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(PROGRAMS.join(program));
    command
        .env("PGPASSWORD", PASSWORD)
        .env("LC_ALL", "C")
        .current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    command
}

pub(crate) fn check(output: &Output) {
    assert!(
        output.status.success(),
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A port that is free on both addresses.
pub(crate) fn free_port(east: Ipv4Addr, west: Ipv4Addr) -> u16 {
    let first = TcpListener::bind((east, 0)).unwrap();
    let port = first.local_addr().unwrap().port();
    TcpListener::bind((west, port)).unwrap();
    port
}

/// One server. Dropping it stops it.
pub(crate) struct TestServer {
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    listen: String,
}

impl TestServer {
    /// A server that listens on `listen`, of which `address` is the first; not started yet.
    pub(crate) fn at(folder: PathBuf, address: SocketAddr, listen: &str) -> Self {
        Self {
            folder,
            address,
            listen: listen.to_owned(),
        }
    }

    /// Every user of this machine is let in: hashing passwords without optimisation would cost the clients
    /// more time than their writes do.
    pub(crate) fn initialise(&self) {
        let output = command("initdb")
            .args([
                "--username=app",
                "--auth=trust",
                "--no-sync",
                "--locale=C",
                "--pgdata",
            ])
            .arg(&self.folder)
            .output()
            .unwrap();
        check(&output);
    }

    /// Replaces the folder by a copy of `source`, set up to follow it.
    pub(crate) fn clone_of(&self, source: SocketAddr) {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).unwrap();
        }
        let output = command("pg_basebackup")
            .args([
                "--username=app",
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
            ])
            .arg(format!("--host={}", source.ip()))
            .arg(format!("--port={}", source.port()))
            .arg("--pgdata")
            .arg(&self.folder)
            .output()
            .unwrap();
        check(&output);
    }

    pub(crate) fn start(&self) {
        let options = format!(
            "-c listen_addresses={} -c port={} -c unix_socket_directories= -c fsync=off \
             -c wal_retrieve_retry_interval=100ms -c max_wal_senders=8",
            self.listen,
            self.address.port()
        );
        let log = self.folder.with_extension("log");
        let output = command("pg_ctl")
            .args(["start", "--wait", "--silent", "--pgdata"])
            .arg(&self.folder)
            .arg("--log")
            .arg(log)
            .arg("--options")
            .arg(options)
            .output()
            .unwrap();
        check(&output);
    }

    /// Stops it without asking its clients.
    pub(crate) fn stop(&self) {
        let _ = command("pg_ctl")
            .args(["stop", "--mode=immediate", "--silent", "--pgdata"])
            .arg(&self.folder)
            .output();
    }

    pub(crate) fn promote(&self) {
        let output = command("pg_ctl")
            .args(["promote", "--wait", "--silent", "--pgdata"])
            .arg(&self.folder)
            .output()
            .unwrap();
        check(&output);
    }

    /// The first process, as long as its file says so.
    pub(crate) fn pid(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join("postmaster.pid")).ok()?;
        text.lines().next()?.parse().ok()
    }

    /// What one statement prints.
    pub(crate) fn ask(&self, statement: &str) -> String {
        let output = command("psql")
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--username=app",
                "--dbname=postgres",
            ])
            .arg(format!("--host={}", self.address.ip()))
            .arg(format!("--port={}", self.address.port()))
            .args(["--command", statement])
            .output()
            .unwrap();
        check(&output);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}
