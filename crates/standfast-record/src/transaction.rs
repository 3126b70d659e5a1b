//! What the store is asked, and how it answers, as data: keys and values under one growing revision,
//! changed by transactions that compare and then write. The promises are those of the contract in
//! `standfast-coordination`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A value that is not the record its key says.
#[derive(Debug, Error)]
#[error("the record at `{key}` cannot be read")]
pub struct Unreadable {
    /// The key.
    pub key: String,
    /// The cause.
    #[source]
    source: serde_json::Error,
}

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
    /// The value: JSON text of one of the records of this crate.
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
    pub fn record<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        serde_json::from_str(&self.value).map_err(|source| Unreadable {
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
    /// When the record has no JSON form; none of this crate lacks one.
    pub fn put_record<T: Serialize>(
        self,
        key: impl Into<String>,
        record: &T,
        durability: Durability,
    ) -> Result<Self, Unreadable> {
        let key = key.into();
        match serde_json::to_string(record) {
            Ok(value) => Ok(self.put(key, value, durability)),
            Err(source) => Err(Unreadable { key, source }),
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
    pub entry: Option<Arc<KeyValue>>,
}

/// Why a question to the store had no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// It did not reach the store, or was refused: nothing was done.
    NotDone {
        /// Why, with all causes.
        reason: String,
    },
    /// It was sent, and no answer came: a transaction may have been applied, or will be.
    Unknown {
        /// Why, with all causes.
        reason: String,
    },
}

impl Unanswered {
    /// Why, with all causes.
    pub fn reason(&self) -> &str {
        match self {
            Self::NotDone { reason } | Self::Unknown { reason } => reason,
        }
    }
}

/// The store's answer to a transaction.
pub type Transacted = Result<TransactionOutcome, Unanswered>;

/// The store's answer to the question for one key.
pub type KeyRead = Result<Read, Unanswered>;
