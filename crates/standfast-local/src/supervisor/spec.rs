//! What is to be kept running, as plain data.

use std::ffi::OsString;
use std::path::PathBuf;

use standfast_units::Region;

/// A process to keep running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessSpec {
    /// Unique: `store`, `controller/us-east-1`, `agent/main-us-east-1-1`, `relay/us-east-1`.
    pub name: String,
    /// The region it belongs to and is held down with.
    pub region: Option<Region>,
    /// Its program, an absolute path; [`crate::session::OWN_PROGRAM`] for ourselves.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What it has in its environment beyond ours.
    pub environment: Vec<(OsString, OsString)>,
    /// Where its output goes, appended.
    pub log: PathBuf,
    /// Lower ranks are stopped first, equal ranks together.
    pub stop_rank: u8,
}

/// What a process is started through: a program that begins a session and then becomes the program given
/// in its last arguments, as [`crate::session::exec`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; the process' program and arguments follow.
    pub arguments: Vec<OsString>,
}
