//! The store: its real machine over a model of its disk and its connections.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_record::{Batch, Connection, Transaction, View, key};
use standfast_store::machine::{Commit, Flush, Loaded, Machine, Stored};
use standfast_units::System;

use crate::network::Endpoint;

/// A process that speaks to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Process {
    Agent(usize),
    Controller(usize),
    /// A person at a command line; their requests are not lost.
    Operator,
}

impl Process {
    pub(crate) fn endpoint(self) -> Endpoint {
        match self {
            Process::Agent(node) => Endpoint::Node(node),
            Process::Controller(region) => Endpoint::Region(region),
            Process::Operator => Endpoint::Store,
        }
    }
}

/// Whom to answer: the process, its life, and the number of its call.
pub(crate) type Caller = (Process, u64, u64);

/// What is on the disk, synced.
type Image = (BTreeMap<String, Stored>, u64);

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) machine: Machine<Caller>,
    pub(crate) up: bool,
    /// Grows with each start.
    pub(crate) life: u64,
    disk: Image,
    /// The commit on its way to the disk.
    committing: Option<Commit>,
    /// Who follows, by connection.
    pub(crate) watchers: BTreeMap<Process, u64>,
    /// A copy of the disk that an operator kept.
    pub(crate) backup: Option<Image>,
    prefix: String,
}

impl Store {
    pub(crate) fn new(system: &System) -> Self {
        let (machine, commit) = Machine::recover(Loaded::default());
        let mut store = Self {
            machine,
            up: true,
            life: 0,
            disk: (BTreeMap::new(), 0),
            committing: None,
            watchers: BTreeMap::new(),
            backup: None,
            prefix: key::system(system),
        };
        store.write(commit);
        store
    }

    fn write(&mut self, commit: Commit) {
        let (entries, reserved) = &mut self.disk;
        for (key, stored) in commit.writes {
            match stored {
                Some(stored) => entries.insert(key, stored),
                None => entries.remove(&key),
            };
        }
        *reserved = commit.reserved;
    }

    /// Takes a transaction up. What comes of it is in the machine's answers, now or after a commit.
    pub(crate) fn transact(&mut self, transaction: Transaction, caller: Caller) {
        self.machine.transact(transaction, caller);
    }

    /// Begins a commit when one is due; `true` when the disk is now busy with it.
    pub(crate) fn begin_commit(&mut self, flush: Flush) -> bool {
        if !self.up || self.committing.is_some() {
            return false;
        }
        self.committing = self.machine.begin_commit(flush);
        self.committing.is_some()
    }

    /// The disk has the commit.
    pub(crate) fn finish_commit(&mut self) {
        if let Some(commit) = self.committing.take() {
            self.write(commit);
            self.machine.finish_commit();
        }
    }

    /// The process ends. `reached`: whether the commit under way had got to the disk.
    pub(crate) fn crash(&mut self, reached: bool) {
        self.up = false;
        self.life += 1;
        self.watchers.clear();
        if let Some(commit) = self.committing.take().filter(|_| reached) {
            self.write(commit);
        }
    }

    pub(crate) fn restart(&mut self) {
        let (entries, reserved) = self.disk.clone();
        let (machine, commit) = Machine::recover(Loaded { entries, reserved });
        self.machine = machine;
        self.write(commit);
        self.up = true;
        self.life += 1;
    }

    pub(crate) fn keep_backup(&mut self) {
        self.backup = Some(self.disk.clone());
    }

    /// An older copy of its file is put in its place while it does not run.
    pub(crate) fn put_back(&mut self) -> bool {
        match self.backup.take() {
            Some(backup) if !self.up => {
                self.disk = backup;
                true
            }
            backup => {
                self.backup = backup;
                false
            }
        }
    }

    /// Everything under the system's prefix, as a mirror begins with it.
    pub(crate) fn view(&self) -> View {
        let snapshot = self.machine.range(&self.prefix);
        View::new(
            snapshot.revision,
            Connection::Connected,
            snapshot.entries.into_values(),
        )
    }

    /// What of a batch a mirror sees.
    pub(crate) fn under(&self, batch: &Batch) -> Option<Arc<Batch>> {
        batch.under(&self.prefix).map(Arc::new)
    }
}
