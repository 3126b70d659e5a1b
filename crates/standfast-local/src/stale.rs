//! Finds and stops what a system has running when no process supervises it: after a crash of `up`, and at
//! the end of `down`.
//!
//! Two sources, because neither is complete. `up.json` names what the supervisor started. A *leftover*
//! is any other process of the system. It carries the mark ([`crate::mark::MARK`]) in its
//! environment, which every descendant inherits; or, since a database may write over its environment, it
//! has no terminal, and its working directory or an argument lies within the nodes' folders. An
//! operator's shell or pager in such a folder has a terminal, and is not ours to kill.
//!
//! Killing an agent does not fence its database (P5), so an end is only reported when no process is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use thiserror::Error;

use crate::defaults::{EXIT_POLL, KILL_WAIT, LEFTOVER_WAIT, STOP_WAIT, SWEEPS_MAX};
use crate::layout::{self, Layout};
use crate::mark::MARK;
use crate::processes::{self, Process, ProcessId};
use crate::up::{Lock, LockError, UpFile};
use standfast_clock as clock;

/// Why a system could not be stopped or removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownError {
    /// Its files could not be used.
    #[error("cannot use the system's files")]
    Files(#[source] layout::Error),
    /// Another process is busy with it.
    #[error("the system is being brought up or cleaned up")]
    Busy(#[source] LockError),
    /// Something runs.
    #[error("{} of the system's processes still run, the first is {}", .0.len(), .0[0].pid)]
    Running(Vec<ProcessId>),
}

/// What was stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Processes that ended when asked, with their names.
    pub ended: BTreeMap<ProcessId, String>,
    /// Processes that had to be killed.
    pub killed: BTreeMap<ProcessId, String>,
    /// Processes that outlived even that: in uninterruptible sleep, or another user's.
    pub survived: BTreeMap<ProcessId, String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [
            ("ended", &self.ended),
            ("killed", &self.killed),
            ("survived", &self.survived),
        ];
        let mut separator = "";
        for (what, processes) in groups {
            if !processes.is_empty() {
                let names: Vec<String> = processes
                    .iter()
                    .map(|(process, name)| format!("{name} ({})", process.pid))
                    .collect();
                write!(f, "{separator}{what}: {}", names.join(", "))?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

impl Report {
    /// Whether nothing was found running.
    pub fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.killed.is_empty() && self.survived.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.ended.extend(other.ended);
        self.killed.extend(other.killed);
        self.survived.extend(other.survived);
    }
}

/// Stops everything an earlier supervisor left: what it wrote down, rank by rank, each given `stop_wait`
/// to end ([`crate::supervisor::STOP_WAIT`]), then leftovers. The lock proves that no supervisor runs.
///
/// # Errors
/// When `up.json` or `/proc` cannot be read.
pub async fn clean_up(
    layout: &Layout,
    _lock: &Lock,
    stop_wait: Duration,
) -> Result<Report, layout::Error> {
    let mut report = Report::default();
    if let Some(file) = UpFile::read(layout)? {
        let running = file.running_processes();
        let mut ranks: BTreeMap<u8, BTreeMap<ProcessId, String>> = BTreeMap::new();
        for (name, process) in running {
            let rank = file.processes.get(name).map_or(0, |entry| entry.stop_rank);
            ranks
                .entry(rank)
                .or_default()
                .insert(process, name.to_owned());
        }
        for (rank, processes) in ranks {
            tracing::info!(
                rank,
                count = processes.len(),
                "stopping processes left behind"
            );
            report.add(stop(processes, stop_wait).await);
        }
    }
    report.add(stop_leftovers(layout).await?);
    Ok(report)
}

/// Stops every leftover, again until none is found.
pub(crate) async fn stop_leftovers(layout: &Layout) -> Result<Report, layout::Error> {
    let mut report = Report::default();
    let mut patience = LEFTOVER_WAIT;
    for _ in 0..SWEEPS_MAX {
        let found: BTreeMap<ProcessId, String> = leftovers(layout)?
            .into_iter()
            .map(|process| (process.id, process.name))
            .filter(|(id, _)| !report.survived.contains_key(id))
            .collect();
        if found.is_empty() {
            break;
        }
        tracing::info!(count = found.len(), "stopping leftovers");
        report.add(stop(found, patience).await);
        // Whatever was born while its parent was given time gets none itself.
        patience = Duration::ZERO;
    }
    Ok(report)
}

/// Every process of the system that runs, but for the one that asks and its ancestors.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn leftovers(layout: &Layout) -> Result<Vec<Process>, layout::Error> {
    let all = processes::all().map_err(layout::Error::io("read", Path::new("/proc")))?;
    let ours = processes::own_line(&all);
    Ok(all
        .into_values()
        .filter(|process| !ours.contains(&process.id.pid))
        .filter(|process| belongs(layout, process))
        .collect())
}

fn belongs(layout: &Layout, process: &Process) -> bool {
    if process.has_environment(MARK, layout.state().as_os_str()) {
        return true;
    }
    if process.on_terminal {
        return false;
    }
    let nodes = layout.regions();
    process
        .working_directory()
        .is_some_and(|folder| folder.starts_with(&nodes))
        || process
            .arguments()
            .iter()
            .any(|argument| argument.starts_with(&nodes))
}

/// Asks all to end, waits up to `patience`, kills the rest.
async fn stop(processes: BTreeMap<ProcessId, String>, patience: Duration) -> Report {
    let mut report = Report::default();
    if !patience.is_zero() {
        for (process, name) in &processes {
            refused(process.terminate(), *process, name);
        }
        wait_until_gone(&processes, patience).await;
    }
    let (left, ended) = split(processes);
    report.ended = ended;
    for (process, name) in &left {
        refused(process.signal(Signal::KILL), *process, name);
    }
    wait_until_gone(&left, KILL_WAIT).await;
    (report.survived, report.killed) = split(left);
    report
}

fn refused(sent: std::io::Result<()>, process: ProcessId, name: &str) {
    if let Err(error) = sent {
        tracing::error!(
            process = name,
            pid = process.pid,
            error = &error as &dyn std::error::Error,
            "cannot signal a process"
        );
    }
}

type Named = BTreeMap<ProcessId, String>;

fn split(processes: Named) -> (Named, Named) {
    processes
        .into_iter()
        .partition(|(process, _)| process.is_running())
}

/// Waits until all are gone or `patience` has passed. They are not our children, so nothing wakes us.
async fn wait_until_gone(processes: &Named, patience: Duration) {
    let deadline = clock::now().after(patience);
    while clock::now() < deadline && processes.keys().any(|process| process.is_running()) {
        clock::pause(EXIT_POLL).await;
    }
}

/// What came of [`down`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// Nothing ran.
    WasDown,
    /// The supervisor stopped everything itself.
    Supervised,
    /// The supervisor was gone, or did not manage in time; this was stopped in its place.
    CleanedUp(Report),
}

/// Stops the system: asks the supervisor and waits until it and all it started are gone; does the work
/// itself when there is no supervisor, or `patience` has passed and it has not finished. A supervisor
/// takes at most [`crate::supervisor::STOP_WAIT`] and a few seconds per rank.
///
/// # Errors
/// When files cannot be read, another process cleans up, or a process outlives even SIGKILL.
pub async fn down(layout: &Layout, patience: Duration) -> Result<Down, DownError> {
    let file = UpFile::read(layout).map_err(DownError::Files)?;
    let mut supervised = false;
    let mut killed = None;
    if let Some(supervisor) = file.and_then(|file| file.running_supervisor()) {
        let one = Named::from([(supervisor, "supervisor".to_owned())]);
        refused(supervisor.terminate(), supervisor, "supervisor");
        wait_until_gone(&one, patience).await;
        supervised = !supervisor.is_running();
        if !supervised {
            tracing::warn!(
                pid = supervisor.pid,
                "killing a supervisor that did not end"
            );
            killed = Some(stop(one, Duration::ZERO).await);
        }
    }
    if !layout.state().exists() {
        return Ok(Down::WasDown);
    }
    let lock = Lock::acquire(layout).map_err(DownError::Busy)?;
    let mut report = clean_up(layout, &lock, STOP_WAIT)
        .await
        .map_err(DownError::Files)?;
    report.add(killed.unwrap_or_default());
    if !report.survived.is_empty() {
        return Err(DownError::Running(report.survived.into_keys().collect()));
    }
    Ok(match (supervised, report.is_empty()) {
        (true, true) => Down::Supervised,
        (false, true) => Down::WasDown,
        (_, false) => Down::CleanedUp(report),
    })
}

/// Removes the state and run folders. Everything the system ever stored is lost.
///
/// # Errors
/// When a process of the system runs, another process holds its lock, or a folder is not marked as ours.
pub fn purge(layout: &Layout) -> Result<(), DownError> {
    if !layout.state().exists() {
        return layout.remove().map_err(DownError::Files);
    }
    let _lock = Lock::acquire(layout).map_err(DownError::Busy)?;
    let file = UpFile::read(layout).map_err(DownError::Files)?;
    let recorded = file.iter().flat_map(UpFile::running_processes);
    let running: BTreeSet<ProcessId> = recorded
        .map(|(_, process)| process)
        .chain(
            leftovers(layout)
                .map_err(DownError::Files)?
                .iter()
                .map(|process| process.id),
        )
        .collect();
    if !running.is_empty() {
        return Err(DownError::Running(running.into_iter().collect()));
    }
    layout.remove().map_err(DownError::Files)
}
