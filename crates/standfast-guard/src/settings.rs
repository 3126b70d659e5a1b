//! What a guard is told at its start.

use std::path::PathBuf;
use std::time::Duration;

/// Time between SIGQUIT and SIGKILL in a fence. Bounds how long a database that hangs in its own shutdown
/// may go on past the deadline; the lease arithmetic carries it as part of `kill_budget` (P2, P5).
/// Source: `PostgreSQL` 15 needed 11 ms for SIGQUIT, and 5 s with one backend stopped.
pub const QUIT_TO_KILL: Duration = Duration::from_millis(200);

/// Name of the socket in the run folder.
pub const SOCKET_FILE: &str = "guard.sock";

/// Name of the permit in the run folder: the file that the server's configuration includes (P6).
pub const PERMIT_FILE: &str = "permit.conf";

/// Name of the lock in the run folder.
pub const LOCK_FILE: &str = "guard.lock";

/// What a guard is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The node's name, for the log.
    pub node: String,
    /// The database's data folder. It need not exist yet.
    pub data_folder: PathBuf,
    /// Where socket, lock and permit lie: a folder of the database's user, on a temporary file system.
    pub run_folder: PathBuf,
    /// Where the database's standard output and error go, and the guard's own few lines. Opened again at
    /// each start, so that it can be rotated by renaming.
    pub log: PathBuf,
    /// Program and arguments that end in a call of the crate's `trampoline`; `--guard-pid N -- program
    /// arguments…` is appended. For example `["/proc/self/exe", "exec-database"]`.
    pub trampoline: Vec<String>,
    /// Time between SIGQUIT and SIGKILL; [`QUIT_TO_KILL`] unless a test needs another.
    pub quit_to_kill: Duration,
}
