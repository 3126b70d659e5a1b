//! What a supervisor tells of the processes that it keeps running.

use std::process::ExitStatus;
use std::time::Duration;

use crate::layout::Error;
use crate::processes::ProcessId;

/// What happened.
#[derive(Debug)]
pub enum SupervisorEvent {
    /// A process was started.
    Started {
        /// Its name.
        name: String,
        /// Its id.
        process: ProcessId,
    },
    /// A process could not be started; it is tried again.
    StartFailed {
        /// Its name.
        name: String,
        /// What failed.
        error: Error,
    },
    /// A process ended without being asked to.
    Exited {
        /// Its name.
        name: String,
        /// Its exit code, or the signal that ended it.
        status: ExitStatus,
        /// How long it had lived.
        lived: Duration,
        /// How long until it is started again, unless it is held.
        restart_in: Duration,
    },
    /// A process is held down.
    Held {
        /// Its name.
        name: String,
    },
    /// A process was stopped.
    Stopped {
        /// Its name.
        name: String,
        /// Whether it ended by itself.
        ending: Ending,
    },
}

/// How a process that was asked to stop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In time, or it was not running.
    Willing,
    /// It had to be killed.
    Killed,
}
