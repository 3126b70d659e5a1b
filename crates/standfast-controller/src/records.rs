//! What the store says, as far as this controller has seen: of each database the right to write, the
//! writer and the members. A record that cannot be read is told of once and counts as absent; a member
//! keeps what it published before.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use standfast_failover::{Serving, serving};
use standfast_record::{
    Bookmark, KeyValue, Lease, Member, Revision, Unreadable, View, Writer, key,
};
use standfast_units::{Database, Epoch, Timestamp, chain};
use tracing::warn;

use crate::peers::Peers;
use crate::settings::Settings;

/// The records a controller decides from.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    revision: Revision,
    bookmark: Bookmark,
    databases: BTreeMap<Database, DatabaseRecords>,
    peers: Peers,
    complaints: Complaints,
}

/// What there is about one database, and where it lies.
#[derive(Debug, Clone)]
struct DatabaseRecords {
    lease: Known<Lease>,
    writer: Known<Writer>,
    members_key: String,
}

impl Records {
    /// Nothing was seen yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let records = |database: &Database| DatabaseRecords {
            lease: Known::at(key::lease(&settings.system, database)),
            writer: Known::at(key::writer(&settings.system, database)),
            members_key: key::members(&settings.system, database),
        };
        let databases = settings.databases.keys();
        Self {
            revision: Revision::default(),
            bookmark: Bookmark::default(),
            databases: databases
                .map(|each| (each.clone(), records(each)))
                .collect(),
            peers: Peers::default(),
            complaints: Complaints::default(),
        }
    }

    /// Takes in what a view shows.
    pub(crate) fn update(&mut self, view: &View, now: Timestamp) {
        self.revision = view.revision;
        let news = view.news(&mut self.bookmark);
        for (database, records) in &mut self.databases {
            records.lease.take(view, &mut self.complaints);
            records.writer.take(view, &mut self.complaints);
            for entry in &news {
                if !entry.key.starts_with(&records.members_key) || self.peers.knows(database, entry)
                {
                    continue;
                }
                let member: Option<Member> =
                    self.complaints.readable(Some(*entry), KeyValue::record);
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
        self.databases.get(database)?.writer.record.as_ref()
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
        let records = self.databases.get(database);
        let lease = records.and_then(|records| records.lease.record.as_ref());
        serving(lease, self.fresh(settings, database, now))
    }
}

/// One record, read anew only when it was written anew.
#[derive(Debug, Clone)]
struct Known<T> {
    key: String,
    modified: Option<Revision>,
    record: Option<T>,
}

impl<T: DeserializeOwned> Known<T> {
    /// Nothing is known yet of the record at this key.
    const fn at(key: String) -> Self {
        Self {
            key,
            modified: None,
            record: None,
        }
    }

    fn take(&mut self, view: &View, complaints: &mut Complaints) {
        let entry = view.entry(&self.key);
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
