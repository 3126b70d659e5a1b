//! Starts a program in a session of its own.
//!
//! A process group keeps Ctrl-C away from a process, but not everything: when the supervisor dies, the
//! kernel sends SIGHUP and SIGCONT to every process group that it leaves orphaned *in its own session*
//! with a stopped member (`kill_orphaned_pgrp` in Linux' `kernel/exit.c`; POSIX, `_exit`, "orphaned
//! process group"). A process that a drill had frozen would be thawed and killed by the death of `up`.
//! In a session of its own it is not. `setsid` between fork and exec would need `unsafe`; this
//! trampoline needs one more exec.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The path by which a process means its own program, even when the file has been replaced since.
pub const OWN_PROGRAM: &str = "/proc/self/exe";

/// What this program calls itself in its first argument.
pub const OWN_NAME: &str = "standfast";

/// The first argument to give `program`: [`OWN_NAME`] for ourselves, else the program itself.
pub(crate) fn first_argument(program: &OsStr) -> &OsStr {
    if program == OWN_PROGRAM {
        OsStr::new(OWN_NAME)
    } else {
        program
    }
}

/// Starts a new session and becomes `program`. Returns only when that fails.
///
/// The caller must not lead a process group (the supervisor starts its launcher so that it does not).
pub fn exec<S: AsRef<OsStr>>(program: &OsStr, arguments: impl IntoIterator<Item = S>) -> io::Error {
    if let Err(error) = rustix::process::setsid() {
        return error.into();
    }
    Command::new(program)
        .arg0(first_argument(program))
        .args(arguments)
        .exec()
}
