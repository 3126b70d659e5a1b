//! Ctrl-C and its like end the step that runs, not the command: what must be done in every case, such as
//! bringing a system down again, still is.
//!
//! The signals are blocked here and taken by a thread (`sigwait(3)`). What we run gets an empty mask from
//! the standard library and ends by them as usual: a terminal signals the whole foreground group, so there
//! the child has heard already. Where no terminal is (a CI runner ends its job), the thread passes the
//! signal on.

use std::io::{self, IsTerminal as _};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Option<Pid>> = Mutex::new(None);

/// Begins to watch. To be called before any other thread exists, as masks are per thread.
pub(crate) fn watch() -> io::Result<()> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGHUP);
    signals.thread_block()?;
    thread::Builder::new().spawn(move || {
        while let Ok(signal) = signals.wait() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            let told_by_terminal = signal == Signal::SIGINT && io::stdin().is_terminal();
            if !told_by_terminal {
                pass_on(signal);
            }
        }
    })?;
    Ok(())
}

/// Whether a signal came.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Runs `wait` while signals are passed on to this child.
pub(crate) fn forwarding<T>(child: &Child, wait: impl FnOnce() -> T) -> T {
    // A process id is a positive number of 22 bits at most; anything else is nobody's.
    let pid = i32::try_from(child.id()).ok().map(Pid::from_raw);
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = pid;
    let ended = wait();
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    ended
}

fn pass_on(signal: Signal) {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pid) = *running {
        // It may have ended by itself this very moment.
        let _ = kill(pid, signal);
    }
}
