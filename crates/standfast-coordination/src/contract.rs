//! The [`Store`] trait, its watches and its errors. What is asked and answered is data of
//! `standfast-record`.

use std::future::Future;
use std::time::Duration;

use standfast_record::{
    Batch, Read, Revision, Snapshot, Transaction, TransactionOutcome, Unanswered, Unreadable,
};
use thiserror::Error;
use tokio::sync::mpsc;

/// A stream of changes. Ends with the first error; start anew from a fresh snapshot then.
#[derive(Debug)]
pub struct Watch {
    receiver: mpsc::Receiver<Result<Batch, Error>>,
}

impl Watch {
    /// Wraps the receiving end of the channel an adapter feeds.
    pub fn new(receiver: mpsc::Receiver<Result<Batch, Error>>) -> Self {
        Self { receiver }
    }

    /// The next batch. Safe to cancel.
    ///
    /// # Errors
    /// When the store was lost or the history needed is gone; the watch is over then.
    pub async fn next(&mut self) -> Result<Batch, Error> {
        self.receiver
            .recv()
            .await
            .unwrap_or_else(|| Err(Error::Closed))
    }
}

/// Why the store did not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request did not reach the store; nothing was done.
    #[error("the store at {address} cannot be reached")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The request was sent, but no answer came. A transaction may or may not have been applied.
    #[error("the store at {address} did not answer within {waited:?}; the outcome is unknown")]
    OutcomeUnknown {
        /// Where the request was sent.
        address: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The watch asked for history the store no longer keeps.
    #[error("history before revision {} is gone", .oldest.0)]
    Compacted {
        /// The oldest revision that can still be watched from.
        oldest: Revision,
    },
    /// The store refused the request as malformed.
    #[error("the store refused the request: {reason}")]
    Refused {
        /// Its reason.
        reason: String,
    },
    /// The store sent something we cannot read.
    #[error("the store sent an answer that cannot be read")]
    Protocol {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The connection a watch came over was lost, or the store has been silent for too long.
    #[error("the store at {address} was lost")]
    Disconnected {
        /// Where the store was.
        address: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The watcher did not take its changes as fast as they came.
    #[error("the watch was ended because more than {queued_max} changes waited for its reader")]
    Overrun {
        /// How many may wait.
        queued_max: usize,
    },
    /// A value is not the record its key says.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The watch has ended.
    #[error("the watch has ended")]
    Closed,
}

impl From<&Error> for Unanswered {
    fn from(error: &Error) -> Self {
        let reason = standfast_units::chain(error);
        match error {
            Error::Unreachable { .. } | Error::Refused { .. } => Self::NotDone { reason },
            Error::OutcomeUnknown { .. }
            | Error::Compacted { .. }
            | Error::Protocol { .. }
            | Error::Disconnected { .. }
            | Error::Overrun { .. }
            | Error::Unreadable(_)
            | Error::Closed => Self::Unknown { reason },
        }
    }
}

/// A store. Cloning gives another handle to the same store.
///
/// Every call takes its own bounded time: an adapter gives up after the timeout it was made with.
pub trait Store: Clone + Send + Sync + 'static {
    /// Reads one key.
    fn get(&self, key: &str) -> impl Future<Output = Result<Read, Error>> + Send;

    /// Reads all keys that begin with `prefix`.
    fn range(&self, prefix: &str) -> impl Future<Output = Result<Snapshot, Error>> + Send;

    /// Carries out a transaction.
    fn transact(
        &self,
        transaction: Transaction,
    ) -> impl Future<Output = Result<TransactionOutcome, Error>> + Send;

    /// Follows all changes under `prefix` after revision `after`.
    fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> impl Future<Output = Result<Watch, Error>> + Send;
}
