//! The types of the contract and the [`Store`] trait itself.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::mpsc;

/// A version of the whole store; grows with each writing transaction and is never used twice.
/// Zero means "never written".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// A key with its value and history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value: JSON text of one of the records in [`crate::record`].
    pub value: String,
    /// Revision of the write that created the key.
    pub created: Revision,
    /// Revision of the last write.
    pub modified: Revision,
}

impl KeyValue {
    /// Reads the value as one of the records.
    ///
    /// # Errors
    /// When it is not such a record.
    pub fn record<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.value).map_err(|source| Error::Unreadable {
            key: self.key.clone(),
            source,
        })
    }
}

/// Whether an acknowledged write must survive a crash of the store's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// On stable storage before it is acknowledged.
    Durable,
    /// May be lost in a crash; for renewals and heartbeats (P21). A store that has no such notion
    /// may treat it as durable.
    Volatile,
}

/// A condition of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The key's last write has this revision; [`Revision`] zero means that the key does not exist.
    Modified {
        /// The key.
        key: String,
        /// The revision expected.
        revision: Revision,
    },
    /// The key exists and has this value.
    Value {
        /// The key.
        key: String,
        /// The value expected.
        value: String,
    },
}

/// A write of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Set a key.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Whether it must survive a crash. One durable write makes the whole transaction durable.
        durability: Durability,
    },
    /// Remove a key; removing an absent key does nothing.
    Delete {
        /// The key.
        key: String,
    },
}

/// If all comparisons hold, `then` is applied, else nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transaction {
    /// All must hold.
    pub compare: Vec<Compare>,
    /// Applied in order; at most one operation per key.
    pub then: Vec<Operation>,
}

impl Transaction {
    /// An empty transaction.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the condition that `key` was last written at `revision` (zero: does not exist).
    #[must_use]
    pub fn if_modified_at(mut self, key: impl Into<String>, revision: Revision) -> Self {
        self.compare.push(Compare::Modified {
            key: key.into(),
            revision,
        });
        self
    }

    /// Adds the condition that `key` exists and has this value.
    #[must_use]
    pub fn if_value_is(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.compare.push(Compare::Value {
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn put(
        mut self,
        key: impl Into<String>,
        value: impl Into<String>,
        durability: Durability,
    ) -> Self {
        self.then.push(Operation::Put {
            key: key.into(),
            value: value.into(),
            durability,
        });
        self
    }

    /// Adds the write of one of the records.
    ///
    /// # Errors
    /// When the record has no JSON form; none of [`crate::record`] lacks one.
    pub fn put_record<T: Serialize>(
        self,
        key: impl Into<String>,
        record: &T,
        durability: Durability,
    ) -> Result<Self, Error> {
        let key = key.into();
        match serde_json::to_string(record) {
            Ok(value) => Ok(self.put(key, value, durability)),
            Err(source) => Err(Error::Unreadable { key, source }),
        }
    }

    /// Adds a removal.
    #[must_use]
    pub fn delete(mut self, key: impl Into<String>) -> Self {
        self.then.push(Operation::Delete { key: key.into() });
        self
    }
}

/// What came of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionOutcome {
    /// Whether the comparisons held and the writes were applied.
    pub succeeded: bool,
    /// The store's revision after the transaction.
    pub revision: Revision,
}

/// One key as of one revision of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The store's revision.
    pub revision: Revision,
    /// The key, when it exists.
    pub entry: Option<KeyValue>,
}

/// All keys under a prefix as of one revision of the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The store's revision.
    pub revision: Revision,
    /// The keys in order.
    pub entries: BTreeMap<String, KeyValue>,
}

/// One change of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The key was set.
    Put(KeyValue),
    /// The key was removed.
    Delete {
        /// The key.
        key: String,
        /// The revision of the removal.
        modified: Revision,
    },
}

impl Change {
    /// The key that was changed.
    pub fn key(&self) -> &str {
        match self {
            Self::Put(entry) => &entry.key,
            Self::Delete { key, .. } => key,
        }
    }
}

/// All changes of one revision under a watched prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The revision.
    pub revision: Revision,
    /// The changes, in the order of their operations.
    pub changes: Vec<Change>,
}

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
    #[error("the record at `{key}` cannot be read")]
    Unreadable {
        /// The key.
        key: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The watch has ended.
    #[error("the watch has ended")]
    Closed,
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
