//! What the store holds: keys under one growing revision, changed by transactions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use standfast_record::{
    Compare, Connection, Durability, KeyValue, Operation, Read, Revision, Transaction,
    TransactionOutcome, View,
};

/// What the store holds, for machines that are stepped by hand.
#[derive(Debug)]
pub struct Shelf {
    revision: u64,
    entries: BTreeMap<String, Arc<KeyValue>>,
}

impl Default for Shelf {
    /// Not at the beginning: revisions are no numbers of writes.
    fn default() -> Self {
        Self {
            revision: 10,
            entries: BTreeMap::new(),
        }
    }
}

impl Shelf {
    /// Holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The newest revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A record; none when there is none, or what is there was broken on purpose.
    pub fn record<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.entries.get(key)?.record().ok()
    }

    /// Another party writes a record.
    ///
    /// # Panics
    /// When the record has no JSON form; no record lacks one.
    #[expect(clippy::expect_used, reason = "a test gives records only")]
    pub fn set(&mut self, key: String, record: &impl Serialize) {
        let transaction = Transaction::new()
            .put_record(key, record, Durability::Durable)
            .expect("a record has a JSON form");
        self.transact(&transaction);
    }

    /// Another party removes a key.
    pub fn remove(&mut self, key: &str) {
        self.revision += 1;
        self.entries.remove(key);
    }

    /// Writes again all keys that begin with `prefix`, as agents do that publish.
    pub fn touch(&mut self, prefix: &str) {
        let entries: Vec<Arc<KeyValue>> = self.entries.values().cloned().collect();
        for entry in entries {
            if entry.key.starts_with(prefix) {
                self.revision += 1;
                self.put(entry.key.clone(), entry.value.clone());
            }
        }
    }

    /// Answers a read.
    pub fn read(&self, key: &str) -> Read {
        Read {
            revision: Revision(self.revision),
            entry: self.entries.get(key).cloned(),
        }
    }

    /// What a mirror of all of it shows.
    pub fn view(&self, connection: Connection) -> View {
        let entries = self.entries.values().cloned();
        View::new(Revision(self.revision), connection, entries)
    }

    /// Answers a transaction.
    pub fn transact(&mut self, transaction: &Transaction) -> TransactionOutcome {
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
