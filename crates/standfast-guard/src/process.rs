//! The database's process tree: starting it, finding all of it, ending all of it.
//!
//! Whose process it is, is found in two ways, since `PostgreSQL`'s children leave its process group and, once
//! orphaned, its ancestry:
//!
//! - Descendants of the guard. It is their *subreaper*: a process whose parent dies becomes its child. So
//!   "the guard has no child" proves, without any race, that it has no descendant.
//! - Processes of the data folder's owner that stand in the data folder, where `PostgreSQL`'s processes go at
//!   their start: what a former guard, or a person, left running. An operator's shell that stands there as
//!   that same user ends with them; that of any other user does not.
//!
//! What it does not do: use `cgroup.kill`. That needs a cgroup delegated to the database's user, and waits for
//! a lock that the whole machine shares; the loop below needs neither. What it gives up is speed against
//! processes that fork faster than `/proc` can be read, and there too nothing is reported as fenced that lives.
//! Nor does it look into other mount namespaces, or at processes that the guard may not inspect.
//! Paths are compared as text, because `stat` on a dead network mount would hang the guard.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, pidfd_open,
    pidfd_send_signal, wait, waitid,
};
use standfast_units::Timestamp;

use crate::protocol::{Ended, Start};
use crate::tree::{Sweep, Tree, Way};
use standfast_clock as clock;

use crate::{Error, Settings};

/// How long an ended process of a former life may wait for its parent to take note. It can do nothing any
/// more, but `PostgreSQL` takes it for a running server and refuses to start. Past this, its parent is at
/// fault, and the database's log says so. Children of the guard are waited for without a bound.
const REAP_PATIENCE: Duration = Duration::from_secs(5);

/// The database's processes.
pub(crate) struct DatabaseProcesses {
    node: String,
    log: PathBuf,
    trampoline: Vec<String>,
    data_folder: PathBuf,
    /// The data folder without symbolic links, as `/proc` shows it.
    folder_path: PathBuf,
    /// Whose it is; `None` while it does not exist.
    folder_owner: Option<u32>,
    guard_pid: u32,
    /// Killed already, and when, so that no process is counted twice. Emptied when none is left.
    killed: BTreeMap<Identity, Timestamp>,
}

/// A process id is given out again; together with the start time it is not.
type Identity = (u32, u64);

/// What `/proc/<pid>/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    zombie: bool,
    /// Clock ticks after boot.
    started: u64,
}

impl DatabaseProcesses {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        if settings.trampoline.is_empty() {
            return Err(Error::NoTrampoline);
        }
        let mut processes = Self {
            node: settings.node.clone(),
            log: absolute(&settings.log)?,
            trampoline: settings.trampoline.clone(),
            data_folder: absolute(&settings.data_folder)?,
            folder_path: PathBuf::new(),
            folder_owner: None,
            guard_pid: std::process::id(),
            killed: BTreeMap::new(),
        };
        processes.locate();
        Ok(processes)
    }

    /// Looks where the data folder is and whose. Only while nothing runs: this may wait for a disk.
    fn locate(&mut self) {
        self.folder_path =
            fs::canonicalize(&self.data_folder).unwrap_or_else(|_| self.data_folder.clone());
        self.folder_owner = fs::metadata(&self.folder_path).ok().map(|data| data.uid());
    }

    /// Writes a line to the database's log. Only while nothing runs: a write may wait for a busy disk,
    /// and a guard that waits does not fence. A log that cannot be written stops nothing.
    pub(crate) fn note(&self, line: &str) {
        let _ = self.open_log().and_then(|mut log| {
            let unix_ms = clock::wall().as_unix_ms();
            let (seconds, millis) = (unix_ms / 1_000, unix_ms % 1_000);
            let (node, guard_pid) = (&self.node, self.guard_pid);
            writeln!(
                log,
                "{seconds}.{millis:03} standfast guard [{guard_pid}] {node}: {line}"
            )
        });
    }

    fn open_log(&self) -> io::Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.log)
    }

    fn spawn(&self, start: &Start) -> io::Result<u32> {
        let log = self.open_log()?;
        let (program, arguments) = self
            .trampoline
            .split_first()
            .ok_or(io::ErrorKind::InvalidInput)?;
        let child = Command::new(program)
            .args(arguments)
            .args(["--guard-pid", &self.guard_pid.to_string(), "--"])
            .arg(&start.program)
            .args(&start.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A signal to the guard's group is not meant for the database.
            .process_group(0)
            .spawn()?;
        Ok(child.id())
    }

    /// Every process of the database that can be seen at this moment, zombies not counted.
    fn living(&self) -> Vec<Identity> {
        let all = snapshot();
        all.iter()
            .filter(|(pid, stat)| {
                !stat.zombie
                    && **pid != self.guard_pid
                    && (descends(**pid, self.guard_pid, &all) || self.stands_in_folder(**pid))
            })
            .map(|(pid, stat)| (*pid, stat.started))
            .collect()
    }

    /// Whether a process that was killed is still there.
    fn remains(&self, now: Timestamp) -> bool {
        self.killed.iter().any(|((pid, started), killed_at)| {
            stat(*pid).is_some_and(|stat| {
                stat.started == *started && (!stat.zombie || now.since(*killed_at) < REAP_PATIENCE)
            })
        })
    }

    fn stands_in_folder(&self, pid: u32) -> bool {
        let entry = PathBuf::from(format!("/proc/{pid}"));
        fs::read_link(entry.join("cwd")).is_ok_and(|cwd| within(&cwd, &self.folder_path))
            && self.folder_owner.is_none_or(|owner| {
                fs::metadata(&entry).is_ok_and(|metadata| metadata.uid() == owner)
            })
    }
}

impl Tree for DatabaseProcesses {
    fn start(&mut self, start: &Start) -> Result<u32, String> {
        self.locate();
        self.note(&match start.deadline {
            Some(deadline) => format!("starting until {deadline} as {}", start.label),
            None => "starting without a deadline".to_owned(),
        });
        self.spawn(start)
            .map_err(|error| format!("the database could not be started: {error}"))
    }

    fn ask(&mut self, pid: u32, way: Way) {
        let signal = match way {
            Way::InOrder => Signal::INT,
            Way::AtOnce => Signal::QUIT,
        };
        // Only the guard reaps its children, so the id still is the database's. A database that cannot be
        // asked is killed when patience ends.
        if let Some(pid) = raw(pid) {
            let _ = kill_process(pid, signal);
        }
    }

    fn reap(&mut self) -> Vec<(u32, Ended)> {
        let mut ended = Vec::new();
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let how = match (status.exit_status(), status.terminating_signal()) {
                (Some(exit), _) => Ended::Exit(exit),
                (None, Some(signal)) => Ended::Signal(signal),
                (None, None) => continue,
            };
            ended.push((pid.as_raw_nonzero().get().unsigned_abs(), how));
        }
        ended
    }

    fn childless(&self) -> bool {
        let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::All, peek), Err(Errno::CHILD))
    }

    fn sweep(&mut self) -> Sweep {
        let living = self.living();
        let now = clock::now();
        let mut killed = 0;
        for process in &living {
            if kill(*process) && self.killed.insert(*process, now).is_none() {
                killed += 1;
            }
        }
        // A look at `/proc` can miss a process born while it went on. That is why it takes the kernel's
        // word, no child, as well: each process missed has become a child or is one's descendant. And a
        // process that is being killed leaves its working folder before it is gone.
        let clean = living.is_empty() && self.childless() && !self.remains(now);
        if clean {
            self.killed.clear();
        }
        Sweep { killed, clean }
    }
}

/// Kills exactly this process, not one that was given its id since. Works on stopped processes as well.
fn kill((pid, started): Identity) -> bool {
    let Some(raw_pid) = raw(pid) else {
        return false;
    };
    let Ok(pidfd) = pidfd_open(raw_pid, PidfdFlags::empty()) else {
        return false;
    };
    stat(pid).is_some_and(|stat| stat.started == started)
        && pidfd_send_signal(&pidfd, Signal::KILL).is_ok()
}

fn raw(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// All processes of this machine.
fn snapshot() -> BTreeMap<u32, Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return BTreeMap::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect()
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `proc_pid_stat(5)`: the command in its parentheses may hold anything, so count from the last one.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let after = line.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(line.get(after..)?)
        .ok()?
        .split_ascii_whitespace();
    let state = fields.next()?;
    Some(Stat {
        parent: fields.next()?.parse().ok()?,
        zombie: state == "Z",
        // The 22nd field; state and parent were the third and fourth.
        started: fields.nth(17)?.parse().ok()?,
    })
}

fn descends(pid: u32, ancestor: u32, all: &BTreeMap<u32, Stat>) -> bool {
    let mut at = pid;
    // The snapshot is not of one instant, so it could even hold a ring.
    for _ in 0..all.len() {
        match all.get(&at) {
            Some(stat) if stat.parent == ancestor => return true,
            Some(stat) => at = stat.parent,
            None => return false,
        }
    }
    false
}

/// Whether a working folder, as the kernel prints it, is `folder` or lies in it.
fn within(cwd: &Path, folder: &Path) -> bool {
    let bytes = cwd.as_os_str().as_bytes();
    let bytes = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Path::new(std::ffi::OsStr::from_bytes(bytes)).starts_with(folder)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::file("locate", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_parentheses_and_blanks_does_not_confuse_the_reader() {
        let line = b"42 (a) S 1 (b) Z 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3";
        let stat = parse_stat(line).unwrap();
        assert_eq!(
            stat,
            Stat {
                parent: 7,
                zombie: true,
                started: 98765
            }
        );
        for bad in [&b""[..], b"42 (a", b"42 (a)", b"42 (a) S x"] {
            assert_eq!(parse_stat(bad), None);
        }
    }

    #[test]
    fn this_process_is_seen_and_descends_from_its_parent() {
        let all = snapshot();
        let this = std::process::id();
        let parent = all[&this].parent;
        assert!(descends(this, parent, &all));
        assert!(!descends(parent, this, &all));
    }

    #[test]
    fn a_ring_in_the_snapshot_ends() {
        let stat = |parent| Stat {
            parent,
            zombie: false,
            started: 0,
        };
        let ring = BTreeMap::from([(5, stat(6)), (6, stat(5))]);
        assert!(!descends(5, 1, &ring));
    }

    #[test]
    fn a_folder_is_itself_what_lies_in_it_and_what_it_was_before_it_was_deleted() {
        let folder = Path::new("/var/lib/data");
        for inside in [
            "/var/lib/data",
            "/var/lib/data/pg_wal",
            "/var/lib/data (deleted)",
        ] {
            assert!(within(Path::new(inside), folder), "{inside}");
        }
        for outside in [
            "/var/lib",
            "/var/lib/data2",
            "/",
            "(unreachable)/var/lib/data",
        ] {
            assert!(!within(Path::new(outside), folder), "{outside}");
        }
    }

    #[test]
    fn a_process_that_took_over_an_id_is_not_killed() {
        let this = std::process::id();
        let started = stat(this).unwrap().started;
        // Would end this test if it did.
        assert!(!kill((this, started + 1)));
    }
}
