//! Ctrl-C and its like end the step that runs, not the command: what must be done in every case, such as
//! bringing a system down again, still is.
//!
//! The signals are caught rather than blocked, since a program that is run inherits what is blocked, but
//! not what is caught. A terminal signals its whole foreground group, so there the program that runs has
//! heard already; where there is none (a CI runner ends its job), the signal is passed on.

use std::io::{self, IsTerminal as _};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Option<Pid>> = Mutex::new(None);

/// Begins to watch.
pub(crate) fn watch() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    // Registered before this returns, so that no signal is missed.
    let caught = {
        let _context = runtime.enter();
        Caught {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        }
    };
    thread::Builder::new().spawn(move || pass_on(&runtime, caught))?;
    Ok(())
}

/// Whether a signal came.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Waits for this child; until it has ended, signals are passed on to it.
pub(crate) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Pid::from_child(child));
    let ended = child.wait();
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    ended
}

struct Caught {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Caught {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

fn pass_on(runtime: &Runtime, mut caught: Caught) {
    loop {
        let signal = runtime.block_on(caught.next());
        INTERRUPTED.store(true, Ordering::SeqCst);
        let told_by_terminal = signal == Signal::INT && io::stdin().is_terminal();
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = running.filter(|_| !told_by_terminal) {
            // It may have ended by itself this very moment.
            let _ = kill_process(pid, signal);
        }
    }
}
