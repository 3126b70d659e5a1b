//! What agents publish, with the instant each publication was first seen here.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_coordination::{Revision, View, key, record};
use standfast_units::{Database, Node, Timestamp};

use crate::settings::Settings;

/// The members of every database as this controller sees them.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    seen: BTreeMap<(Database, Node), (Revision, Timestamp, record::Member)>,
}

impl Peers {
    /// Takes in what is new.
    pub(crate) fn update(&mut self, settings: &Settings, view: &View, now: Timestamp) {
        for database in settings.databases.keys() {
            for entry in view.range(&key::members(&settings.system, database)) {
                let Ok(member) = entry.record::<record::Member>() else {
                    continue;
                };
                let id = (database.clone(), member.node.clone());
                let known = self.seen.get(&id).map(|(revision, _, _)| *revision);
                if known != Some(entry.modified) {
                    self.seen.insert(id, (entry.modified, now, member));
                }
            }
        }
    }

    /// Those of one database that were heard of lately.
    pub(crate) fn of<'a>(
        &'a self,
        database: &'a Database,
        now: Timestamp,
        fresh_for: Duration,
    ) -> impl Iterator<Item = &'a record::Member> {
        self.seen
            .iter()
            .filter(move |((of, _), (_, at, _))| of == database && now.since(*at) < fresh_for)
            .map(|(_, (_, _, member))| member)
    }
}
