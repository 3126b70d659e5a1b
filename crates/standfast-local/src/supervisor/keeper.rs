//! Keeps one process running until its rank is stopped.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::event::{Ending, SupervisorEvent};
use super::spec::{Launcher, ProcessSpec};
use crate::backoff::RestartBackoff;
use crate::defaults::{KILL_WAIT, LOG_BYTES_MAX};
use crate::holds::Holds;
use crate::layout::{Error, Layout};
use crate::mark::MARK;
use crate::processes::ProcessId;
use crate::session::first_argument;
use crate::up::EntryState;
use standfast_clock as clock;

/// What a keeper tells the supervisor to write down.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Started(ProcessId),
    State(EntryState),
}

pub(super) struct Keeper {
    spec: ProcessSpec,
    state_folder: std::path::PathBuf,
    launcher: Option<Launcher>,
    stop_wait: Duration,
    holds: Holds,
    changes: mpsc::Sender<Change>,
    events: mpsc::Sender<SupervisorEvent>,
}

impl Keeper {
    pub(super) fn new(
        spec: ProcessSpec,
        layout: &Layout,
        launcher: Option<Launcher>,
        stop_wait: Duration,
        changes: mpsc::Sender<Change>,
        events: mpsc::Sender<SupervisorEvent>,
    ) -> Self {
        Self {
            holds: Holds::of(layout, &spec.name, spec.region.as_ref()),
            state_folder: layout.state().to_owned(),
            spec,
            launcher,
            stop_wait,
            changes,
            events,
        }
    }

    /// Runs until `stopping` reaches the process' rank and the process has ended.
    pub(super) async fn run(self, mut stopping: watch::Receiver<Option<u8>>) -> (String, Ending) {
        let rank = self.spec.stop_rank;
        let mut backoff = RestartBackoff::default();
        let ending = loop {
            if self.holds.any() {
                self.event(SupervisorEvent::Held {
                    name: self.spec.name.clone(),
                });
                self.state(EntryState::Held).await;
                tokio::select! {
                    () = self.holds.lifted() => backoff.reset(),
                    () = reached(&mut stopping, rank) => break Ending::Willing,
                }
            }
            let wait = match self.start() {
                Ok((mut child, process)) => {
                    self.started(process).await;
                    let started_at = clock::now();
                    let status = tokio::select! {
                        status = child.wait() => status,
                        () = reached(&mut stopping, rank) => break self.stop(child, process).await,
                    };
                    let lived = clock::now().since(started_at);
                    let wait = backoff.died(lived);
                    self.exited(status, lived, wait).await;
                    wait
                }
                Err(error) => {
                    let wait = backoff.died(Duration::ZERO);
                    tracing::error!(
                        process = self.spec.name,
                        error = &error as &dyn std::error::Error,
                        "cannot start a process"
                    );
                    self.event(SupervisorEvent::StartFailed {
                        name: self.spec.name.clone(),
                        error,
                    });
                    wait
                }
            };
            if !wait.is_zero() {
                tokio::select! {
                    () = clock::sleep_until(clock::now().after(wait)) => {}
                    () = reached(&mut stopping, rank) => break Ending::Willing,
                }
            }
        };
        self.state(EntryState::Stopped).await;
        self.event(SupervisorEvent::Stopped {
            name: self.spec.name.clone(),
            ending,
        });
        (self.spec.name, ending)
    }

    fn start(&self) -> Result<(Child, ProcessId), Error> {
        let spec = &self.spec;
        let log = open_log(&spec.log).map_err(Error::io("open", &spec.log))?;
        let second = log.try_clone().map_err(Error::io("open", &spec.log))?;
        let mut command = self.command();
        command
            .envs(spec.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, &self.state_folder)
            .current_dir(&self.state_folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(second);
        let child = command.spawn().map_err(Error::io("start", &spec.program))?;
        let process = child
            .id()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            // Not reaped yet, so even one that has ended already can be read.
            .and_then(ProcessId::of)
            .map_err(Error::io("find", &spec.program))?;
        Ok((child, process))
    }

    fn command(&self) -> Command {
        let spec = &self.spec;
        let program: &OsStr = spec.program.as_os_str();
        let Some(launcher) = &self.launcher else {
            let mut command = Command::new(program);
            command
                .arg0(first_argument(program))
                .args(&spec.arguments)
                .process_group(0);
            return command;
        };
        let mut command = Command::new(&launcher.program);
        // No process group: its leader could not begin a session.
        command
            .arg0(first_argument(launcher.program.as_os_str()))
            .args(&launcher.arguments)
            .arg(program)
            .args(&spec.arguments);
        command
    }

    /// Asks the process to end, and kills it when it does not. Only this process: what it started is
    /// left to fence itself, or to the sweep that follows.
    async fn stop(&self, mut child: Child, process: ProcessId) -> Ending {
        let asked = process.terminate();
        if asked.is_ok() && timeout(self.stop_wait, child.wait()).await.is_ok() {
            return Ending::Willing;
        }
        tracing::warn!(
            process = self.spec.name,
            "killing a process that did not end"
        );
        if let Err(error) = child.start_kill() {
            tracing::error!(
                process = self.spec.name,
                error = &error as &dyn std::error::Error,
                "cannot kill a process"
            );
        }
        // Only uninterruptible sleep outlasts this; the sweep that follows reports it.
        let _ = timeout(KILL_WAIT, child.wait()).await;
        Ending::Killed
    }

    async fn started(&self, process: ProcessId) {
        tracing::info!(
            process = self.spec.name,
            pid = process.pid,
            "process started"
        );
        self.event(SupervisorEvent::Started {
            name: self.spec.name.clone(),
            process,
        });
        self.change(What::Started(process)).await;
    }

    async fn exited(
        &self,
        status: io::Result<std::process::ExitStatus>,
        lived: Duration,
        wait: Duration,
    ) {
        match status {
            Ok(status) => {
                tracing::warn!(process = self.spec.name, %status, ?lived, restart_in = ?wait, "process ended");
                self.event(SupervisorEvent::Exited {
                    name: self.spec.name.clone(),
                    status,
                    lived,
                    restart_in: wait,
                });
            }
            Err(error) => tracing::error!(
                process = self.spec.name,
                error = &error as &dyn std::error::Error,
                "cannot wait for a process"
            ),
        }
        if !wait.is_zero() {
            self.state(EntryState::Waiting).await;
        }
    }

    fn event(&self, event: SupervisorEvent) {
        // A reader that is slow or gone misses events; the process comes first.
        let _ = self.events.try_send(event);
    }

    async fn state(&self, state: EntryState) {
        self.change(What::State(state)).await;
    }

    async fn change(&self, what: What) {
        let change = Change {
            name: self.spec.name.clone(),
            what,
        };
        // The supervisor outlives its keepers; without it no process is left to tell.
        let _ = self.changes.send(change).await;
    }
}

/// Ready when the shutdown has come to `rank`. Never when the supervisor was dropped without a shutdown:
/// its end interrupts nothing.
async fn reached(stopping: &mut watch::Receiver<Option<u8>>, rank: u8) {
    let reached = stopping.wait_for(|stopping| stopping.is_some_and(|at| at >= rank));
    if reached.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Opens a log for appending; a long one is set aside first.
fn open_log(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
