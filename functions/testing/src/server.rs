//! Servers that a test starts and ends, in a folder of their own, on a free port of the loopback network.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

/// A running server. Dropping it ends it.
pub struct Server {
    child: Child,
    end_with: Signal,
    log: PathBuf,
}

impl Server {
    /// Starts it, with its output in a log of this name.
    pub fn start(command: &mut Command, log: &Path, end_with: Signal) -> Self {
        let out = File::options().create(true).append(true).open(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        Self {
            child,
            end_with,
            log: log.to_owned(),
        }
    }

    /// Ends it now.
    pub fn end(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
            kill(pid, self.end_with).unwrap();
            self.child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("--- {}\n{log}", self.log.display());
        }
    }
}

/// A folder that servers may write to.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    give_away(folder.path());
    folder
}

/// Makes a file or folder the servers' own.
pub fn give_away(path: &Path) {
    if geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().unwrap();
        chown(path, Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw())).unwrap();
    }
}

/// Whether something listens there.
pub async fn listens(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    tokio::net::TcpStream::connect(address).await.is_ok()
}
