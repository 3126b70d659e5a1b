//! Completing the record of a change of primary, step by step, each step once.

use standfast_units::WallTime;

use crate::{Durability, Fork, KeyRead, Step, Succession, Transacted, Transaction};

/// How often a write that met another one is tried again. Two or three parties complete one record.
const ATTEMPTS_MAX: u32 = 8;

/// Notes when a step was done, and the fork when there is one. A step that is there already stays as it
/// is; a record that is not there is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    key: String,
    step: Step,
    at: WallTime,
    fork: Option<Fork>,
    attempts: u32,
}

/// What a [`Completion`] needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completing {
    /// The key, read anew.
    Read(String),
    /// A transaction.
    Transact(Transaction),
    /// Nothing: the step is noted, or there is nothing to note it in.
    Done,
    /// Nothing: it could not be noted, for this reason.
    Failed(String),
}

impl Completion {
    /// Begins; the first thing needed is the record at `key`.
    pub fn new(key: String, step: Step, at: WallTime, fork: Option<Fork>) -> (Self, Completing) {
        let first = Completing::Read(key.clone());
        let completion = Self {
            key,
            step,
            at,
            fork,
            attempts: 0,
        };
        (completion, first)
    }

    /// The record was read, or was not.
    pub fn read(&mut self, read: KeyRead) -> Completing {
        let entry = match read {
            Ok(read) => read.entry,
            Err(unanswered) => return Completing::Failed(unanswered.reason().to_owned()),
        };
        let Some(entry) = entry else {
            return Completing::Done;
        };
        let mut succession: Succession = match entry.record() {
            Ok(succession) => succession,
            Err(error) => return Completing::Failed(standfast_units::chain(&error)),
        };
        if succession.steps.contains_key(&self.step) {
            return Completing::Done;
        }
        succession.steps.insert(self.step, self.at);
        succession.fork = succession.fork.or(self.fork);
        let transaction = Transaction::new()
            .if_modified_at(&self.key, entry.modified)
            .put_record(&self.key, &succession, Durability::Durable);
        match transaction {
            Ok(transaction) => Completing::Transact(transaction),
            Err(error) => Completing::Failed(standfast_units::chain(&error)),
        }
    }

    /// The transaction has ended.
    pub fn transacted(&mut self, transacted: Transacted) -> Completing {
        match transacted {
            Ok(outcome) if outcome.succeeded => Completing::Done,
            Ok(_) => {
                self.attempts += 1;
                if self.attempts < ATTEMPTS_MAX {
                    return Completing::Read(self.key.clone());
                }
                let key = &self.key;
                Completing::Failed(format!(
                    "{key} was changed by others {ATTEMPTS_MAX} times in a row"
                ))
            }
            Err(unanswered) => Completing::Failed(unanswered.reason().to_owned()),
        }
    }
}
