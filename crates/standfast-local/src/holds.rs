//! Processes that are not to be started again: a drill killed them and wants them to stay away.
//!
//! A hold is an empty file `holds/<region>`, or `holds/<name>` with the slashes of the process' name
//! replaced by hyphens. It stops nothing; it only keeps what has ended from being started. A drill places
//! the hold before it plants its fault. Holds survive the supervisor, and are lifted by removing the file.

use std::fs;
use std::io;
use std::path::PathBuf;

use standfast_units::Region;

use crate::defaults::HOLD_POLL;
use crate::layout::{Layout, flat};
use standfast_clock as clock;

/// What is held down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldTarget {
    /// Every process of a region.
    Region(Region),
    /// The process with this name.
    Process(String),
}

impl HoldTarget {
    fn path(&self, layout: &Layout) -> PathBuf {
        let name = match self {
            Self::Region(region) => region.to_string(),
            Self::Process(name) => flat(name),
        };
        layout.holds().join(name)
    }

    /// Places the hold; placing it twice is one hold.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn place(&self, layout: &Layout) -> io::Result<()> {
        fs::write(self.path(layout), "")
    }

    /// Lifts the hold; lifting none does nothing.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn lift(&self, layout: &Layout) -> io::Result<()> {
        match fs::remove_file(self.path(layout)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Lifts every hold: what a drill that was itself killed left behind.
///
/// # Errors
/// When a file cannot be removed.
pub fn lift_all(layout: &Layout) -> io::Result<()> {
    for entry in fs::read_dir(layout.holds())? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// What may hold one process.
#[derive(Debug, Clone)]
pub(crate) struct Holds {
    paths: Vec<PathBuf>,
}

impl Holds {
    pub(crate) fn of(layout: &Layout, name: &str, region: Option<&Region>) -> Self {
        let by_region = region.cloned().map(HoldTarget::Region);
        let paths = [Some(HoldTarget::Process(name.to_owned())), by_region]
            .into_iter()
            .flatten()
            .map(|target| target.path(layout))
            .collect();
        Self { paths }
    }

    /// Whether the process is held at this moment. A file that cannot be looked at holds nothing: a
    /// process too many is repaired by the operator who runs the drill, one too few is not repaired at all.
    pub(crate) fn any(&self) -> bool {
        self.paths.iter().any(|path| path.exists())
    }

    /// Waits until nothing holds the process. The one place that polls for it: a look costs two system
    /// calls, only held processes look, and a poll cannot miss what inotify's queue may drop.
    pub(crate) async fn lifted(&self) {
        while self.any() {
            clock::pause(HOLD_POLL).await;
        }
    }
}
