//! What the store holds: keys under one growing revision, changed by transactions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use standfast_record::{
    Compare, Connection, Durability, KeyValue, Operation, Read, Revision, Transaction,
    TransactionOutcome, View,
};

pub(super) struct Shelf {
    revision: u64,
    entries: BTreeMap<String, Arc<KeyValue>>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            revision: 10,
            entries: BTreeMap::new(),
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// What was broken on purpose is no record.
    pub(super) fn record<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.entries.get(key)?.record().ok()
    }

    /// Another party writes a record.
    pub(super) fn set(&mut self, key: String, record: &impl Serialize) {
        let transaction = Transaction::new()
            .put_record(key, record, Durability::Durable)
            .unwrap();
        self.transact(&transaction);
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.revision += 1;
        self.entries.remove(key);
    }

    pub(super) fn read(&self, key: &str) -> Read {
        Read {
            revision: Revision(self.revision),
            entry: self.entries.get(key).cloned(),
        }
    }

    pub(super) fn view(&self, connection: Connection) -> View {
        let entries = self.entries.values().cloned();
        View::new(Revision(self.revision), connection, entries)
    }

    pub(super) fn transact(&mut self, transaction: &Transaction) -> TransactionOutcome {
        let succeeded = transaction.compare.iter().all(|compare| match compare {
            Compare::Modified { key, revision } => {
                let entry = self.entries.get(key);
                entry.map_or(Revision(0), |entry| entry.modified) == *revision
            }
            Compare::Value { key, value } => self
                .entries
                .get(key)
                .is_some_and(|entry| entry.value == *value),
        });
        if succeeded {
            self.revision += 1;
            for operation in &transaction.then {
                match operation {
                    Operation::Put { key, value, .. } => self.put(key.clone(), value.clone()),
                    Operation::Delete { key } => {
                        self.entries.remove(key);
                    }
                }
            }
        }
        TransactionOutcome {
            succeeded,
            revision: Revision(self.revision),
        }
    }

    fn put(&mut self, key: String, value: String) {
        let modified = Revision(self.revision);
        let created = self
            .entries
            .get(&key)
            .map_or(modified, |entry| entry.created);
        let entry = KeyValue {
            key: key.clone(),
            value,
            created,
            modified,
        };
        self.entries.insert(key, Arc::new(entry));
    }
}
