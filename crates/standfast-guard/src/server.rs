//! The guard's only loop: wait for something, look at the clock, act, answer.
//!
//! It keeps no time and takes no decision: that is the machine's. It only sees to it that the machine looks at
//! the clock first, and writes the log only while nothing runs.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{getpid, set_child_subreaper, setsid};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use standfast_units::Timestamp;

use crate::connection::{AgentConnection, Listener};
use crate::machine::{Exit, Machine};
use crate::permit::Permit;
use crate::process::DatabaseProcesses;
use crate::protocol::{Event, Message, Reply, Request};
use crate::settings::{LOCK_FILE, PERMIT_FILE, SOCKET_FILE};
use standfast_clock as clock;

use crate::{Error, Settings};

/// Runs a guard until it is told to end. See the crate's documentation for what the caller owes it.
///
/// # Errors
/// When another guard holds the run folder, or a file or a service of the kernel it needs is not to be had.
/// Nothing of the database runs then: what ran has been fenced.
pub fn run(settings: &Settings) -> Result<Exit, Error> {
    let run_folder = fs::canonicalize(&settings.run_folder)
        .map_err(Error::file("find the run folder", &settings.run_folder))?;
    let processes = DatabaseProcesses::new(settings)?;
    let _lock = lock(&run_folder.join(LOCK_FILE))?;
    // The guard keeps no folder busy, and is not found by its own search for who stands in one.
    std::env::set_current_dir("/").map_err(Error::system("leave the working folder"))?;
    // Fails for the leader of a process group, which a terminal's Ctrl-C does not reach either.
    let _ = setsid();
    set_child_subreaper(Some(getpid())).map_err(Error::system("become the reaper of orphans"))?;
    let signals = take_signals()?;
    let _permit = Permit::issue(run_folder.join(PERMIT_FILE))?;
    let machine = Machine::new(clock::now(), settings.quit_to_kill, std::process::id());
    let guard = Guard {
        machine,
        processes,
        signals,
        timer: timerfd_create(
            TimerfdClockId::Boottime,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )
        .map_err(Error::system("create a timer"))?,
        listener: Listener::bind(run_folder.join(SOCKET_FILE))?,
        agent: None,
        unwritten: Vec::new(),
    };
    guard.serve()
}

/// Takes the run folder for this guard until it ends.
fn lock(path: &Path) -> Result<File, Error> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(Error::file("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(Error::Held {
                path: path.to_owned(),
                holder: holder.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(Error::file("lock", path)(source)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(Error::file("write", path))?;
    Ok(file)
}

/// Signals come through a descriptor from here on, those to be ignored as well.
fn take_signals() -> Result<SignalFd, Error> {
    let mask: SigSet = [
        Signal::SIGCHLD,
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGHUP,
        Signal::SIGPIPE,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
    ]
    .into_iter()
    .collect();
    mask.thread_block()
        .and_then(|()| SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK))
        .map_err(Error::system("take over signals"))
}

struct Guard {
    machine: Machine,
    processes: DatabaseProcesses,
    signals: SignalFd,
    timer: OwnedFd,
    listener: Listener,
    agent: Option<AgentConnection>,
    /// Lines for the log that wait until nothing runs.
    unwritten: Vec<String>,
}

impl Guard {
    fn serve(mut self) -> Result<Exit, Error> {
        let result = self.serve_until_exit();
        if result.is_err() {
            self.fence_blindly();
        }
        self.processes.note("ends");
        result
    }

    fn serve_until_exit(&mut self) -> Result<Exit, Error> {
        loop {
            self.step();
            if let Some(exit) = self.machine.exit() {
                return Ok(exit);
            }
            self.set_timer()?;
            self.wait()?;
            // P4: whatever woke the guard, the clock comes first.
            self.step();
            self.read_signals()?;
            if let Some(newer) = self.listener.accept() {
                self.agent = Some(newer);
            }
            self.serve_agent();
        }
    }

    /// P5 for a guard that can no longer wait for anything: it ends, but nothing is left behind.
    fn fence_blindly(&mut self) {
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: 2_000_000,
        };
        self.machine.terminate(clock::now(), &mut self.processes);
        while self.machine.exit().is_none() {
            self.step();
            let _ = poll(&mut [], Some(&pause));
        }
    }

    /// Lets the machine act on the clock and on what ended, and passes on what it has to tell.
    fn step(&mut self) {
        self.machine.step(clock::now(), &mut self.processes);
        self.tell();
    }

    fn tell(&mut self) {
        for event in self.machine.take_events() {
            let fenced = matches!(event, Event::Fenced { .. });
            let line = Message::Event(event).encode();
            if let Some(agent) = &mut self.agent {
                agent.send(&line);
            }
            if fenced {
                self.unwritten.push(line);
            }
        }
        // Told before it is written down: neither the agent nor a running database waits for our disk.
        self.flush();
        if self.machine.is_idle() {
            for line in self.unwritten.drain(..) {
                self.processes.note(line.trim_end());
            }
        }
    }

    fn flush(&mut self) {
        if self.agent.as_mut().is_some_and(|agent| !agent.flush()) {
            self.agent = None;
        }
    }

    fn set_timer(&self) -> Result<(), Error> {
        // Zero would disarm; the past wakes at once.
        let at = self.machine.wake_at().map_or(0, |at| at.as_nanos().max(1));
        let value = Itimerspec {
            it_interval: timespec(Timestamp::from_nanos(0)),
            it_value: timespec(Timestamp::from_nanos(at)),
        };
        // Setting it also forgets an expiry that was not read.
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &value)
            .map(drop)
            .map_err(Error::system("set the timer"))
    }

    fn wait(&self) -> Result<(), Error> {
        let mut watched = vec![
            PollFd::new(&self.timer, PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
            PollFd::from_borrowed_fd(self.listener.fd(), PollFlags::IN),
        ];
        if let Some(agent) = &self.agent {
            watched.push(PollFd::from_borrowed_fd(agent.fd(), agent.interest()));
        }
        match poll(&mut watched, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(Error::system("wait")(errno)),
        }
    }

    fn read_signals(&mut self) -> Result<(), Error> {
        while let Some(info) = self
            .signals
            .read_signal()
            .map_err(Error::system("read signals"))?
        {
            let number = info.ssi_signo.cast_signed();
            if [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT]
                .iter()
                .any(|signal| *signal as i32 == number)
            {
                self.machine.terminate(clock::now(), &mut self.processes);
            }
        }
        // A child may have ended between the last look and the signal just read.
        self.step();
        Ok(())
    }

    fn serve_agent(&mut self) {
        let Some(agent) = &mut self.agent else {
            return;
        };
        for line in agent.receive() {
            let request =
                line.and_then(|line| Request::parse(&line).map_err(|error| error.to_string()));
            let reply = match request {
                // The clock is read for each request: the one before may have taken its time.
                Ok(request) => self
                    .machine
                    .handle(clock::now(), request, &mut self.processes),
                Err(reason) => Reply::Refused { reason },
            };
            // What happened before the answer is told before it, or `idle` could come ahead of its `fenced`.
            self.tell();
            if let Some(agent) = &mut self.agent {
                agent.send(&Message::Reply(reply).encode());
            }
            self.flush();
        }
        if self.agent.as_ref().is_some_and(|agent| !agent.is_open()) {
            self.agent = None;
        }
    }
}

fn timespec(at: Timestamp) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(at.as_nanos() / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(at.as_nanos() % 1_000_000_000).unwrap_or(0),
    }
}
