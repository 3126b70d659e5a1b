//! Which keys the durable transactions under way hold. See the module above for the rule.

use std::collections::{BTreeMap, BTreeSet};

use standfast_record::{Compare, Operation, Transaction};

#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// Keys being written, each by one transaction.
    written: BTreeSet<String>,
    /// Keys compared, with how many transactions do.
    compared: BTreeMap<String, usize>,
}

impl Locks {
    /// Whether a durable transaction under way writes this key.
    pub(crate) fn is_written(&self, key: &str) -> bool {
        self.written.contains(key)
    }

    /// Whether the transaction must wait.
    pub(crate) fn conflicts(&self, transaction: &Transaction) -> bool {
        let compare = transaction.compare.iter().map(key_of_compare);
        let mut write = transaction.then.iter().map(key_of_operation);
        compare.into_iter().any(|key| self.is_written(key))
            || write.any(|key| self.is_written(key) || self.compared.contains_key(key))
    }

    /// Takes the keys of a transaction that does not conflict.
    pub(crate) fn acquire(&mut self, transaction: &Transaction) {
        for operation in &transaction.then {
            self.written.insert(key_of_operation(operation).to_owned());
        }
        for compare in &transaction.compare {
            *self
                .compared
                .entry(key_of_compare(compare).to_owned())
                .or_default() += 1;
        }
    }

    /// Gives them back.
    pub(crate) fn release(&mut self, transaction: &Transaction) {
        for operation in &transaction.then {
            self.written.remove(key_of_operation(operation));
        }
        for compare in &transaction.compare {
            let key = key_of_compare(compare);
            if let Some(count) = self.compared.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    self.compared.remove(key);
                }
            }
        }
    }
}

pub(crate) fn key_of_compare(compare: &Compare) -> &str {
    match compare {
        Compare::Modified { key, .. } | Compare::Value { key, .. } => key,
    }
}

pub(crate) fn key_of_operation(operation: &Operation) -> &str {
    match operation {
        Operation::Put { key, .. } | Operation::Delete { key } => key,
    }
}
