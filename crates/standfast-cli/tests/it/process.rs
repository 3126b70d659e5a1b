//! Processes of this machine, as `/proc` shows them, and signals to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

/// A process that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    parent: u32,
    arguments: String,
}

/// Every process that has not ended.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| read(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// Looks one up; `None` when there is none, or only its exit status is left.
fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
    (!matches!(state, "Z" | "X")).then_some(Process {
        pid,
        parent,
        arguments,
    })
}

pub(crate) fn runs(pid: u32) -> bool {
    read(pid).is_some()
}

/// The processes with these numbers and all that descend from them.
pub(crate) fn families(roots: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
    let all = all();
    let mut family: BTreeSet<u32> = roots.into_iter().collect();
    loop {
        let before = family.len();
        let children = all
            .iter()
            .filter(|each| family.contains(&each.parent))
            .map(|each| each.pid)
            .collect::<Vec<_>>();
        family.extend(children);
        if family.len() == before {
            return family;
        }
    }
}

/// What follows an option on a process' command line.
pub(crate) fn argument(pid: u32, option: &str) -> PathBuf {
    let arguments = read(pid).expect("it runs").arguments;
    let mut words = arguments.split(' ').skip_while(|word| *word != option);
    PathBuf::from(words.nth(1).expect("the option has a value"))
}

fn working_folder(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The processes of a database: those that work in its data folder, whatever their parents.
pub(crate) fn of_data_folder(data: &Path) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|each| working_folder(each.pid).is_some_and(|folder| folder == data))
        .collect()
}

/// The processes of a system: they carry its mark, work in its state folder, or were started with a
/// path in it.
pub(crate) fn of_system(state: &Path) -> Vec<Process> {
    let mark = format!("STANDFAST_STATE={}", state.display());
    let is_marked = |pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    };
    all()
        .into_iter()
        .filter(|each| {
            is_marked(each.pid)
                || each.arguments.contains(&*state.to_string_lossy())
                || working_folder(each.pid).is_some_and(|folder| folder.starts_with(state))
        })
        .collect()
}

/// Sends a signal. A process that has ended meanwhile is no error.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("cannot signal process {pid:?}: {error}"),
    }
}

/// Kills processes and waits until they are gone.
pub(crate) fn kill(pids: impl IntoIterator<Item = u32>) {
    let pids: Vec<u32> = pids.into_iter().collect();
    for pid in &pids {
        signal(*pid, Signal::KILL);
    }
    crate::time::until("the killed processes are gone", || {
        (!pids.iter().any(|pid| runs(*pid))).then_some(())
    });
}

/// Processes that were stopped; they go on when this is dropped.
#[derive(Debug)]
pub(crate) struct Stopped(BTreeSet<u32>);

impl Stopped {
    /// Stops processes and all they start meanwhile.
    pub(crate) fn families(roots: &[u32]) -> Self {
        let mut stopped = Self(BTreeSet::new());
        loop {
            let found = families(roots.iter().copied());
            let fresh: Vec<u32> = found.difference(&stopped.0).copied().collect();
            if fresh.is_empty() {
                return stopped;
            }
            for pid in fresh {
                signal(pid, Signal::STOP);
                stopped.0.insert(pid);
            }
        }
    }

    /// Stops one process and none else.
    pub(crate) fn one(pid: u32) -> Self {
        signal(pid, Signal::STOP);
        Self(BTreeSet::from([pid]))
    }

    /// Lets them go on.
    pub(crate) fn go_on(self) {
        drop(self);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for pid in &self.0 {
            if runs(*pid) {
                signal(*pid, Signal::CONT);
            }
        }
    }
}
