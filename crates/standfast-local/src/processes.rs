//! The machine's processes, as `/proc` shows them (proc(5)), and signals that cannot hit a stranger.
//!
//! A process is known by its id *and* its start time: ids are used again, the pair is not within one boot.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// One process of this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
    pub start_time_ticks: u64,
}

impl ProcessId {
    /// The process that asks.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn own() -> io::Result<Self> {
        Self::of(std::process::id())
    }

    /// The process that has this id now.
    ///
    /// # Errors
    /// When there is none, or `/proc` cannot be read.
    pub fn of(pid: u32) -> io::Result<Self> {
        Ok(Process::read(pid)?.id)
    }

    /// Whether it still runs. A zombie does not: it holds no file, socket or memory any more.
    pub fn is_running(self) -> bool {
        Process::read(self.pid).is_ok_and(|process| process.id == self && process.runs())
    }

    /// Sends it a signal; does nothing when it is gone. The process is pinned by a pidfd before its
    /// start time is compared, so the signal cannot hit another that was given its id.
    ///
    /// # Errors
    /// When the signal is not permitted.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return Ok(());
        };
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(rustix::io::Errno::SRCH) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !self.is_running() {
            return Ok(());
        }
        match pidfd_send_signal(&pidfd, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks it to end, as systemd does: SIGTERM, then SIGCONT, for a stopped process sees no SIGTERM.
    ///
    /// # Errors
    /// When the signals are not permitted.
    pub fn terminate(self) -> io::Result<()> {
        self.signal(Signal::TERM)?;
        self.signal(Signal::CONT)
    }
}

/// What `/proc/<pid>/stat` says about a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Which process.
    pub id: ProcessId,
    /// The first 15 bytes of its program's name.
    pub name: String,
    /// Its parent.
    pub parent_pid: u32,
    /// Its session.
    pub session: u32,
    /// Whether it has a controlling terminal: a person sits in front of it.
    pub on_terminal: bool,
    state: u8,
}

impl Process {
    /// Reads the process with this id.
    ///
    /// # Errors
    /// When there is none, or `/proc` cannot be read.
    pub fn read(pid: u32) -> io::Result<Self> {
        let text = fs::read(format!("/proc/{pid}/stat"))?;
        parse_stat(pid, &text).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "unreadable /proc/<pid>/stat")
        })
    }

    /// Whether it runs: neither a zombie nor about to be one.
    pub fn runs(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// Its working directory; `None` when it is gone or not ours to look at.
    pub fn working_directory(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.id.pid)).ok()
    }

    /// Its arguments; empty when it is gone or not ours to look at.
    pub fn arguments(&self) -> Vec<PathBuf> {
        zero_separated(&format!("/proc/{}/cmdline", self.id.pid))
            .into_iter()
            .map(|argument| PathBuf::from(std::ffi::OsString::from_vec(argument)))
            .collect()
    }

    /// Whether it was started with `name=value` in its environment.
    pub fn has_environment(&self, name: &str, value: &std::ffi::OsStr) -> bool {
        let wanted = [name.as_bytes(), b"=", value.as_bytes()].concat();
        zero_separated(&format!("/proc/{}/environ", self.id.pid)).contains(&wanted)
    }
}

fn zero_separated(path: &str) -> Vec<Vec<u8>> {
    fs::read(path)
        .unwrap_or_default()
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Reads `/proc/<pid>/stat`. The name stands in parentheses and may hold anything, parentheses and
/// blanks included, so fields are counted from the last `)`.
fn parse_stat(pid: u32, text: &[u8]) -> Option<Process> {
    let open = text.iter().position(|byte| *byte == b'(')?;
    let close = text.iter().rposition(|byte| *byte == b')')?;
    let name = String::from_utf8_lossy(text.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(text.get(close + 1..)?).ok()?;
    // The first of these is field 3 of proc(5).
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    Some(Process {
        id: ProcessId {
            pid,
            start_time_ticks: field(22)?.parse().ok()?,
        },
        name,
        parent_pid: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        on_terminal: field(7)? != "0",
        state: *field(3)?.as_bytes().first()?,
    })
}

/// Every process that can be seen and runs, by id. A process that ends meanwhile is left out.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn all() -> io::Result<BTreeMap<u32, Process>> {
    Ok(fs::read_dir("/proc")?
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Process::read(pid).ok())
        .filter(Process::runs)
        .map(|process| (process.id.pid, process))
        .collect())
}

/// Every running descendant of `pids`, without `pids` themselves. A process whose parent has ended
/// descends from none of them: it was given to init.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn descendants(pids: &[u32]) -> io::Result<Vec<Process>> {
    Ok(descendants_among(&all()?, pids))
}

fn descendants_among(all: &BTreeMap<u32, Process>, pids: &[u32]) -> Vec<Process> {
    let mut children: BTreeMap<u32, Vec<&Process>> = BTreeMap::new();
    for process in all.values() {
        children
            .entry(process.parent_pid)
            .or_default()
            .push(process);
    }
    let mut seen: BTreeSet<u32> = pids.iter().copied().collect();
    let mut open: Vec<u32> = pids.to_vec();
    let mut found = Vec::new();
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if seen.insert(child.id.pid) {
                open.push(child.id.pid);
                found.push((*child).clone());
            }
        }
    }
    found.sort_by_key(|process| process.id);
    found
}

/// The process that asks and all its ancestors: what a clean-up must never touch.
pub(crate) fn own_line(all: &BTreeMap<u32, Process>) -> BTreeSet<u32> {
    let mut line = BTreeSet::new();
    let mut pid = std::process::id();
    while line.insert(pid) {
        match all.get(&pid) {
            Some(process) => pid = process.parent_pid,
            None => break,
        }
    }
    line
}

/// What this boot of the machine is called.
///
/// # Errors
/// When `/proc` cannot be read.
pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?
        .trim()
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: u32, name: &str, state: char, parent: u32) -> Process {
        let text = format!(
            "{pid} ({name}) {state} {parent} 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9{pid} 22 33"
        );
        parse_stat(pid, text.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_may_hold_blanks_and_parentheses() {
        let process = stat(42, "a) S 1 (b", 'S', 41);
        assert_eq!(process.name, "a) S 1 (b");
        assert_eq!(process.parent_pid, 41);
        assert_eq!(process.id.start_time_ticks, 942);
        assert!(!process.on_terminal);
        assert!(process.runs());
        assert!(!stat(42, "x", 'Z', 41).runs());
    }

    #[test]
    fn no_stat_file_panics_the_parser() {
        for text in [
            "",
            "1",
            "1 (",
            "1 (a",
            "1 (a) S",
            ") (",
            "1 (a) S 1 1 1 0 -1",
        ] {
            assert_eq!(parse_stat(1, text.as_bytes()), None, "{text:?} was taken");
        }
    }

    #[test]
    fn descendants_are_found_at_every_depth_and_once() {
        let all: BTreeMap<u32, Process> = [(1, 0), (2, 1), (3, 2), (4, 3), (5, 1), (6, 5)]
            .into_iter()
            .map(|(pid, parent)| (pid, stat(pid, "p", 'S', parent)))
            .collect();
        let pids = |roots: &[u32]| -> Vec<u32> {
            descendants_among(&all, roots)
                .iter()
                .map(|process| process.id.pid)
                .collect()
        };
        assert_eq!(pids(&[2]), [3, 4]);
        assert_eq!(pids(&[2, 3, 5]), [4, 6]);
        assert_eq!(pids(&[4]), [0u32; 0]);
    }

    #[test]
    fn a_process_is_running_only_under_its_own_start_time() {
        let own = ProcessId::own().unwrap();
        assert!(own.is_running());
        let other = ProcessId {
            start_time_ticks: own.start_time_ticks + 1,
            ..own
        };
        assert!(!other.is_running());
        // Would end the test if it were delivered.
        other.signal(Signal::KILL).unwrap();
    }
}
