//! What changes in the store, and everything it holds at one revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{KeyValue, Revision};

/// All keys under a prefix as of one revision of the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The store's revision.
    pub revision: Revision,
    /// The keys in order.
    pub entries: BTreeMap<String, Arc<KeyValue>>,
}

/// One change of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The key was set.
    Put(Arc<KeyValue>),
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

impl Batch {
    /// What of it lies under a prefix, if anything does.
    pub fn under(&self, prefix: &str) -> Option<Self> {
        let changes: Vec<Change> = self
            .changes
            .iter()
            .filter(|change| change.key().starts_with(prefix))
            .cloned()
            .collect();
        (!changes.is_empty()).then_some(Self {
            revision: self.revision,
            changes,
        })
    }
}
