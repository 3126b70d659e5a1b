//! What the machine asks of the database's process tree, so that it can be tested without one.

use crate::protocol::{Ended, Start};

/// The process tree, as far as the machine needs it.
pub trait Tree {
    /// Starts the database; its process id.
    ///
    /// # Errors
    /// When it cannot be started, in words for an operator.
    fn start(&mut self, start: &Start) -> Result<u32, String>;
    /// Asks the database's first process, which has not been reaped, to end.
    fn ask(&mut self, pid: u32, way: Way);
    /// Takes note of children that ended.
    fn reap(&mut self) -> Vec<(u32, Ended)>;
    /// Whether there is no child left, and so no descendant either: the guard is their reaper.
    fn childless(&self) -> bool;
    /// Sends SIGKILL to every process of the database.
    fn sweep(&mut self) -> Sweep;
}

/// How a database is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// SIGINT: roll back, write a checkpoint, end.
    InOrder,
    /// SIGQUIT: end at once.
    AtOnce,
}

/// What a sweep did and saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Processes killed that no earlier sweep had killed.
    pub killed: u32,
    /// No process of the data folder was left.
    pub clean: bool,
}
