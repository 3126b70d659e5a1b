//! Parent of the database process; fences when the lease deadline passes.
//!
//! The guard is what makes a lease safe. It holds one number, the deadline, and one process tree, the
//! database's. When the deadline passes, when the agent asks, or when the database's first process ends
//! while others remain, it ends every process of the data folder (P4, P5). An agent that crashes, hangs or
//! is starved can therefore never leave a second writer; an agent that comes back before the deadline
//! connects again and takes its guard over, and the database notices nothing.
//!
//! What it deliberately does not do: it never talks to the store, knows no epoch (the `label` it keeps is
//! opaque), decides nothing, restarts nothing, and opens no connection to the database. It has one thread,
//! no async runtime, and no file access on the way from the deadline to the last SIGKILL other than `/proc`.
//!
//! # What the spawner owes it
//!
//! - Run it as the **database's own user**: the permit (P6) is a link into the guard's `/proc` entry, which
//!   the kernel opens for the same user only, and only while the guard has no more capabilities than the
//!   database (so no file capabilities on its binary).
//! - Call `run` from the main thread of a process that has no other: its signal mask is per thread, and
//!   the parent-death signal of the database is tied to the thread that started it.
//! - Let it outlive the agent: under systemd that is `KillMode=process` (or `mixed`) in the agent's unit.
//!
//! The guard leaves the spawner's session, so a terminal's Ctrl-C does not reach it. SIGTERM, SIGINT and
//! SIGQUIT make it fence and exit; SIGHUP, SIGPIPE, SIGUSR1 and SIGUSR2 are ignored. Killed with SIGKILL it takes the
//! permit with it, and the kernel sends the database SIGQUIT (see `trampoline`): a second line, no fence.
//!
//! Source: `prctl(2)`, `pid_namespaces(7)`, `timerfd_create(2)`, `proc_pid_fd(5)`; Linux 5.3 or later.

#[cfg(feature = "process")]
mod connection;
#[cfg(feature = "process")]
mod error;
mod machine;
#[cfg(feature = "process")]
mod permit;
#[cfg(feature = "process")]
mod process;
pub mod protocol;
#[cfg(feature = "process")]
mod server;
mod settings;
#[cfg(feature = "process")]
mod trampoline;
mod tree;

#[cfg(feature = "process")]
pub use error::Error;
pub use machine::{Exit, Machine};
#[cfg(feature = "process")]
pub use server::run;
pub use settings::{LOCK_FILE, PERMIT_FILE, QUIT_TO_KILL, SOCKET_FILE, Settings};
#[cfg(feature = "process")]
pub use trampoline::{Identity, TrampolineError, trampoline};
pub use tree::{Sweep, Tree, Way};
