//! The types of the contract and the [`Engine`] and [`WriteCheck`] traits.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use standfast_units::{Bytes, Epoch, Lsn, Node, Timeline};
use thiserror::Error;

/// Where a standby gets its log from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The primary's node.
    pub node: Node,
    /// Where it listens, as seen from this node.
    pub address: SocketAddr,
}

/// A data folder whose server is not running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataFolder {
    /// There is nothing in it.
    Absent,
    /// It carries the mark of a clone, rewind or initialisation that did not finish (P6): it is never
    /// started, only made anew.
    Incomplete,
    /// It can be started.
    Ready(FolderState),
}

/// What a data folder says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderState {
    /// Identifies the database cluster; equal on all nodes of one database.
    pub system_identifier: u64,
    /// The timeline of its last checkpoint.
    pub timeline: Timeline,
    /// Whether it was last set up as a standby or as a primary.
    pub set_up_as: LogDirection,
    /// How its server ended.
    pub shutdown: Shutdown,
    /// Its last checkpoint.
    pub checkpoint: Lsn,
}

/// Direction of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogDirection {
    /// Writes its own log.
    Primary,
    /// Receives it.
    Standby,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// In order: the last record is a shutdown checkpoint.
    Clean,
    /// By a crash or a kill.
    Crashed,
    /// By a crash or a kill between a promotion and the first checkpoint after it: it can recover as a
    /// primary, but must not follow as it is.
    CrashedUnsettled,
}

/// Where the log of a stopped server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    /// The timeline of the last record.
    pub timeline: Timeline,
    /// The position after the last valid record.
    pub position: Lsn,
}

/// How to start a server. The guard carries it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// As what a server is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAs {
    /// Accepting writes.
    Primary,
    /// Following, or waiting for a primary to follow.
    Standby {
        /// Whom it follows.
        upstream: Option<Upstream>,
    },
}

/// What a server says when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerObservation {
    /// It does not accept connections, or did not answer in time.
    Silent {
        /// What came instead.
        reason: String,
    },
    /// It is starting, recovering or stopping.
    Busy {
        /// In the server's words.
        reason: String,
    },
    /// It follows.
    Standby {
        /// The timeline of the log it has received.
        timeline: Timeline,
        /// End of the log received and flushed (or replayed, where nothing was received since start).
        received: Lsn,
        /// End of the log replayed.
        replayed: Lsn,
        /// Whether the stream from the upstream is up.
        streaming: bool,
    },
    /// It accepts writes.
    Primary {
        /// The timeline it writes on.
        timeline: Timeline,
        /// End of the durable log.
        position: Lsn,
        /// Who follows it.
        followers: Vec<Follower>,
    },
}

/// A standby as its primary sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// The name it connected under.
    pub name: String,
    /// What it has confirmed as durable.
    pub flushed: Lsn,
}

/// What came of a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promotion {
    /// The timeline it left.
    pub parent: Timeline,
    /// The timeline it writes on now.
    pub timeline: Timeline,
    /// Where the new one leaves the parent.
    pub fork: Lsn,
}

/// What a former primary has past a fork (P14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surplus {
    /// Where its log ends.
    pub end: Lsn,
    /// How much log lies past the fork.
    pub bytes: Bytes,
    /// Transactions committed past the fork.
    pub transactions: u64,
    /// The first of them, at most a bounded number.
    pub commits: Vec<SurplusCommit>,
}

/// One commit past a fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurplusCommit {
    /// Its transaction id.
    pub transaction: u64,
    /// Where its commit record lies.
    pub position: Lsn,
    /// When it committed, as the server printed it.
    pub committed_at: String,
}

/// Why an engine could not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A program of the engine is missing or has the wrong version.
    #[error("{what}")]
    Unsuitable {
        /// What is missing or wrong, and where it was looked for.
        what: String,
        /// What helps.
        hint: String,
    },
    /// A program failed.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program's name.
        program: String,
        /// Its exit status.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// A file could not be read or written.
    #[error("cannot {what} {path}")]
    File {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The server did not answer, or answered with an error.
    #[error("the server at {address} failed to {what}")]
    Server {
        /// Where it was asked.
        address: String,
        /// What it was asked.
        what: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was not done in time.
    #[error("{what} was not done within {within:?}")]
    Late {
        /// What was asked.
        what: &'static str,
        /// The bound.
        within: Duration,
    },
    /// What was found contradicts what was asked.
    #[error("{what}")]
    Contradiction {
        /// What contradicts what.
        what: String,
    },
}

/// One server and its data folder. Cloning gives another handle to the same server.
pub trait Engine: Clone + Send + Sync + 'static {
    /// What the data folder says of itself. The server need not run.
    fn folder(&self) -> impl Future<Output = Result<DataFolder, Error>> + Send;

    /// Makes a new, empty database cluster in an absent or incomplete folder. Marked `incomplete`
    /// until it is whole.
    fn initialise(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Creates what clients and standbys need on a running primary: roles, the database, the table
    /// that verification writes to. Does nothing that is already done.
    fn provision(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Replaces the folder by a fresh copy of `source`, set up as a standby. A copy that fails leaves the
    /// folder as it was; while the whole copy takes its place, the folder is marked `incomplete`. What
    /// the old folder had and `source` has not must have been recorded before (P14).
    fn clone_from(&self, source: &Upstream) -> impl Future<Output = Result<(), Error>> + Send;

    /// Where the log of the stopped server ends.
    fn log_end(&self) -> impl Future<Output = Result<LogEnd, Error>> + Send;

    /// Lists and keeps, in the folder `keep_in`, what the stopped server has past `fork` on `timeline`.
    fn surplus(
        &self,
        timeline: Timeline,
        fork: Lsn,
        keep_in: &Path,
    ) -> impl Future<Output = Result<Surplus, Error>> + Send;

    /// Rewinds the stopped server so that it can follow `source`. Asks `source` for a checkpoint
    /// first. Marked `incomplete` until it is whole.
    ///
    /// # Errors
    /// At any doubt, among them "no rewind required": the caller then clones.
    fn rewind(&self, source: &Upstream) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sets the folder up to be started as said and tells how.
    ///
    /// # Errors
    /// Among others, for a standby: when the folder is [`Shutdown::CrashedUnsettled`].
    fn set_up(
        &self,
        start_as: &StartAs,
    ) -> impl Future<Output = Result<StartCommand, Error>> + Send;

    /// Asks the running server how it stands. Never takes longer than a fixed bound.
    fn observe(&self) -> impl Future<Output = ServerObservation> + Send;

    /// Makes a running standby follow another primary, which has to keep the log for it
    /// ([`Engine::keep_log_for`]).
    fn follow(&self, upstream: &Upstream) -> impl Future<Output = Result<(), Error>> + Send;

    /// Makes sure that the standbys named, and no others of ours, have their place kept in the log.
    fn keep_log_for(&self, standbys: &[Node]) -> impl Future<Output = Result<(), Error>> + Send;

    /// Promotes a running standby onto exactly `timeline` (P11) and returns when it accepts writes.
    /// Asks again while it is still in recovery (P12). Of a server that already writes on `timeline` it
    /// returns what came of the earlier promotion.
    fn promote(
        &self,
        timeline: Timeline,
        within: Duration,
    ) -> impl Future<Output = Result<Promotion, Error>> + Send;

    /// Writes a checkpoint, so that a following clean stop is short.
    fn checkpoint(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Lets no new client in and ends the sessions of those that are; standbys stay (P8).
    fn end_sessions(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Lets clients in again after [`Engine::end_sessions`].
    fn admit_sessions(&self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Looks at a server from outside, over the path that clients use.
pub trait WriteCheck: Clone + Send + Sync + 'static {
    /// Whether a server answers there at all: more than that its machine accepts connections, which
    /// the kernel does for a frozen server too. Never takes longer than a second.
    fn answers(&self, address: SocketAddr) -> impl Future<Output = bool> + Send;

    /// Writes `epoch` as an ordinary client would and reads it back over a second connection.
    fn verify(
        &self,
        address: SocketAddr,
        epoch: Epoch,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}
