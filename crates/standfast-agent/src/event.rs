//! What an agent is stepped with: everything that reaches it from outside.

use std::sync::Arc;

use standfast_guard::protocol::Reply;
use standfast_record::{KeyRead, Transacted, View};
use standfast_replication::{
    DataFolder, LogEnd, Promotion, ServerObservation, StartCommand, Surplus,
};
use thiserror::Error;

use crate::guard_view::GuardView;
use crate::ticket::Ticket;

/// What an [`Agent`](crate::Agent) is stepped with.
#[derive(Debug, Clone)]
pub enum Event {
    /// Nothing but time passed.
    Tick,
    /// The agent was asked to end.
    Shutdown,
    /// The mirror of the store has changed.
    View(Arc<View>),
    /// The guard told something of itself, or its connection was made or lost.
    Guard(GuardView),
    /// The database was asked how it stands.
    Database {
        /// Its answer.
        seen: ServerObservation,
        /// How many fences the guard had told of when the question was asked. An answer from before a
        /// fence says nothing about what came after it.
        fences: u64,
    },
    /// No server runs: there is no database to ask.
    NoDatabase,
    /// The store's answer to the question for a key.
    Read {
        /// The question that is answered.
        ticket: Ticket,
        /// The answer.
        read: KeyRead,
    },
    /// The store's answer to a transaction.
    Transacted {
        /// The transaction that is answered.
        ticket: Ticket,
        /// The answer.
        transacted: Transacted,
    },
    /// The guard's answer.
    GuardAnswered {
        /// To which request.
        ticket: Ticket,
        /// The answer.
        answer: Result<Reply, GuardFailure>,
    },
    /// The database engine's answer.
    EngineAnswered {
        /// To which call.
        ticket: Ticket,
        /// The answer.
        answer: Result<EngineAnswer, EngineFailure>,
    },
}

/// Why the guard did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GuardFailure {
    /// It refused.
    #[error("the guard refused: {0}")]
    Refused(String),
    /// There is no guard to ask, it ended before it answered, or did not answer in time.
    #[error("the guard does not answer")]
    Gone,
}

/// What the database engine answered, by what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAnswer {
    /// It is done.
    Done,
    /// What the folder says of itself.
    Folder(DataFolder),
    /// Where the log of the stopped server ends.
    LogEnd(LogEnd),
    /// How the server is to be started.
    Command(StartCommand),
    /// Where the new timeline leaves the former.
    Promotion(Promotion),
    /// What lies past a fork.
    Surplus(Surplus),
}

/// Why the database engine did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineFailure {
    /// It failed.
    Failed {
        /// Why, with all causes.
        reason: String,
    },
    /// It was not done in the time it was given, and is not waited for any more.
    Late,
}
