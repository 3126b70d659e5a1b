//! The last step between the guard and the database: a process that becomes the database.
//!
//! `fork` followed by anything but `exec` needs `unsafe`; a program of its own that sets itself up and then
//! `exec`s does not. It keeps its process id, so the guard is the database's parent.

use std::convert::Infallible;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::sys::signal::SigSet;
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use thiserror::Error;

/// Whom a process runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Group id; supplementary groups are dropped.
    pub gid: u32,
}

/// Why the database was not started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrampolineError {
    /// The guard is gone: no process keeps the deadline.
    #[error(
        "the guard (process {guard_pid}) is not the parent of this process; nothing would fence the database"
    )]
    Orphaned {
        /// Who should be the parent.
        guard_pid: u32,
    },
    /// The process could not be prepared.
    #[error("cannot {what}")]
    Prepare {
        /// What was attempted.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The program could not be executed.
    #[error("cannot execute {program}")]
    Execute {
        /// The path that was to be executed.
        program: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Becomes `program`, tied to the guard: it gets SIGQUIT when the guard dies. Returns only on failure.
///
/// `drop_to` gives up root first. The guard normally runs as the database's user already, and must where the
/// permit is included (P6): the kernel opens the permit for the guard's own user only.
pub fn trampoline(
    guard_pid: u32,
    drop_to: Option<Identity>,
    program: &str,
    arguments: &[String],
) -> TrampolineError {
    let Err(error) = prepare_and_execute(guard_pid, drop_to, program, arguments);
    error
}

fn prepare_and_execute(
    guard_pid: u32,
    drop_to: Option<Identity>,
    program: &str,
    arguments: &[String],
) -> Result<Infallible, TrampolineError> {
    let prepare =
        |what: &'static str| move |source: io::Error| TrampolineError::Prepare { what, source };
    if let Some(identity) = drop_to {
        let gid = Gid::from_raw(identity.gid);
        setgroups(&[gid])
            .and_then(|()| setgid(gid))
            .and_then(|()| setuid(Uid::from_raw(identity.uid)))
            .map_err(|errno| prepare("change the user")(errno.into()))?;
    }
    // After the change of user, which clears it (prctl(2)); before the check, so that no death goes unseen.
    set_parent_process_death_signal(Some(Signal::QUIT))
        .map_err(|errno| prepare("set the parent-death signal")(errno.into()))?;
    let parent = getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
    if parent != guard_pid {
        return Err(TrampolineError::Orphaned { guard_pid });
    }
    // The guard blocks what it reads from its signalfd, and a mask survives `exec`.
    SigSet::empty()
        .thread_set_mask()
        .map_err(|errno| prepare("clear the signal mask")(errno.into()))?;
    Err(TrampolineError::Execute {
        program: program.to_owned(),
        source: Command::new(program).args(arguments).exec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orphan_starts_no_database() {
        // This very process is never its own parent.
        let error = trampoline(std::process::id(), None, "/bin/false", &[]);
        assert!(matches!(error, TrampolineError::Orphaned { .. }), "{error}");
    }
}
