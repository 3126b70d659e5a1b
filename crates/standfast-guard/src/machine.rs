//! What the guard does when: one number, one process tree, three states. No input or output of its own.
//!
//! ```text
//!            start                       deadline | asked | stop too slow | database ended | SIGTERM
//!   Idle ─────────────▶ Running ─────────────────────────────────────────────────────▶ Fencing
//!     ▲                                                                                   │
//!     └──────────────────────────── no process remains: `fenced` ─────────────────────────┘
//! ```
//!
//! - **Idle**: no process of the data folder was left when this state was entered.
//! - **Running**: the database's first process lives, and no armed deadline has passed.
//! - **Fencing**: left only when no process remains, however long that takes. A guard begins here, since it
//!   cannot know what a former life left.
//!
//! [`Machine::step`] looks at the clock before everything else; the caller calls it after every wake-up and,
//! by way of [`Machine::handle`], before every request. A guard that was frozen past its deadline therefore
//! fences before it reads the new deadline that waits in its socket (P4).

use std::time::Duration;

use standfast_units::Timestamp;

use crate::protocol::{Ended, Event, PROTOCOL, Phase, Reason, Reply, Request, Start, Status};
use crate::tree::{Tree, Way};

/// Pause before processes are looked for again while fencing. The end of a child wakes the guard anyway;
/// this is for processes that are not its children, and for a kill that raced with a fork.
const RESWEEP_MIN: Duration = Duration::from_millis(2);

/// The pause doubles up to this, so that a process stuck in the kernel costs no whole core.
const RESWEEP_MAX: Duration = Duration::from_millis(100);

#[derive(Debug)]
enum State {
    Idle,
    Running {
        pid: u32,
        started_at: Timestamp,
        stop_by: Option<Timestamp>,
    },
    Fencing {
        reason: Reason,
        since: Timestamp,
        /// The database's first process, while it lives.
        pid: Option<u32>,
        /// When patience ends and SIGKILL begins; then the next sweep.
        sweep_at: Timestamp,
        pause: Duration,
        killed: u32,
    },
}

/// Why a guard ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The agent asked while nothing ran.
    Asked,
    /// By a signal; everything was fenced first.
    Terminated,
}

/// The guard's whole memory.
#[derive(Debug)]
pub struct Machine {
    quit_to_kill: Duration,
    guard_pid: u32,
    state: State,
    deadline: Option<Timestamp>,
    label: String,
    last_exit: Option<Ended>,
    last_fence: Option<Reason>,
    leaving: Option<Exit>,
    events: Vec<Event>,
}

impl Machine {
    /// A guard that has yet to make certain that nothing is left from a former life.
    pub fn new(now: Timestamp, quit_to_kill: Duration, guard_pid: u32) -> Self {
        Self {
            quit_to_kill,
            guard_pid,
            state: fencing(Reason::Leftover, now, None, now),
            deadline: None,
            label: String::new(),
            last_exit: None,
            last_fence: None,
            leaving: None,
            events: Vec::new(),
        }
    }

    /// When [`Machine::step`] must be called again at the latest; `None` = only when something happens.
    pub fn wake_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Idle => None,
            State::Running { stop_by, .. } => self.deadline.into_iter().chain(*stop_by).min(),
            State::Fencing { sweep_at, .. } => Some(*sweep_at),
        }
    }

    /// Whether nothing runs.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Set when the guard is to end; nothing runs then.
    pub fn exit(&self) -> Option<Exit> {
        self.leaving.filter(|_| self.is_idle())
    }

    /// What happened since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Lets time pass.
    pub fn step(&mut self, now: Timestamp, tree: &mut impl Tree) {
        self.expire(now, tree);
        for (pid, status) in tree.reap() {
            self.ended(now, pid, status);
        }
        self.sweep(now, tree);
    }

    /// Answers a request, once what is due has been done.
    pub fn handle(&mut self, now: Timestamp, request: Request, tree: &mut impl Tree) -> Reply {
        // P4: a request that arrives after the deadline finds the database already being fenced.
        self.step(now, tree);
        match request {
            Request::Hello | Request::Status => Reply::State(self.status()),
            Request::Start(start) => self.start(now, start, tree),
            Request::Deadline { at, label } => self.arm(now, at, label),
            Request::Disarm => match self.state {
                State::Idle => {
                    self.deadline = None;
                    Reply::Ok
                }
                State::Running { .. } | State::Fencing { .. } => {
                    refused("the deadline can be taken away only while nothing runs")
                }
            },
            Request::Stop { within } => self.stop(now, within, tree),
            Request::Fence { reason } => {
                self.fence(now, Reason::Asked(reason), tree);
                Reply::Ok
            }
            Request::Recheck => {
                if self.is_idle() {
                    self.fence(now, Reason::Leftover, tree);
                }
                Reply::State(self.status())
            }
            Request::Quit => match self.state {
                State::Idle => {
                    self.leaving = Some(Exit::Asked);
                    Reply::Ok
                }
                State::Running { .. } | State::Fencing { .. } => {
                    refused("the guard ends only while nothing runs; stop or fence first")
                }
            },
        }
    }

    /// The guard was told to end by a signal: fence, then leave.
    pub fn terminate(&mut self, now: Timestamp, tree: &mut impl Tree) {
        self.leaving = Some(Exit::Terminated);
        if matches!(self.state, State::Running { .. }) {
            self.fence(now, Reason::Terminated, tree);
        }
    }

    /// How the guard stands.
    pub fn status(&self) -> Status {
        let (state, pid, started_at) = match &self.state {
            State::Idle => (Phase::Idle, None, None),
            State::Running {
                pid, started_at, ..
            } => (Phase::Running, Some(*pid), Some(*started_at)),
            State::Fencing { pid, .. } => (Phase::Fencing, *pid, None),
        };
        Status {
            state,
            pid,
            started_at,
            deadline: self.deadline,
            label: self.label.clone(),
            last_exit: self.last_exit,
            last_fence: self.last_fence.clone(),
            guard_pid: self.guard_pid,
            protocol: PROTOCOL,
        }
    }

    /// Fences what must not run any longer.
    fn expire(&mut self, now: Timestamp, tree: &mut impl Tree) {
        let passed = self.deadline.is_some_and(|deadline| deadline <= now);
        match &self.state {
            State::Running { .. } if passed => self.fence(now, Reason::Deadline, tree),
            State::Running {
                stop_by: Some(stop_by),
                ..
            } if *stop_by <= now => self.fence(now, Reason::StopTimeout, tree),
            State::Idle | State::Running { .. } | State::Fencing { .. } => {}
        }
    }

    /// P5: SIGQUIT to the first process; SIGKILL to every process follows from [`Machine::sweep`].
    fn fence(&mut self, now: Timestamp, reason: Reason, tree: &mut impl Tree) {
        self.state = match &self.state {
            State::Fencing { .. } => return,
            State::Idle => fencing(reason, now, None, now),
            State::Running { pid, .. } => {
                tree.ask(*pid, Way::AtOnce);
                // The lease's arithmetic counts patience from the deadline, not from when a frozen guard
                // came to notice it (P2): one that is late has none left.
                let patience_from = match (&reason, self.deadline) {
                    (Reason::Deadline, Some(deadline)) => deadline,
                    _ => now,
                };
                let sweep_at = patience_from.after(self.quit_to_kill).max(now);
                fencing(reason, now, Some(*pid), sweep_at)
            }
        };
    }

    fn ended(&mut self, now: Timestamp, ended: u32, status: Ended) {
        match &mut self.state {
            State::Running { pid, .. } if *pid == ended => {
                // P5: the first process is gone, so nothing ends the others but this guard.
                self.state = fencing(Reason::Ended, now, None, now);
            }
            State::Fencing { pid, sweep_at, .. } if *pid == Some(ended) => {
                *pid = None;
                *sweep_at = now;
            }
            // An orphan that had become the guard's child.
            State::Idle | State::Running { .. } | State::Fencing { .. } => return,
        }
        self.last_exit = Some(status);
        self.events.push(Event::Exited { pid: ended, status });
    }

    fn sweep(&mut self, now: Timestamp, tree: &mut impl Tree) {
        let State::Fencing {
            reason,
            since,
            pid,
            sweep_at,
            pause,
            killed,
        } = &mut self.state
        else {
            return;
        };
        // Once the last child is gone there is nothing left to be patient with.
        let due = *sweep_at <= now || (pid.is_none() && tree.childless());
        if !due {
            return;
        }
        let sweep = tree.sweep();
        *killed = killed.saturating_add(sweep.killed);
        if !sweep.clean {
            *sweep_at = now.after(*pause);
            *pause = (*pause * 2).min(RESWEEP_MAX);
            return;
        }
        self.events.push(Event::Fenced {
            reason: reason.clone(),
            took: now.since(*since),
            killed: *killed,
        });
        self.last_fence = Some(reason.clone());
        // The deadline stays: a renewal that comes late is refused even now (P4).
        self.state = State::Idle;
    }

    fn start(&mut self, now: Timestamp, start: Start, tree: &mut impl Tree) -> Reply {
        match self.state {
            State::Idle => {}
            State::Running { pid, .. } => {
                return refused(format!("the database runs already (process {pid})"));
            }
            State::Fencing { .. } => {
                return refused("processes are still being ended; wait for `fenced`");
            }
        }
        if let Some(at) = start.deadline
            && let Err(reply) = self.check_deadline(now, at)
        {
            return reply;
        }
        // P5, P6: what this guard did not start is ended first, and the start that was asked for refused.
        let sweep = tree.sweep();
        if !sweep.clean {
            self.fence(now, Reason::Leftover, tree);
            if let State::Fencing { killed, .. } = &mut self.state {
                *killed = sweep.killed;
            }
            return refused(
                "processes of the data folder were running and are being ended; wait for `fenced`",
            );
        }
        match tree.start(&start) {
            Ok(pid) => {
                self.state = State::Running {
                    pid,
                    started_at: now,
                    stop_by: None,
                };
                self.deadline = start.deadline;
                self.label = start.label;
                Reply::Ok
            }
            Err(reason) => refused(reason),
        }
    }

    fn arm(&mut self, now: Timestamp, at: Timestamp, label: String) -> Reply {
        if matches!(self.state, State::Fencing { .. }) {
            return refused("too late: the database is being fenced");
        }
        if let Some(passed) = self.deadline.filter(|deadline| *deadline <= now) {
            return refused(format!(
                "too late: the deadline {passed} has passed; it is {now}"
            ));
        }
        match self.check_deadline(now, at) {
            Ok(()) => {
                self.deadline = Some(at);
                self.label = label;
                Reply::Ok
            }
            Err(reply) => reply,
        }
    }

    /// A deadline lies ahead and never moves back.
    fn check_deadline(&self, now: Timestamp, at: Timestamp) -> Result<(), Reply> {
        if at <= now {
            return Err(refused(format!(
                "the deadline {at} has passed; it is {now}"
            )));
        }
        match self.deadline {
            Some(deadline) if at < deadline => Err(refused(format!(
                "the deadline {at} is older than the one in force, {deadline}"
            ))),
            Some(_) | None => Ok(()),
        }
    }

    fn stop(&mut self, now: Timestamp, within: Duration, tree: &mut impl Tree) -> Reply {
        match &mut self.state {
            State::Idle => refused("nothing runs"),
            State::Fencing { .. } => refused("the database is being fenced already"),
            State::Running { pid, stop_by, .. } => {
                let by = now.after(within);
                *stop_by = Some(stop_by.map_or(by, |earlier| earlier.min(by)));
                tree.ask(*pid, Way::InOrder);
                Reply::Ok
            }
        }
    }
}

fn fencing(reason: Reason, now: Timestamp, pid: Option<u32>, sweep_at: Timestamp) -> State {
    State::Fencing {
        reason,
        since: now,
        pid,
        sweep_at,
        pause: RESWEEP_MIN,
        killed: 0,
    }
}

fn refused(reason: impl Into<String>) -> Reply {
    Reply::Refused {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
