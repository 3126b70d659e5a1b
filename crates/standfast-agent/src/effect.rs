//! What an agent wants done. Effects have no choices: each is carried out, or is not, and its answer
//! comes back as an [`Event`](crate::Event).

use std::path::PathBuf;
use std::time::Duration;

use standfast_failover::Pace;
use standfast_guard::protocol::Request;
use standfast_record::Transaction;
use standfast_replication::{StartAs, Upstream};
use standfast_units::{Lsn, Node, Timeline};

use crate::ticket::Ticket;

/// What an [`Agent`](crate::Agent) wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read a key of the store.
    Read {
        /// For the answer.
        ticket: Ticket,
        /// The key.
        key: String,
    },
    /// Send a transaction to the store.
    Transact {
        /// For the answer.
        ticket: Ticket,
        /// The transaction.
        transaction: Transaction,
    },
    /// Ask the guard.
    AskGuard {
        /// For the answer.
        ticket: Ticket,
        /// What the guard is to do or tell.
        request: Request,
        /// When it is not waited for any more.
        within: Option<Duration>,
    },
    /// Kill the guard: for one that does not answer while a fence is due. The kernel then sends the
    /// database SIGQUIT, and the next guard makes certain that nothing remains before it is idle (P5).
    KillGuard,
    /// Ask the database engine.
    AskEngine {
        /// For the answer.
        ticket: Ticket,
        /// What the engine is to do or tell.
        call: EngineCall,
        /// When it is not waited for any more.
        within: Option<Duration>,
    },
    /// Cut off what is being done for a ticket, as far as that is possible; no answer is awaited.
    Abandon(Ticket),
    /// Ask the database how it stands this often from now on.
    Observe(Pace),
    /// End the agent.
    Exit,
}

/// What the database engine is asked: the calls of `standfast_replication::Engine`, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineCall {
    /// What the folder says of itself.
    Folder,
    /// Where the log of the stopped server ends.
    LogEnd,
    /// Create a new database.
    Initialise,
    /// Make clients' role and database.
    Provision,
    /// Let clients in.
    AdmitSessions,
    /// End clients' sessions and let none in.
    EndSessions,
    /// Write a checkpoint.
    Checkpoint,
    /// Make the folder ready to be started.
    SetUp(StartAs),
    /// Make the running standby follow another server.
    Follow(Upstream),
    /// Keep the log that these standbys still need.
    KeepLogFor(Vec<Node>),
    /// Promote the running standby.
    Promote {
        /// The timeline reserved for it (P11).
        timeline: Timeline,
        /// How long it is waited for.
        within: Duration,
    },
    /// Write down what the stopped server has past a fork, and keep its log.
    Surplus {
        /// The timeline that was left.
        timeline: Timeline,
        /// Where the successor's timeline leaves it: all from here on is surplus.
        fork: Lsn,
        /// The folder that keeps the log.
        keep_in: PathBuf,
    },
    /// Rewind the stopped server.
    Rewind(Upstream),
    /// Replace the data folder by a copy.
    Clone(Upstream),
}
