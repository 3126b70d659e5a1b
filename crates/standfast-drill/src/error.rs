//! Why a drill could not be carried out. A promise that was missed is no error: it is a verdict.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use standfast_units::{Database, Region};
use thiserror::Error;

use crate::scenario::Scenario;

/// Why a drill came to no verdict.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The product's command could not be run.
    #[error("cannot run {command}")]
    Run {
        /// The command line.
        command: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The product's command failed.
    #[error("{command} failed ({status}): {output}")]
    Command {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// The end of what it printed on stderr.
        output: String,
    },
    /// The product's command did not end in time.
    #[error("{command} did not end within {within:?}")]
    CommandLate {
        /// The command line.
        command: String,
        /// The bound.
        within: Duration,
    },
    /// The product's command printed something that cannot be read.
    #[error("the answer of {command} cannot be read")]
    Answer {
        /// The command line.
        command: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The product's command printed a version of the format that this drill does not know.
    #[error("{command} answered in version {version} of its format; this drill reads version 1")]
    Version {
        /// The command line.
        command: String,
        /// The version found.
        version: u32,
    },
    /// There is no such database, or none at all.
    #[error("the system has no database {}", .wanted.as_ref().map_or("at all", Database::as_str))]
    NoDatabase {
        /// The database asked for.
        wanted: Option<Database>,
    },
    /// The load of a drill is SQL for `PostgreSQL`.
    #[error("database {database} is of engine {engine}; drills write to postgres only")]
    Engine {
        /// The database.
        database: Database,
        /// Its engine.
        engine: String,
    },
    /// The system is not in the state a drill starts from.
    #[error("not ready for a drill after {waited:?}: {lacking}")]
    NotReady {
        /// How long we waited.
        waited: Duration,
        /// What is missing.
        lacking: String,
    },
    /// The scenario needs what the system does not tell.
    #[error("scenario {scenario} needs {needs}")]
    Unsupported {
        /// The scenario.
        scenario: Scenario,
        /// What is missing.
        needs: String,
    },
    /// Another drill, or what is left of one, holds the region down.
    #[error(
        "region {region} is held down already; if no drill is running, remove {}",
        .file.display()
    )]
    Held {
        /// The region.
        region: Region,
        /// The file that holds it.
        file: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot {what} {}", .file.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A process named by `status` is not the one that status meant, and was not touched.
    #[error("process {pid}, said to be the {what}, is not to be touched: {why}")]
    NotOurs {
        /// The process id.
        pid: u32,
        /// What status calls it.
        what: String,
        /// Why it is left alone.
        why: String,
    },
    /// The processes of the machine could not be listed or signalled.
    #[error("cannot {what}")]
    Process {
        /// What was attempted.
        what: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Processes were still there, or kept coming, after they were signalled.
    #[error("{left} processes of region {region} escaped the signal for {waited:?}")]
    Escaped {
        /// The region.
        region: Region,
        /// How many.
        left: usize,
        /// For how long we tried.
        waited: Duration,
    },
    /// The drill's own table could not be made, read or dropped.
    #[error("cannot {what} at {address}")]
    Table {
        /// What was attempted.
        what: String,
        /// The server it was attempted at.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An address of the system cannot be understood.
    #[error("`{text}` is not an address and port")]
    Address {
        /// The text.
        text: String,
    },
    /// The system did not take the load.
    #[error("no write was acknowledged on every path within {waited:?}: {lacking}")]
    LoadRefused {
        /// How long we waited.
        waited: Duration,
        /// Which paths brought no acknowledgement.
        lacking: String,
    },
    /// A task of the drill ended unexpectedly.
    #[error("the drill's own {what} failed")]
    Task {
        /// Which task it was.
        what: &'static str,
        /// The cause.
        #[source]
        source: tokio::task::JoinError,
    },
    /// A signal ended the drill. Holds are removed and stopped processes continue; the primary is
    /// left where it is.
    #[error("interrupted; holds are removed and stopped processes continue")]
    Interrupted,
}
