//! Processes of this machine, seen through `/proc` and signalled through process file descriptors.
//!
//! A process id is a number that the kernel may give to another process at any time. A [`Handle`] is opened
//! first and compared with `/proc` afterwards, so that a signal reaches the process that was looked at
//! or none (`pidfd_open(2)`, `proc_pid_stat(5)`).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;
use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use standfast_units::Timestamp;

/// What tells a process from every other of this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ProcessIdentity {
    pub(crate) pid: u32,
    /// Clock ticks since boot.
    started: u64,
}

/// One line of `/proc/<pid>/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessStat {
    pub(crate) identity: ProcessIdentity,
    pub(crate) parent: u32,
    state: char,
}

impl ProcessStat {
    /// When it was started, on the boot-time clock.
    pub(crate) fn started_at(&self) -> Timestamp {
        let nanos = 1_000_000_000 / clock_ticks_per_second().max(1);
        Timestamp::from_nanos(self.identity.started.saturating_mul(nanos))
    }

    /// Whether it can run no more: its exit status waits to be collected.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// Whether it is stopped by a signal.
    #[cfg(test)]
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == 'T'
    }
}

/// The granularity of a start time.
pub(crate) fn tick() -> Duration {
    Duration::from_nanos(1_000_000_000 / clock_ticks_per_second().max(1))
}

/// Reads one process; `None` when there is none of this id.
pub(crate) fn stat(pid: u32) -> io::Result<Option<ProcessStat>> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(line) => Ok(parse(pid, &line)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads all processes.
pub(crate) fn all() -> io::Result<Vec<ProcessStat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        if let Some(pid) = name.to_str().and_then(|name| name.parse().ok())
            && let Some(stat) = stat(pid)?
        {
            found.push(stat);
        }
    }
    Ok(found)
}

/// `pid (name) state parent … start-time …`: the name may hold anything, so the rest begins after the
/// last parenthesis.
fn parse(pid: u32, line: &str) -> Option<ProcessStat> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // Fields are numbered from 1; state is 3, parent 4, start time 22.
    let started = fields.nth(17)?.parse().ok()?;
    Some(ProcessStat {
        identity: ProcessIdentity { pid, started },
        parent,
        state,
    })
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// What a process runs, and where: what tells an orphan of a database from other processes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Workplace {
    program: PathBuf,
    folder: PathBuf,
}

/// Program and working folder of a process; `None` when it is gone or hides them.
pub(crate) fn place(pid: u32) -> Option<Workplace> {
    Some(Workplace {
        program: fs::read_link(format!("/proc/{pid}/exe")).ok()?,
        folder: fs::read_link(format!("/proc/{pid}/cwd")).ok()?,
    })
}

/// A hold on one process: signals sent through it reach that process or none.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) identity: ProcessIdentity,
    descriptor: OwnedFd,
}

impl Handle {
    /// Opens a process; `None` when it is gone.
    pub(crate) fn open(identity: ProcessIdentity) -> io::Result<Option<Self>> {
        let Some(pid) = i32::try_from(identity.pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        let descriptor = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => descriptor,
            Err(Errno::SRCH) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The descriptor is open: if the process of this id is still the one we saw, it is ours.
        let same = stat(identity.pid)?.is_some_and(|stat| stat.identity == identity);
        Ok(same.then_some(Self {
            identity,
            descriptor,
        }))
    }

    /// Sends a signal. A process that has ended meanwhile is no error.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(&self.descriptor, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The process as it is now; `None` when it is gone.
    pub(crate) fn stat(&self) -> io::Result<Option<ProcessStat>> {
        Ok(stat(self.identity.pid)?.filter(|stat| stat.identity == self.identity))
    }
}

/// The processes of `all` that are one of `roots` or descend from one, parents before their children.
pub(crate) fn family(all: &[ProcessStat], roots: &BTreeSet<ProcessIdentity>) -> Vec<ProcessStat> {
    let mut family: Vec<ProcessStat> = all
        .iter()
        .filter(|stat| roots.contains(&stat.identity))
        .copied()
        .collect();
    let mut members: BTreeSet<u32> = family.iter().map(|stat| stat.identity.pid).collect();
    let mut next = 0;
    while let Some(parent) = family.get(next).map(|stat| stat.identity.pid) {
        let children = all.iter().filter(|stat| stat.parent == parent);
        for child in children {
            if members.insert(child.identity.pid) {
                family.push(*child);
            }
        }
        next += 1;
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(pid: u32, parent: u32) -> ProcessStat {
        let zeros = "0 ".repeat(17);
        parse(pid, &format!("{pid} (a) b) (c) S {parent} {zeros}77 0 0")).unwrap()
    }

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = line(5, 1);
        assert_eq!(
            (stat.parent, stat.identity.started, stat.state),
            (1, 77, 'S')
        );
        assert_eq!(parse(5, "garbage"), None);
        assert_eq!(parse(5, "5 (a) S 1"), None);
    }

    #[test]
    fn a_family_is_the_roots_and_all_their_descendants() {
        let all = [
            line(9, 4),
            line(1, 0),
            line(2, 1),
            line(3, 2),
            line(4, 3),
            line(5, 1),
        ];
        let roots = BTreeSet::from([line(2, 1).identity]);
        let pids: Vec<_> = family(&all, &roots)
            .iter()
            .map(|stat| stat.identity.pid)
            .collect();
        assert_eq!(pids, [2, 3, 4, 9]);
    }

    #[test]
    fn this_process_is_among_all_and_started_before_now() {
        let own = std::process::id();
        let found = all().unwrap();
        let stat = found.iter().find(|stat| stat.identity.pid == own).unwrap();
        assert!(stat.started_at() <= crate::clock::now());
        assert!(!stat.has_ended());
    }
}
