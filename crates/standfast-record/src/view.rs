//! A copy of everything under one prefix, as a mirror shows it.
//!
//! It may lag behind the store: decide from it, and let the comparisons of the transaction that follows
//! catch what it had missed.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Batch, Change, KeyValue, Revision, Unreadable};

/// How many of its last writes a view remembers in their order. A reader that is further behind than this
/// looks at everything.
const RECENT: usize = 64;

/// Whether a mirror follows the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It follows.
    Connected,
    /// It does not, or has not yet; it shows what it saw last and tries again by itself.
    Lost,
}

/// Everything under the prefix as of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The newest revision seen.
    pub revision: Revision,
    /// Whether the mirror follows the store.
    pub connection: Connection,
    /// Shared, because each change of one key makes a new view of all.
    entries: BTreeMap<Arc<str>, Arc<KeyValue>>,
    /// What was written after `recent_after`, in its order.
    recent: VecDeque<Arc<KeyValue>>,
    recent_after: Revision,
    /// The same allocation in all views that grew from one snapshot.
    snapshot: Arc<()>,
}

/// How far a reader has read the views of one mirror.
#[derive(Debug, Clone, Default)]
pub struct Bookmark {
    /// The snapshot and the newest revision of the view that was read last.
    read: Option<(Arc<()>, Revision)>,
}

impl View {
    /// A view of the given keys, for those who are tested with one.
    pub fn new(
        revision: Revision,
        connection: Connection,
        entries: impl IntoIterator<Item = Arc<KeyValue>>,
    ) -> Self {
        let entries = entries.into_iter();
        Self {
            revision,
            connection,
            entries: entries
                .map(|each| (Arc::from(each.key.as_str()), each))
                .collect(),
            recent: VecDeque::new(),
            recent_after: revision,
            snapshot: Arc::default(),
        }
    }

    /// A key.
    pub fn entry(&self, key: &str) -> Option<&KeyValue> {
        self.entries.get(key).map(AsRef::as_ref)
    }

    /// A key's record with the revision to compare in a transaction that changes it; none when the key
    /// does not exist.
    ///
    /// # Errors
    /// When the value is not such a record.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<(T, Revision)>, Unreadable> {
        self.entry(key)
            .map(|entry| Ok((entry.record()?, entry.modified)))
            .transpose()
    }

    /// The revision of a key's last write; zero when it does not exist.
    pub fn modified(&self, key: &str) -> Revision {
        self.entry(key)
            .map_or(Revision::default(), |entry| entry.modified)
    }

    /// All keys that begin with `prefix`, in order.
    pub fn range(&self, prefix: &str) -> impl DoubleEndedIterator<Item = &KeyValue> {
        let entries = self
            .entries
            .range::<str, _>((Bound::Included(prefix), past(prefix).as_bound()));
        entries.map(|(_, entry)| entry.as_ref())
    }

    /// All keys, in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &KeyValue> {
        self.entries.values().map(AsRef::as_ref)
    }

    /// What a reader has not read yet, and moves its bookmark: the keys that were written since, in the
    /// order of their last writes. Everything, in the order of the keys, for one that has read nothing, has
    /// read a view that grew from another snapshot (the store may have been put back), or is far behind.
    /// Keys that were removed are not among them.
    pub fn news(&self, bookmark: &mut Bookmark) -> Vec<&KeyValue> {
        let now = Some((Arc::clone(&self.snapshot), self.revision));
        let after = std::mem::replace(&mut bookmark.read, now)
            .filter(|(snapshot, _)| Arc::ptr_eq(snapshot, &self.snapshot))
            .map(|(_, revision)| revision)
            .filter(|revision| *revision >= self.recent_after);
        let Some(after) = after else {
            return self.entries().collect();
        };
        let first = self.recent.partition_point(|entry| entry.modified <= after);
        self.recent
            .range(first..)
            .filter(|entry| {
                let current = self.entries.get(entry.key.as_str());
                current.is_some_and(|current| Arc::ptr_eq(current, entry))
            })
            .map(AsRef::as_ref)
            .collect()
    }

    fn put(&mut self, entry: Arc<KeyValue>) {
        if let Some(current) = self.entries.get_mut(entry.key.as_str()) {
            *current = Arc::clone(&entry);
        } else {
            let key = Arc::from(entry.key.as_str());
            self.entries.insert(key, Arc::clone(&entry));
        }
        self.recent.push_back(entry);
        if self.recent.len() > RECENT
            && let Some(forgotten) = self.recent.pop_front()
        {
            self.recent_after = forgotten.modified;
        }
    }

    /// Takes in the changes of a batch that follows what the view has.
    pub fn apply(&mut self, batch: &Batch) {
        self.revision = batch.revision;
        for change in &batch.changes {
            match change {
                Change::Put(entry) => self.put(Arc::clone(entry)),
                Change::Delete { key, .. } => {
                    self.entries.remove(key.as_str());
                }
            }
        }
    }
}

/// The end of the keys that begin with a prefix.
enum Past {
    Everything,
    Before(String),
}

impl Past {
    fn as_bound(&self) -> Bound<&str> {
        match self {
            Self::Everything => Bound::Unbounded,
            Self::Before(end) => Bound::Excluded(end),
        }
    }
}

/// The first text that sorts after all that begin with `prefix`.
fn past(prefix: &str) -> Past {
    let mut kept = prefix.to_owned();
    while let Some(last) = kept.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            kept.push(next);
            return Past::Before(kept);
        }
    }
    Past::Everything
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(keys: &[String]) -> View {
        let entries = keys.iter().map(|key| {
            Arc::new(KeyValue {
                key: key.clone(),
                value: "1".to_owned(),
                created: Revision(1),
                modified: Revision(7),
            })
        });
        View::new(Revision(9), Connection::Connected, entries)
    }

    proptest! {
        #[test]
        fn a_range_is_what_begins_with_its_prefix(
            keys in prop::collection::vec("[a-c\u{10fffe}-\u{10ffff}]{0,4}", 0..20),
            prefix in "[a-c\u{d7ff}\u{10ffff}]{0,3}",
        ) {
            let view = view(&keys);
            let expected: Vec<_> = view.entries().filter(|e| e.key.starts_with(&prefix)).collect();
            prop_assert_eq!(view.range(&prefix).collect::<Vec<_>>(), expected);
        }
    }

    fn written(key: usize, revision: u64) -> Change {
        Change::Put(Arc::new(KeyValue {
            key: format!("key-{key}"),
            value: revision.to_string(),
            created: Revision(1),
            modified: Revision(revision),
        }))
    }

    proptest! {
        /// A reader that looks at a mirror at any moments has then read the last value of every key.
        #[test]
        fn a_reader_misses_no_write(
            steps in prop::collection::vec((0_usize..100, prop::bool::weighted(0.1), 0_u32..4), 1..300),
        ) {
            let mut view = view(&[]);
            let (mut bookmark, mut read) = (Bookmark::default(), BTreeMap::new());
            for (step, (key, removed, wait)) in steps.iter().enumerate() {
                let revision = u64::try_from(step).unwrap() + 10;
                let change = if *removed {
                    Change::Delete { key: format!("key-{key}"), modified: Revision(revision) }
                } else {
                    written(*key, revision)
                };
                view.apply(&Batch { revision: Revision(revision), changes: vec![change] });
                if *removed {
                    read.remove(&format!("key-{key}"));
                }
                if *wait == 0 {
                    for entry in view.news(&mut bookmark) {
                        read.insert(entry.key.clone(), entry.value.clone());
                    }
                    let all = view.entries().map(|each| (each.key.clone(), each.value.clone()));
                    prop_assert_eq!(&read, &all.collect());
                }
            }
        }
    }

    #[test]
    fn nothing_is_read_twice_of_one_snapshot_and_everything_of_another() {
        let mut bookmark = Bookmark::default();
        let mut view = view(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(view.news(&mut bookmark).len(), 2);
        assert_eq!(view.news(&mut bookmark).len(), 0);
        let changes = vec![written(1, 10), written(2, 10)];
        view.apply(&Batch {
            revision: Revision(10),
            changes,
        });
        assert_eq!(view.news(&mut bookmark).len(), 2);
        let entries: Vec<_> = view.entries().cloned().map(Arc::new).collect();
        let put_back = View::new(Revision(10), Connection::Connected, entries);
        assert_eq!(put_back.news(&mut bookmark).len(), 4);
    }

    #[test]
    fn a_record_comes_with_the_revision_to_compare() {
        let view = view(&["a".to_owned()]);
        assert_eq!(view.get::<u64>("a").unwrap(), Some((1, Revision(7))));
        assert_eq!(view.get::<u64>("b").unwrap(), None);
        assert_eq!(view.modified("b"), Revision(0));
        let error = view.get::<bool>("a").unwrap_err();
        assert_eq!(error.to_string(), "the record at `a` cannot be read");
    }
}
