//! What the guard and its agent say to each other: lines of text over a Unix socket.
//!
//! A line is a word and `key=value` fields, the values percent-encoded, so that it can be read and typed by
//! a person (`echo status | nc -U guard.sock`). Each request gets exactly one [`Reply`], in order; an
//! [`Event`] may come between any two of them. This module does no input or output, so that the guard's
//! poll loop and an async client share it.
//!
//! The number in [`Status::protocol`] lets a newer agent recognise a guard that was started before an
//! upgrade. Unknown words and fields are refused, never skipped: half-understood orders are worse than none.

mod fields;
mod text;

use std::time::Duration;

use standfast_units::Timestamp;
use thiserror::Error;

use fields::{Fields, Line};

/// Version of this protocol.
pub const PROTOCOL: u32 = 1;

/// Longest line in bytes, its end included. Bounds what either side buffers; a start with `PostgreSQL`'s
/// arguments takes well under 1 KiB.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Why a line was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The line is longer than [`LINE_BYTES_MAX`].
    #[error("the line has {length} bytes; the limit is {LINE_BYTES_MAX}")]
    TooLong {
        /// The length found.
        length: usize,
    },
    /// The first word is none of ours.
    #[error("`{0}` is not a known word")]
    Word(String),
    /// A field is not of the form `key=value`, or its value is badly encoded.
    #[error("`{0}` is not a field of the form key=value")]
    Form(String),
    /// A field is missing.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A field does not belong there, or came twice.
    #[error("the field `{0}` is unknown here or came twice")]
    Surplus(String),
    /// A field's value is out of range or malformed.
    #[error("`{value}` is no value for the field `{key}`")]
    Value {
        /// The field.
        key: &'static str,
        /// The value found.
        value: String,
    },
}

/// What an agent asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The first line of a connection; answered by [`Reply::State`].
    Hello,
    /// Starts the database. Refused unless idle. Its deadline, or the lack of one, replaces the one before.
    Start(Start),
    /// Arms the deadline or pushes it forward. Refused once the one in force has passed, even after the
    /// fence that followed: what was held until then is over.
    Deadline {
        /// The new deadline: in the future, and not before the one in force.
        at: Timestamp,
        /// Kept for an agent that comes back: `epoch/incarnation`.
        label: String,
    },
    /// Takes the deadline away. Refused unless idle.
    Disarm,
    /// Asks the database to stop in order (SIGINT), and fences when it has not.
    Stop {
        /// How long it may take.
        within: Duration,
    },
    /// Fences now, or makes certain that nothing runs; [`Event::Fenced`] follows in either case.
    Fence {
        /// In the agent's words.
        reason: String,
    },
    /// Answered by [`Reply::State`].
    Status,
    /// Looks again for processes of the data folder that the guard did not start. While idle, what is found
    /// is killed and [`Event::Fenced`] follows; while the database runs it is the same as [`Request::Status`].
    Recheck,
    /// Ends the guard. Refused unless idle.
    Quit,
}

/// How the database is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The program, an absolute path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The deadline it may run until; `None` for a standby, which needs none.
    pub deadline: Option<Timestamp>,
    /// Kept for an agent that comes back: `epoch/incarnation`.
    pub label: String,
}

/// What the guard answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Done, or begun where an event reports the end.
    Ok,
    /// Not done.
    Refused {
        /// Why, in words for an operator.
        reason: String,
    },
    /// How the guard stands.
    State(Status),
}

/// How the guard stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What it is doing.
    pub state: Phase,
    /// The database's first process, while it lives.
    pub pid: Option<u32>,
    /// When that was started.
    pub started_at: Option<Timestamp>,
    /// The deadline, which may have passed while nothing runs; `None` = unarmed.
    pub deadline: Option<Timestamp>,
    /// What came with the last deadline or start. Stays after the end of the database, so that an agent
    /// that comes back knows which lease it may release.
    pub label: String,
    /// How the database's first process last ended under this guard.
    pub last_exit: Option<Ended>,
    /// Why this guard last fenced.
    pub last_fence: Option<Reason>,
    /// The guard's own process.
    pub guard_pid: u32,
    /// [`PROTOCOL`] of the guard.
    pub protocol: u32,
}

/// What the guard is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No process of the data folder was left when the last database ended, or when the guard began.
    Idle,
    /// The database runs; as a writer only when a deadline is armed.
    Running,
    /// Processes are being ended; some may remain.
    Fencing,
}

/// What the guard reports of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The database's first process ended. Others may remain until [`Event::Fenced`] follows, as it always does.
    Exited {
        /// Its process id.
        pid: u32,
        /// How it ended: its exit code, or the signal.
        status: Ended,
    },
    /// No process of the data folder remains (P5).
    Fenced {
        /// Why it was done.
        reason: Reason,
        /// From the cause to the end of the last process.
        took: Duration,
        /// How many processes needed SIGKILL.
        killed: u32,
    },
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

/// Why the guard fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The deadline passed.
    Deadline,
    /// The agent asked, in these words.
    Asked(String),
    /// An orderly stop took too long.
    StopTimeout,
    /// The database's first process ended: by itself, by an orderly stop, or by a signal from outside.
    Ended,
    /// Processes from a former life were looked for, at the guard's start or later.
    Leftover,
    /// The guard was told to end (SIGTERM).
    Terminated,
}

/// What travels from the guard to the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The answer to the oldest request that has none yet.
    Reply(Reply),
    /// Something happened.
    Event(Event),
}

impl Request {
    /// The line that says it, its end included.
    pub fn encode(&self) -> String {
        match self {
            Self::Hello => Line::new("hello"),
            Self::Start(start) => start
                .arguments
                .iter()
                .fold(
                    Line::new("start").field("program", &start.program),
                    |line, argument| line.field("argument", argument),
                )
                .optional("deadline", start.deadline.map(Timestamp::as_nanos))
                .field("label", &start.label),
            Self::Deadline { at, label } => Line::new("deadline")
                .field("ns", at.as_nanos())
                .field("label", label),
            Self::Disarm => Line::new("disarm"),
            Self::Stop { within } => Line::new("stop").field("within_ms", within.as_millis()),
            Self::Fence { reason } => Line::new("fence").field("reason", reason),
            Self::Status => Line::new("status"),
            Self::Recheck => Line::new("recheck"),
            Self::Quit => Line::new("quit"),
        }
        .end()
    }

    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// When the line is too long, or its word, fields or values are not those of a request.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        let mut fields = Fields::read(line)?;
        let request = match fields.word() {
            "hello" => Self::Hello,
            "start" => Self::Start(Start {
                program: fields.take("program")?,
                arguments: fields.take_all("argument")?,
                deadline: fields.optional("deadline")?.map(Timestamp::from_nanos),
                label: fields.take("label")?,
            }),
            "deadline" => Self::Deadline {
                at: Timestamp::from_nanos(fields.take("ns")?),
                label: fields.take("label")?,
            },
            "disarm" => Self::Disarm,
            "stop" => Self::Stop {
                within: Duration::from_millis(fields.take("within_ms")?),
            },
            "fence" => Self::Fence {
                reason: fields.take("reason")?,
            },
            "status" => Self::Status,
            "recheck" => Self::Recheck,
            "quit" => Self::Quit,
            word => return Err(ParseError::Word(word.to_owned())),
        };
        fields.finish()?;
        Ok(request)
    }
}

impl Message {
    /// The line that says it, its end included.
    pub fn encode(&self) -> String {
        match self {
            Self::Reply(Reply::Ok) => Line::new("ok"),
            Self::Reply(Reply::Refused { reason }) => Line::new("refused").field("reason", reason),
            Self::Reply(Reply::State(status)) => Line::new("state")
                .field("state", status.state)
                .optional("pid", status.pid)
                .optional("started", status.started_at.map(Timestamp::as_nanos))
                .optional("deadline", status.deadline.map(Timestamp::as_nanos))
                .field("label", &status.label)
                .optional("last_exit", status.last_exit)
                .optional("last_fence", status.last_fence.as_ref())
                .field("guard_pid", status.guard_pid)
                .field("protocol", status.protocol),
            Self::Event(Event::Exited { pid, status }) => Line::new("exited")
                .field("pid", pid)
                .field("status", status),
            Self::Event(Event::Fenced {
                reason,
                took,
                killed,
            }) => Line::new("fenced")
                .field("reason", reason)
                .field("took_ms", took.as_millis())
                .field("killed", killed),
        }
        .end()
    }

    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// When the line is too long, or its word, fields or values are not those of a reply or an event.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        let mut fields = Fields::read(line)?;
        let message = match fields.word() {
            "ok" => Self::Reply(Reply::Ok),
            "refused" => Self::Reply(Reply::Refused {
                reason: fields.take("reason")?,
            }),
            "state" => Self::Reply(Reply::State(Status {
                state: fields.take("state")?,
                pid: fields.optional("pid")?,
                started_at: fields.optional("started")?.map(Timestamp::from_nanos),
                deadline: fields.optional("deadline")?.map(Timestamp::from_nanos),
                label: fields.take("label")?,
                last_exit: fields.optional("last_exit")?,
                last_fence: fields.optional("last_fence")?,
                guard_pid: fields.take("guard_pid")?,
                protocol: fields.take("protocol")?,
            })),
            "exited" => Self::Event(Event::Exited {
                pid: fields.take("pid")?,
                status: fields.take("status")?,
            }),
            "fenced" => Self::Event(Event::Fenced {
                reason: fields.take("reason")?,
                took: Duration::from_millis(fields.take("took_ms")?),
                killed: fields.take("killed")?,
            }),
            word => return Err(ParseError::Word(word.to_owned())),
        };
        fields.finish()?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests;
