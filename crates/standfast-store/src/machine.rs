//! The state of the store and the rules by which it changes. No task, thread, socket, file or clock: the
//! engine feeds it requests, carries its commits to the disk and what was published to those who watch.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::defaults::{
    KEY_BYTES_MAX, REVISIONS_PER_COMMIT, REVISIONS_RESERVED, STORE_BYTES_MAX,
    TRANSACTION_STEPS_MAX, TRANSACTIONS_WAITING_MAX, VALUE_BYTES_MAX,
};
use crate::failure::Failure;
use crate::history::RecentBatches;
use crate::locks::{Locks, key_of_compare, key_of_operation};
use standfast_record::{
    Batch, Change, Compare, Durability, KeyValue, Operation, Read, Revision, Snapshot, Transaction,
    TransactionOutcome,
};

/// A key as the file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The key, its value and its history.
    pub entry: Arc<KeyValue>,
    /// Whether the key was ever written volatile; such keys are written again after a restart.
    pub volatile: bool,
}

/// What the file held when it was opened.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every key.
    pub entries: BTreeMap<String, Stored>,
    /// No revision above was ever given.
    pub reserved: u64,
}

/// What one commit puts into the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Commit {
    /// New state per key; `None` removes it.
    pub writes: BTreeMap<String, Option<Stored>>,
    /// The new bound of revisions.
    pub reserved: u64,
}

/// New state per key, in the order of the operations; `None` removes it.
type Writes = Vec<(String, Option<Stored>)>;

/// What a transaction came to.
pub type Outcome = Result<TransactionOutcome, Failure>;

/// A durable transaction whose comparisons hold, with whom to tell.
#[derive(Debug)]
struct Pending<T> {
    transaction: Transaction,
    ticket: T,
}

/// The commit under way.
#[derive(Debug)]
struct InFlight<T> {
    /// Its transactions, each with its revision and what it changes.
    transactions: Vec<(Pending<T>, Revision, Writes)>,
    reserved: u64,
    /// Volatile transactions stay below this revision until it is done.
    first: Revision,
}

/// The store without its file and its connections. `T` stands for whom to tell what a transaction came
/// to.
#[derive(Debug)]
pub struct Machine<T> {
    entries: BTreeMap<String, Stored>,
    bytes: usize,
    /// The newest revision that a client can see.
    revision: Revision,
    /// No revision above may be given before a commit raises it.
    reserved: u64,
    history: RecentBatches,
    locks: Locks,
    /// Durable transactions of the next commit; they hold their keys.
    queued: Vec<Pending<T>>,
    in_flight: Option<InFlight<T>>,
    /// Transactions not yet evaluated, because a commit must be done first.
    waiting: VecDeque<Pending<T>>,
    /// Keys whose newest value is only in memory.
    unsynced: BTreeSet<String>,
    answers: Vec<(T, Outcome)>,
    published: Vec<Arc<Batch>>,
}

impl<T> Machine<T> {
    /// Begins where the file ends. The commit must be on stable storage before anything is served.
    pub fn recover(loaded: Loaded) -> (Self, Commit) {
        // P21: revisions go on above all that may have been seen, and whatever was written volatile
        // is written again, so that a taker that waits for it to stand still starts over.
        let revision = Revision(loaded.reserved + 1);
        let mut entries = loaded.entries;
        let mut commit = Commit {
            writes: BTreeMap::new(),
            reserved: revision.0 + REVISIONS_RESERVED,
        };
        for (key, stored) in entries.iter_mut().filter(|(_, stored)| stored.volatile) {
            Arc::make_mut(&mut stored.entry).modified = revision;
            commit.writes.insert(key.clone(), Some(stored.clone()));
        }
        let machine = Self {
            bytes: entries.values().map(|stored| size(&stored.entry)).sum(),
            entries,
            revision,
            reserved: commit.reserved,
            history: RecentBatches::after(revision),
            locks: Locks::default(),
            queued: Vec::new(),
            in_flight: None,
            waiting: VecDeque::new(),
            unsynced: BTreeSet::new(),
            answers: Vec::new(),
            published: Vec::new(),
        };
        (machine, commit)
    }

    /// Reads one key.
    pub fn get(&self, key: &str) -> Read {
        Read {
            revision: self.revision,
            entry: self.entries.get(key).map(|stored| stored.entry.clone()),
        }
    }

    /// Reads all keys that begin with `prefix`.
    pub fn range(&self, prefix: &str) -> Snapshot {
        let entries = self
            .entries
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, stored)| (key.clone(), stored.entry.clone()))
            .collect();
        Snapshot {
            revision: self.revision,
            entries,
        }
    }

    /// What changed under `prefix` after a revision: how a watch begins. What follows is published.
    ///
    /// # Errors
    /// When that history is gone, or the revision lies ahead of the store's.
    pub fn since(&self, prefix: &str, after: Revision) -> Result<Vec<Batch>, Failure> {
        self.history.since(prefix, after, self.revision)
    }

    /// The batches that were published since the last call, in order, for those who watch.
    pub fn take_published(&mut self) -> Vec<Arc<Batch>> {
        std::mem::take(&mut self.published)
    }

    /// The newest revision that can be seen.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Takes a transaction up. Its outcome comes out of [`Machine::take_answers`], now or after a commit.
    pub fn transact(&mut self, transaction: Transaction, ticket: T) {
        let checked = check(&transaction).and_then(|()| self.check_room(&transaction));
        if let Err(reason) = checked {
            self.refuse(ticket, reason);
        } else {
            self.evaluate(Pending {
                transaction,
                ticket,
            });
        }
    }

    fn evaluate(&mut self, pending: Pending<T>) {
        let transaction = &pending.transaction;
        // What no transaction is writing is certain: a comparison that fails on it fails now.
        let refuted = transaction
            .compare
            .iter()
            .any(|compare| !self.locks.is_written(key_of_compare(compare)) && !self.holds(compare));
        if refuted {
            self.answer(pending.ticket, false);
        } else if self.locks.conflicts(transaction) {
            self.wait(pending);
        } else if !transaction.then.iter().any(|step| self.has_effect(step)) {
            self.answer(pending.ticket, true);
        } else if transaction.then.iter().any(|step| self.must_sync(step)) {
            if self.is_full_of_waiting() {
                return self.refuse_waiting(pending.ticket);
            }
            self.locks.acquire(transaction);
            self.queued.push(pending);
        } else if self.revision.0 < self.volatile_limit() {
            let revision = Revision(self.revision.0 + 1);
            let writes = self.writes_of(transaction, revision);
            self.unsynced
                .extend(writes.iter().map(|(key, _)| key.clone()));
            self.apply(revision, writes);
            self.answer(pending.ticket, true);
        } else {
            self.wait(pending);
        }
    }

    fn wait(&mut self, pending: Pending<T>) {
        if self.is_full_of_waiting() {
            self.refuse_waiting(pending.ticket);
        } else {
            self.waiting.push_back(pending);
        }
    }

    fn is_full_of_waiting(&self) -> bool {
        self.queued.len() + self.waiting.len() >= TRANSACTIONS_WAITING_MAX
    }

    fn refuse_waiting(&mut self, ticket: T) {
        let reason = format!("{TRANSACTIONS_WAITING_MAX} transactions already wait for the disk");
        self.refuse(ticket, reason);
    }

    fn refuse(&mut self, ticket: T, reason: String) {
        self.answers
            .push((ticket, Err(Failure::Refused { reason })));
    }

    /// The outcomes that have come since the last call.
    pub fn take_answers(&mut self) -> Vec<(T, Outcome)> {
        std::mem::take(&mut self.answers)
    }

    /// Begins the next commit when none is under way and there is something to commit, or when
    /// `flush` asks to put volatile values into the file.
    pub fn begin_commit(&mut self, flush: Flush) -> Option<Commit> {
        let reserve_low = self.reserved.saturating_sub(self.revision.0) < REVISIONS_RESERVED / 2;
        let flush = flush == Flush::Now && !self.unsynced.is_empty();
        if self.in_flight.is_some() || (self.queued.is_empty() && !reserve_low && !flush) {
            return None;
        }
        let mut writes: BTreeMap<_, _> = std::mem::take(&mut self.unsynced)
            .into_iter()
            .map(|key| {
                let stored = self.entries.get(&key).cloned();
                (key, stored)
            })
            .collect();
        let first = Revision(self.revision.0 + 1 + REVISIONS_PER_COMMIT);
        let mut revision = first;
        let mut transactions = Vec::new();
        for pending in std::mem::take(&mut self.queued) {
            let changes = self.writes_of(&pending.transaction, revision);
            writes.extend(changes.iter().cloned());
            transactions.push((pending, revision, changes));
            revision = Revision(revision.0 + 1);
        }
        let reserved = revision.0 + REVISIONS_RESERVED;
        self.in_flight = Some(InFlight {
            transactions,
            reserved,
            first,
        });
        Some(Commit { writes, reserved })
    }

    /// The commit under way is on stable storage: its transactions take effect, and those that waited
    /// for it are evaluated.
    pub fn finish_commit(&mut self) {
        let Some(done) = self.in_flight.take() else {
            return;
        };
        self.reserved = done.reserved;
        for (pending, revision, writes) in done.transactions {
            self.locks.release(&pending.transaction);
            self.apply(revision, writes);
            self.answer(pending.ticket, true);
        }
        for pending in std::mem::take(&mut self.waiting) {
            self.evaluate(pending);
        }
    }

    /// Whether a transaction has not had its outcome yet.
    pub fn is_busy(&self) -> bool {
        self.in_flight.is_some() || !self.queued.is_empty() || !self.waiting.is_empty()
    }

    fn answer(&mut self, ticket: T, succeeded: bool) {
        let revision = self.revision;
        self.answers.push((
            ticket,
            Ok(TransactionOutcome {
                succeeded,
                revision,
            }),
        ));
    }

    fn holds(&self, compare: &Compare) -> bool {
        match compare {
            Compare::Modified { key, revision } => {
                let modified = self.entries.get(key).map(|stored| stored.entry.modified);
                modified.unwrap_or_default() == *revision
            }
            Compare::Value { key, value } => self
                .entries
                .get(key)
                .is_some_and(|stored| stored.entry.value == *value),
        }
    }

    fn has_effect(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Put { .. } => true,
            Operation::Delete { key } => self.entries.contains_key(key),
        }
    }

    /// Whether the operation must be in the file before it is acknowledged.
    fn must_sync(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Put {
                durability: Durability::Durable,
                ..
            } => true,
            // The file must know that the key is written volatile, else it would be as it was, under
            // its old revision, after a crash. A key the file never held cannot come back.
            Operation::Put {
                durability: Durability::Volatile,
                key,
                ..
            } => self.entries.get(key).is_some_and(|stored| !stored.volatile),
            Operation::Delete { key } => self.entries.contains_key(key),
        }
    }

    /// No volatile transaction may be given a revision above this now.
    fn volatile_limit(&self) -> u64 {
        let below_commit = self.in_flight.as_ref().map_or(u64::MAX, |commit| {
            if commit.transactions.is_empty() {
                u64::MAX
            } else {
                commit.first.0 - 1
            }
        });
        below_commit.min(self.reserved)
    }

    fn writes_of(&self, transaction: &Transaction, revision: Revision) -> Writes {
        let effective = transaction.then.iter().filter(|step| self.has_effect(step));
        effective
            .map(|operation| match operation {
                Operation::Put {
                    key,
                    value,
                    durability,
                } => {
                    let old = self.entries.get(key);
                    let stored = Stored {
                        entry: Arc::new(KeyValue {
                            key: key.clone(),
                            value: value.clone(),
                            created: old.map_or(revision, |stored| stored.entry.created),
                            modified: revision,
                        }),
                        volatile: *durability == Durability::Volatile
                            || old.is_some_and(|stored| stored.volatile),
                    };
                    (key.clone(), Some(stored))
                }
                Operation::Delete { key } => (key.clone(), None),
            })
            .collect()
    }

    fn apply(&mut self, revision: Revision, writes: Writes) {
        let mut changes = Vec::with_capacity(writes.len());
        for (key, stored) in writes {
            let change = match &stored {
                Some(stored) => Change::Put(Arc::clone(&stored.entry)),
                None => Change::Delete {
                    key: key.clone(),
                    modified: revision,
                },
            };
            changes.push(change);
            self.bytes += stored.as_ref().map_or(0, |stored| size(&stored.entry));
            let old = match stored {
                Some(stored) => self.entries.insert(key, stored),
                None => self.entries.remove(&key),
            };
            self.bytes -= old.map_or(0, |stored| size(&stored.entry));
        }
        self.revision = revision;
        let batch = Arc::new(Batch { revision, changes });
        self.history.record(Arc::clone(&batch));
        self.published.push(batch);
    }

    /// Whether there is room for the keys a transaction creates. What exists may always be changed:
    /// a full store must not stop a renewal.
    fn check_room(&self, transaction: &Transaction) -> Result<(), String> {
        let created = transaction.then.iter().filter_map(|step| match step {
            Operation::Put { key, value, .. } if !self.entries.contains_key(key) => {
                Some(key.len() + value.len())
            }
            Operation::Put { .. } | Operation::Delete { .. } => None,
        });
        let created: usize = created.sum();
        if created > 0 && self.bytes + created > STORE_BYTES_MAX {
            return Err(format!(
                "the store is full: {} bytes of at most {STORE_BYTES_MAX}; remove keys first",
                self.bytes
            ));
        }
        Ok(())
    }
}

/// Whether a commit is begun for volatile values alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// It is.
    Now,
    /// It is not: they go with the next durable transaction.
    WithNextCommit,
}

fn size(entry: &KeyValue) -> usize {
    entry.key.len() + entry.value.len()
}

/// Whether a transaction is well formed.
fn check(transaction: &Transaction) -> Result<(), String> {
    let steps = transaction.compare.len() + transaction.then.len();
    if steps > TRANSACTION_STEPS_MAX {
        return Err(format!(
            "{steps} comparisons and operations; at most {TRANSACTION_STEPS_MAX} are allowed"
        ));
    }
    let mut written = BTreeSet::new();
    for operation in &transaction.then {
        let key = key_of_operation(operation);
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(format!("a key must have 1 to {KEY_BYTES_MAX} bytes"));
        }
        if !written.insert(key) {
            return Err(format!("more than one operation on the key `{key}`"));
        }
        if let Operation::Put { value, .. } = operation
            && value.len() > VALUE_BYTES_MAX
        {
            return Err(format!(
                "the value of `{key}` is longer than {VALUE_BYTES_MAX} bytes"
            ));
        }
    }
    Ok(())
}
