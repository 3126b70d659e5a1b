//! A copy of everything under one prefix, as a mirror shows it.
//!
//! It may lag behind the store: decide from it, and let the comparisons of the transaction that follows
//! catch what it had missed.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Batch, Change, KeyValue, Revision, Unreadable};

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
}

impl View {
    /// A view of the given keys, for those who are tested with one.
    pub fn new(
        revision: Revision,
        connection: Connection,
        entries: impl IntoIterator<Item = KeyValue>,
    ) -> Self {
        let mut view = Self {
            revision,
            connection,
            entries: BTreeMap::new(),
        };
        entries.into_iter().for_each(|entry| view.put(entry));
        view
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

    fn put(&mut self, entry: KeyValue) {
        self.entries
            .insert(Arc::from(entry.key.as_str()), Arc::new(entry));
    }

    /// Takes in the changes of a batch that follows what the view has.
    pub fn apply(&mut self, batch: Batch) {
        self.revision = batch.revision;
        for change in batch.changes {
            match change {
                Change::Put(entry) => self.put(entry),
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
        let entries = keys.iter().map(|key| KeyValue {
            key: key.clone(),
            value: "1".to_owned(),
            created: Revision(1),
            modified: Revision(7),
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
