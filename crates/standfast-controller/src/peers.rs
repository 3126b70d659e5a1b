//! What agents publish, with the instant each publication was first seen here.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_record::{KeyValue, Member, Revision};
use standfast_units::{Database, Node, Timestamp};

/// The members of every database as this controller sees them. A member whose record goes away stays
/// until it is no longer fresh.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peers {
    seen: BTreeMap<(Database, Node), Heard>,
}

#[derive(Debug, Clone)]
struct Heard {
    revision: Revision,
    seen_at: Timestamp,
    member: Member,
}

impl Peers {
    /// Whether this publication was taken in already.
    pub(crate) fn knows(&self, database: &Database, entry: &KeyValue) -> bool {
        self.seen.iter().any(|((of, node), heard)| {
            of == database && heard.revision == entry.modified && entry.key.ends_with(node.as_str())
        })
    }

    /// Takes in a publication, should it be new.
    pub(crate) fn see(
        &mut self,
        database: &Database,
        member: Member,
        revision: Revision,
        now: Timestamp,
    ) {
        let id = (database.clone(), member.node.clone());
        if self.seen.get(&id).map(|known| known.revision) != Some(revision) {
            let heard = Heard {
                revision,
                seen_at: now,
                member,
            };
            self.seen.insert(id, heard);
        }
    }

    /// Those of one database that were heard of lately.
    pub(crate) fn fresh<'a>(
        &'a self,
        database: &'a Database,
        now: Timestamp,
        fresh_for: Duration,
    ) -> impl Iterator<Item = &'a Member> {
        self.seen
            .iter()
            .filter(move |((of, _), heard)| of == database && now.since(heard.seen_at) < fresh_for)
            .map(|(_, heard)| &heard.member)
    }
}
