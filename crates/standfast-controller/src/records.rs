//! What the store says, as far as this controller has seen: of each database the right to write, the
//! writer and the members. A record that cannot be read is told of once and counts as absent; a member
//! keeps what it published before.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use standfast_failover::{Serving, serving};
use standfast_record::{KeyValue, Lease, Member, Revision, Unreadable, View, Writer, key};
use standfast_units::{Database, Epoch, Timestamp, chain};
use tracing::warn;

use crate::peers::Peers;
use crate::settings::Settings;

/// The records a controller decides from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    revision: Revision,
    leases: BTreeMap<Database, Known<Lease>>,
    writers: BTreeMap<Database, Known<Writer>>,
    peers: Peers,
    complaints: Complaints,
}

impl Records {
    /// Takes in what a view shows.
    pub(crate) fn update(&mut self, settings: &Settings, view: &View, now: Timestamp) {
        self.revision = view.revision;
        for database in settings.databases.keys() {
            let lease = view.entry(&key::lease(&settings.system, database));
            let known = self.leases.entry(database.clone()).or_default();
            known.take(lease, &mut self.complaints);
            let writer = view.entry(&key::writer(&settings.system, database));
            let known = self.writers.entry(database.clone()).or_default();
            known.take(writer, &mut self.complaints);
            for entry in view.range(&key::members(&settings.system, database)) {
                if self.peers.knows(database, entry) {
                    continue;
                }
                let member: Option<Member> =
                    self.complaints.readable(Some(entry), KeyValue::record);
                if let Some(member) = member {
                    self.peers.see(database, member, entry.modified, now);
                }
            }
        }
    }

    /// The revision of the view that was taken in last.
    pub(crate) const fn revision(&self) -> Revision {
        self.revision
    }

    /// Whom the writer name of a database is to mean.
    pub(crate) fn writer(&self, database: &Database) -> Option<&Writer> {
        self.writers.get(database)?.record.as_ref()
    }

    /// The epoch the writer name was verified under; zero while there is none.
    pub(crate) fn named(&self, database: &Database) -> Epoch {
        self.writer(database)
            .map_or(Epoch::ZERO, |writer| writer.epoch)
    }

    /// Members of a database that were heard of lately.
    pub(crate) fn fresh<'a>(
        &'a self,
        settings: &'a Settings,
        database: &'a Database,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Member> {
        self.peers.fresh(database, now, settings.fresh_for)
    }

    /// Who serves a database.
    pub(crate) fn serving(
        &self,
        settings: &Settings,
        database: &Database,
        now: Timestamp,
    ) -> Option<Serving> {
        serving(
            self.leases
                .get(database)
                .and_then(|known| known.record.as_ref()),
            self.fresh(settings, database, now),
        )
    }
}

/// One record, read anew only when it was written anew.
#[derive(Debug, Clone)]
struct Known<T> {
    modified: Option<Revision>,
    record: Option<T>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            modified: None,
            record: None,
        }
    }
}

impl<T: DeserializeOwned> Known<T> {
    fn take(&mut self, entry: Option<&KeyValue>, complaints: &mut Complaints) {
        let modified = entry.map(|entry| entry.modified);
        if modified != self.modified {
            self.modified = modified;
            self.record = complaints.readable(entry, KeyValue::record);
        }
    }
}

/// Which records could not be read, with the revision that was told of.
#[derive(Debug, Clone, Default)]
struct Complaints {
    told: BTreeMap<String, Revision>,
}

impl Complaints {
    /// The record of an entry; none, and a warning for each of its revisions, when it is not one.
    fn readable<T>(
        &mut self,
        entry: Option<&KeyValue>,
        read: impl FnOnce(&KeyValue) -> Result<T, Unreadable>,
    ) -> Option<T> {
        let entry = entry?;
        match read(entry) {
            Ok(record) => {
                self.told.remove(&entry.key);
                Some(record)
            }
            Err(error) => {
                let told = self.told.insert(entry.key.clone(), entry.modified);
                if told != Some(entry.modified) {
                    warn!(error = chain(&error), "a record was passed over");
                }
                None
            }
        }
    }
}
