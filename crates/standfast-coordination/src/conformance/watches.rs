//! What every store must promise of a watch: all changes, in order, or an error.

use std::sync::Arc;
use tokio::task::JoinSet;

use super::place::{Root, next, revision};
use crate::Store;
use standfast_record::{Change, Durability, KeyValue, Revision, Transaction};

const WRITES: u64 = 50;

pub(super) async fn every_change_comes_in_order<S: Store>(root: &Root<S>) {
    let start = revision(&root.store).await;
    let mut watch = root.watch("", start).await;
    let mut last = start;
    for count in 0..WRITES {
        let durability = if count % 2 == 0 {
            Durability::Volatile
        } else {
            Durability::Durable
        };
        let put = Transaction::new().put(root.key("a"), count.to_string(), durability);
        let written = root.transact(put).await.revision;
        let batch = next(&mut watch).await;
        assert_eq!(batch.revision, written);
        assert!(batch.revision > last);
        last = batch.revision;
        assert_eq!(value(&batch.changes), count.to_string());
    }
}

pub(super) async fn the_past_comes_first<S: Store>(root: &Root<S>) {
    let mut written = Vec::new();
    for count in 0..5 {
        written.push(root.put("a", &count.to_string()).await);
    }
    let mut watch = root.watch("", written[1]).await;
    written.push(root.put("a", "5").await);
    for expected in &written[2..] {
        assert_eq!(next(&mut watch).await.revision, *expected);
    }
}

pub(super) async fn only_the_prefix_is_watched<S: Store>(root: &Root<S>) {
    let start = revision(&root.store).await;
    let mut watch = root.watch("b/", start).await;
    root.put("a", "1").await;
    root.put("b", "1").await;
    root.put("b0", "1").await;
    let mixed = Transaction::new()
        .put(root.key("c"), "1", Durability::Durable)
        .put(root.key("b/1"), "2", Durability::Durable);
    let expected = root.transact(mixed).await.revision;
    let batch = next(&mut watch).await;
    assert_eq!(batch.revision, expected);
    let keys: Vec<_> = batch.changes.iter().map(Change::key).collect();
    assert_eq!(keys, [root.key("b/1")]);
}

pub(super) async fn one_transaction_is_one_batch<S: Store>(root: &Root<S>) {
    let start = revision(&root.store).await;
    let mut watch = root.watch("", start).await;
    let two = Transaction::new()
        .put(root.key("b"), "1", Durability::Durable)
        .put(root.key("a"), "1", Durability::Volatile);
    let written = root.transact(two).await.revision;
    let batch = next(&mut watch).await;
    let expected = ["b", "a"].map(|name| {
        Change::Put(Arc::new(KeyValue {
            key: root.key(name),
            value: "1".to_owned(),
            created: written,
            modified: written,
        }))
    });
    assert_eq!(batch.changes, expected, "in the order of the operations");
}

pub(super) async fn a_removal_is_told<S: Store>(root: &Root<S>) {
    let created = root.put("a", "1").await;
    let mut watch = root.watch("", created).await;
    root.transact(Transaction::new().delete(root.key("never")))
        .await;
    let removed = root
        .transact(Transaction::new().delete(root.key("a")))
        .await;
    let batch = next(&mut watch).await;
    assert_eq!(
        batch.changes,
        [Change::Delete {
            key: root.key("a"),
            modified: removed.revision
        }],
        "removing a key that does not exist is no change"
    );
}

/// Begins a watch from a snapshot while others write, and follows until it has caught up: what the
/// snapshot held and what the watch told must come to what the store holds.
pub(super) async fn a_watch_during_writes_misses_nothing<S: Store>(
    root: &Root<S>,
    clients: Vec<S>,
) {
    let mut writing = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let key = root.key(&format!("writer/{number}"));
        writing.spawn(async move {
            for count in 1..=WRITES {
                let put = Transaction::new().put(&key, count.to_string(), Durability::Volatile);
                let outcome = client.transact(put).await;
                outcome.expect("the store carries out a transaction");
            }
        });
    }
    root.put("begun", "").await;
    let prefix = root.key("writer/");
    let snapshot = root.store.range(&prefix).await;
    let snapshot = snapshot.expect("the store reads a range");
    let mut watch = root.watch("writer/", snapshot.revision).await;
    writing.join_all().await;
    let end = root.store.range(&prefix).await;
    let end = end.expect("the store reads a range").entries;

    let mut entries = snapshot.entries;
    let mut last = snapshot.revision;
    while entries != end {
        let batch = next(&mut watch).await;
        assert!(batch.revision > last);
        last = batch.revision;
        for change in batch.changes {
            let Change::Put(entry) = change else {
                continue;
            };
            let before = entries
                .get(&entry.key)
                .map_or(0, |entry| count(&entry.value));
            assert_eq!(count(&entry.value), before + 1, "none is skipped");
            assert_ne!(entry.created, Revision(0));
            entries.insert(entry.key.clone(), entry);
        }
    }
}

fn value(changes: &[Change]) -> &str {
    match changes {
        [Change::Put(entry)] => &entry.value,
        other => unreachable!("one key was written, not {other:?}"),
    }
}

fn count(value: &str) -> u64 {
    value.parse().expect("the value is a number")
}
