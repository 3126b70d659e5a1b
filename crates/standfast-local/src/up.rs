//! `up.json`, what `up` writes down for `status`, `down` and the next `up`; and the lock that keeps two
//! of them apart.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use serde::{Deserialize, Serialize};
use standfast_units::{Region, System};

use crate::layout::{Error, Layout};
use crate::processes::{ProcessId, boot_id};

/// What runs, and where it listens. Kept after the end, so that addresses stay the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpFile {
    /// The system.
    pub system: System,
    /// The boot of the machine the processes belong to; ids of another mean nothing.
    pub boot_id: String,
    /// The second octet of its addresses.
    pub octet: u8,
    /// The port of each endpoint, by [`crate::addresses::Endpoint`].
    pub ports: BTreeMap<String, u16>,
    /// The process that starts the others.
    pub supervisor: ProcessId,
    /// The others, by name.
    pub processes: BTreeMap<String, Entry>,
}

/// One process of `up.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its region.
    pub region: Option<Region>,
    /// Its place in the order of stopping.
    pub stop_rank: u8,
    /// The process started last; `None` before the first start. Whether it still runs, it says itself.
    pub process: Option<ProcessId>,
    /// How often it was started again.
    pub restarts: u64,
    /// Why it does not run, or that it does.
    pub state: EntryState,
}

/// What a supervised process does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// Not started yet, or waiting to be started again.
    Waiting,
    /// Started, and not seen to end.
    Running,
    /// Kept from being started by a hold.
    Held,
    /// Stopped for good.
    Stopped,
}

impl UpFile {
    /// A file for this boot in which nothing runs yet, started by the process that asks.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn new(system: System, octet: u8, ports: BTreeMap<String, u16>) -> io::Result<Self> {
        Ok(Self {
            system,
            boot_id: boot_id()?,
            octet,
            ports,
            supervisor: ProcessId::own()?,
            processes: BTreeMap::new(),
        })
    }

    /// Reads what was written last; `None` when nothing ever was.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn read(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.up_file();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::io("understand", &path)(error.into()))
    }

    /// Replaces the file, so that a reader sees the old or the new one. Not synced: after a crash of the
    /// machine no process is left for it to name, and `PostgreSQL`'s folders do not depend on it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, layout: &Layout) -> Result<(), Error> {
        let path = layout.up_file();
        let beside = path.with_extension("json.new");
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::io("write", &path)(error.into()))?;
        fs::write(&beside, text).map_err(Error::io("write", &beside))?;
        fs::rename(&beside, &path).map_err(Error::io("replace", &path))
    }

    /// Whether its process ids are of this boot.
    pub fn is_of_this_boot(&self) -> bool {
        boot_id().is_ok_and(|boot_id| boot_id == self.boot_id)
    }

    /// The supervisor, when it runs.
    pub fn running_supervisor(&self) -> Option<ProcessId> {
        Some(self.supervisor).filter(|supervisor| self.is_of_this_boot() && supervisor.is_running())
    }

    /// The processes that run, by name.
    pub fn running_processes(&self) -> BTreeMap<&str, ProcessId> {
        if !self.is_of_this_boot() {
            return BTreeMap::new();
        }
        self.processes
            .iter()
            .filter_map(|(name, entry)| Some((name.as_str(), entry.process?)))
            .filter(|(_, process)| process.is_running())
            .collect()
    }
}

/// A system that is up.
#[derive(Debug)]
pub struct Running;

impl Running {
    /// What runs: `None` when neither the supervisor nor a process of it does. With the supervisor gone
    /// ([`UpFile::running_supervisor`]) the rest goes on, but nothing is started again.
    ///
    /// # Errors
    /// When `up.json` cannot be read.
    pub fn find(layout: &Layout) -> Result<Option<UpFile>, Error> {
        Ok(UpFile::read(layout)?.filter(|file| {
            file.running_supervisor().is_some() || !file.running_processes().is_empty()
        }))
    }
}

/// Why the lock was not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process brings the system up, runs it, or cleans it up.
    #[error(
        "process {} already runs or cleans up this system",
        .pid.map_or_else(|| "of unknown id".to_owned(), |pid| pid.to_string())
    )]
    Held {
        /// Who, as far as it has written it down.
        pid: Option<u32>,
    },
    /// The file could not be used.
    #[error("cannot lock the system")]
    File(#[source] Error),
}

/// The right to start and stop processes of a system, for as long as it is kept. The kernel gives it back
/// when its holder dies (flock(2)); children do not inherit it, so they cannot keep it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, without waiting.
    ///
    /// # Errors
    /// When another process holds it, or the file cannot be used.
    pub fn acquire(layout: &Layout) -> Result<Self, LockError> {
        let path = layout.up_lock();
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(Error::io("open", &path))
                .map_err(LockError::File)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    // Advice only: a process that just took it may not have written yet.
                    let _ = file.read_to_string(&mut text);
                    let pid = text.trim().parse().ok();
                    return Err(LockError::Held { pid });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(LockError::File(Error::io("lock", &path)(error)));
                }
            }
            // A purge may have removed the file between open and lock: that lock excludes no process.
            let ours = file.metadata().map(|found| (found.dev(), found.ino()));
            let there = fs::metadata(&path).map(|found| (found.dev(), found.ino()));
            if !matches!((ours, there), (Ok(ours), Ok(there)) if ours == there) {
                continue;
            }
            write_pid(&mut file)
                .map_err(Error::io("write", &path))
                .map_err(LockError::File)?;
            return Ok(Self { _file: file });
        }
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
