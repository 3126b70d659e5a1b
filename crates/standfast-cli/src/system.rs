//! Finds the system a command is about, its store, and its lock.

use std::path::{Path, PathBuf};

use standfast_local::layout::{Layout, Owner, is_tmpfs};
use standfast_local::up::{Lock, LockError, UpFile};
use standfast_store::Client;
use standfast_units::System;

use crate::blueprint_file;
use crate::exit::{CommandError, ExitStatus};
use crate::files::{self, SystemFile};
use crate::print::Format;
use crate::privilege;

/// The blueprint that is meant when none is named.
pub(crate) const DEFAULT_FILE: &str = "standfast.yaml";

/// A system on this machine.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) layout: Layout,
    pub(crate) file: SystemFile,
    pub(crate) up: Option<UpFile>,
}

impl Located {
    /// A client of the system's store.
    pub(crate) fn store(&self) -> Client {
        Client::new(self.file.store, self.file.timings.lease())
    }

    /// Its `up`, when it runs.
    pub(crate) fn supervisor(&self) -> Option<u32> {
        let process = self.up.as_ref()?.running_supervisor()?;
        Some(process.pid)
    }
}

/// The layout of a system.
pub(crate) fn layout(system: &System) -> Result<Layout, CommandError> {
    let owner = privilege::owner()?.unwrap_or_else(Owner::own);
    Layout::usual(system, owner, &privilege::environment()?, is_tmpfs)
        .map_err(|error| CommandError::new(ExitStatus::Environment, error))
}

/// The lock that keeps two `up` of one system apart.
pub(crate) fn lock(layout: &Layout) -> Result<Lock, CommandError> {
    Lock::acquire(layout).map_err(|error| match error {
        LockError::Held { .. } => CommandError::new(ExitStatus::Refused, error)
            .hint("it is up already: `standfast status`; to start anew: `standfast down` first"),
        _ => CommandError::new(ExitStatus::Environment, error),
    })
}

/// The system a command is about: that of the blueprint named, or of `standfast.yaml` here, or the only
/// one there is on this machine.
pub(crate) fn locate(file: Option<&Path>, format: Format) -> Result<Located, CommandError> {
    if let Some(described) = file.filter(|path| path.ends_with("system.json")) {
        let file: SystemFile = files::read(described)?;
        return open(layout(&file.system)?);
    }
    let default = Path::new(DEFAULT_FILE);
    let named = file.or_else(|| default.exists().then_some(default));
    let layout = match named {
        Some(path) => layout(&blueprint_file::load(path, format)?.system())?,
        None => sole()?,
    };
    open(layout)
}

/// The folders of a system, whether or not it ever came up.
pub(crate) fn folders(file: Option<&Path>, format: Format) -> Result<Layout, CommandError> {
    let described = file.filter(|path| path.ends_with("system.json"));
    let name = described.and_then(|path| path.parent()?.file_name()?.to_str());
    match (name, file) {
        (Some(name), _) => layout(&System::new(name).map_err(anyhow::Error::new)?),
        (None, Some(path)) => layout(&blueprint_file::load(path, format)?.system()),
        (None, None) => locate(None, format).map(|located| located.layout),
    }
}

/// A system whose folders are known.
pub(crate) fn open(layout: Layout) -> Result<Located, CommandError> {
    let path = files::system_path(layout.state());
    if !path.exists() {
        return Err(CommandError::not_running(format!(
            "the system was never brought up here: {} does not exist",
            path.display()
        ))
        .hint("bring it up: `standfast up FILE`"));
    }
    let file = files::read(&path)?;
    let up = UpFile::read(&layout).map_err(anyhow::Error::new)?;
    Ok(Located { layout, file, up })
}

/// The only system of this machine.
fn sole() -> Result<Layout, CommandError> {
    let probe = System::new("x").map_err(anyhow::Error::new)?;
    let root: PathBuf = layout(&probe)?
        .state()
        .parent()
        .unwrap_or(Path::new("/"))
        .to_owned();
    let mut systems = Vec::new();
    if let Ok(entries) = std::fs::read_dir(&root) {
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if files::system_path(&entry.path()).exists()
                && let Ok(system) = System::new(&name)
            {
                systems.push(system);
            }
        }
    }
    systems.sort();
    match systems.as_slice() {
        [system] => layout(system),
        [] => Err(
            CommandError::not_running(format!("there is no system in {}", root.display()))
                .hint("bring one up: `standfast up FILE`, or name its blueprint: `--file FILE`"),
        ),
        several => {
            let names: Vec<&str> = several.iter().map(System::as_str).collect();
            Err(CommandError::new(
                ExitStatus::Usage,
                anyhow::Error::msg(format!("which system? there are {}", names.join(", "))),
            )
            .hint("name its blueprint: `--file FILE`"))
        }
    }
}
