//! Starts processes, and starts those again that die, as systemd would with `Restart=always`.
//!
//! - Each process runs in a session of its own ([`crate::session`]; without a launcher in a process
//!   group of its own), so that Ctrl-C reaches the supervisor alone.
//! - Killing the supervisor interrupts nothing: its children have no parent-death signal, write to
//!   files and hold no pipe to it. The next `up`, or `down`, finds them ([`crate::stale`]).
//! - The first restart is immediate; a process that keeps dying is slowed down. What a drill holds
//!   down ([`crate::holds`]) is not started until the hold is gone, and at once then.
//! - Shutdown stops one rank after another; what does not end in time is killed.
//!
//! It decides nothing and knows no process but by its name. Every process carries the mark
//! of its system ([`crate::mark`]).

mod event;
mod keeper;
mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::layout::{Error, Layout};
use crate::stale;
use crate::up::{Entry, EntryState, Lock, UpFile};

use keeper::{Change, Keeper, What};

pub use crate::defaults::STOP_WAIT;
pub use event::{Ending, SupervisorEvent};
pub use spec::{Launcher, ProcessSpec};

/// What came of a shutdown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Processes that did not end in time.
    pub killed: BTreeSet<String>,
    /// What else was found and stopped: guards and databases whose agent had gone.
    pub leftovers: stale::Report,
}

/// Keeps processes running.
#[derive(Debug)]
pub struct Supervisor<'lock> {
    layout: Layout,
    file: UpFile,
    launcher: Option<Launcher>,
    stop_wait: Duration,
    // Proof that no other process supervises this system.
    _lock: &'lock Lock,
}

impl<'lock> Supervisor<'lock> {
    /// A supervisor that writes `file` as `up.json`.
    pub fn new(layout: Layout, lock: &'lock Lock, file: UpFile) -> Self {
        Self {
            layout,
            file,
            launcher: None,
            stop_wait: STOP_WAIT,
            _lock: lock,
        }
    }

    /// Starts everything through `launcher`.
    #[must_use]
    pub fn with_launcher(mut self, launcher: Launcher) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// Gives the processes of one rank this long to end, instead of [`STOP_WAIT`].
    #[must_use]
    pub fn with_stop_wait(mut self, stop_wait: Duration) -> Self {
        self.stop_wait = stop_wait;
        self
    }

    /// Runs until `shutdown` is ready, then stops everything, and returns when nothing is left.
    ///
    /// An event that finds `events` full is dropped: a slow reader must not keep a process from being
    /// started.
    ///
    /// # Errors
    /// When `up.json` cannot be written at the start, or what is left at the end cannot be seen. While
    /// processes run nothing ends the supervisor but `shutdown`.
    pub async fn run(
        mut self,
        specs: Vec<ProcessSpec>,
        shutdown: impl Future<Output = ()>,
        events: mpsc::Sender<SupervisorEvent>,
    ) -> Result<ShutdownReport, Error> {
        self.file.processes = specs.iter().map(waiting).collect();
        self.file.write(&self.layout)?;

        let ranks: BTreeSet<u8> = specs.iter().map(|spec| spec.stop_rank).collect();
        let (stop, stopping) = watch::channel(None);
        // Sized so that no keeper ever waits for the file to be written.
        let (changes, mut news) = mpsc::channel(2 * specs.len().max(1));
        let mut keepers: BTreeMap<u8, JoinSet<(String, Ending)>> = BTreeMap::new();
        for spec in specs {
            let rank = spec.stop_rank;
            let keeper = Keeper::new(
                spec,
                &self.layout,
                self.launcher.clone(),
                self.stop_wait,
                changes.clone(),
                events.clone(),
            );
            keepers
                .entry(rank)
                .or_default()
                .spawn(keeper.run(stopping.clone()));
        }
        drop(changes);

        let mut report = ShutdownReport::default();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(change) = news.recv() => self.note(&change),
            }
        }
        for rank in ranks {
            tracing::info!(rank, "stopping processes");
            stop.send_replace(Some(rank));
            let mut set = keepers.remove(&rank).unwrap_or_default();
            while !set.is_empty() {
                tokio::select! {
                    Some(change) = news.recv() => self.note(&change),
                    Some(ended) = set.join_next() => {
                        if let Ok((name, Ending::Killed)) = ended {
                            report.killed.insert(name);
                        }
                    }
                }
            }
        }
        while let Ok(change) = news.try_recv() {
            self.note(&change);
        }
        report.leftovers = stale::stop_leftovers(&self.layout).await?;
        Ok(report)
    }

    /// Writes a change down. A file that cannot be written (a full disk) must not stop the supervisor;
    /// whatever it does not name is still found by its mark.
    fn note(&mut self, change: &Change) {
        if let Some(entry) = self.file.processes.get_mut(&change.name) {
            match change.what {
                What::Started(process) => {
                    if entry.process.is_some() {
                        entry.restarts += 1;
                    }
                    entry.process = Some(process);
                    entry.state = EntryState::Running;
                }
                What::State(state) => entry.state = state,
            }
        }
        if let Err(error) = self.file.write(&self.layout) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot write up.json"
            );
        }
    }
}

/// Ready at the first SIGTERM or SIGINT: what `up` shuts down on.
///
/// # Errors
/// When the signals cannot be caught.
pub fn interrupted() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn waiting(spec: &ProcessSpec) -> (String, Entry) {
    let entry = Entry {
        region: spec.region.clone(),
        stop_rank: spec.stop_rank,
        process: None,
        restarts: 0,
        state: EntryState::Waiting,
    };
    (spec.name.clone(), entry)
}
