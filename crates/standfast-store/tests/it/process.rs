//! The store as a process of its own: this test's program, told by its environment to be a server.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use standfast_store::server::{Settings, serve};

const PATH: &str = "STANDFAST_TEST_STORE_PATH";
const LISTEN: &str = "STANDFAST_TEST_STORE_LISTEN";

/// A server process, killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(path: &Path, listen: SocketAddr) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::the_server_of_other_tests"])
            .env(PATH, path)
            .env(LISTEN, listen.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Ends it as a machine's memory shortage would: at once, with nothing said.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// No test, but the server of those that start one; without its settings it does nothing.
#[test]
fn the_server_of_other_tests() {
    let (Ok(path), Ok(listen)) = (std::env::var(PATH), std::env::var(LISTEN)) else {
        return;
    };
    set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
    let settings = Settings {
        path: path.into(),
        listen: listen.parse().unwrap(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(serve(settings, std::future::pending()))
        .unwrap();
}
