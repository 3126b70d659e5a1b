//! Reads and transactions.

use tokio::task::JoinSet;

use super::place::{Root, revision};
use crate::{Error, Store};
use standfast_record::{Durability, Revision, Transaction};

const COUNTS: u64 = 20;

pub(super) async fn keys_are_read_as_they_were_written<S: Store>(root: &Root<S>) {
    let read = root.store.get(&root.key("a")).await;
    let read = read.expect("the store reads a key that does not exist");
    assert_eq!(read.entry, None);
    let text = "{\"quoted\":\"\\\"\",\"umlaut\":\"ä\",\"zero\":\"\\u0000\"}\n\u{0}";
    let created = root.put("a", text).await;
    let modified = root.put("a", "").await;
    assert!(created < modified);
    let read = root.store.get(&root.key("a")).await;
    let read = read.expect("the store reads a key");
    assert!(read.revision >= modified);
    let entry = read.entry.expect("the key exists");
    assert_eq!(
        (entry.value.as_str(), entry.created, entry.modified),
        ("", created, modified)
    );
    root.put("a", text).await;
    assert_eq!(root.value("a").await.as_deref(), Some(text));
}

pub(super) async fn a_range_has_its_prefix_and_no_more<S: Store>(root: &Root<S>) {
    for name in ["b", "b/2", "b/1", "b0", "a", "c"] {
        root.put(name, name).await;
    }
    let snapshot = root.store.range(&root.key("b/")).await;
    let snapshot = snapshot.expect("the store reads a range");
    let keys: Vec<_> = snapshot.entries.keys().cloned().collect();
    assert_eq!(keys, [root.key("b/1"), root.key("b/2")]);
    for (key, entry) in &snapshot.entries {
        assert_eq!(key, &entry.key);
        assert!(entry.modified <= snapshot.revision);
    }
    let snapshot = root.store.range(&root.key("nothing")).await;
    let snapshot = snapshot.expect("the store reads an empty range");
    assert!(snapshot.entries.is_empty());
}

pub(super) async fn revisions_grow_with_each_write<S: Store>(root: &Root<S>) {
    let mut last = revision(&root.store).await;
    for round in 0..10 {
        let durability = if round % 2 == 0 {
            Durability::Durable
        } else {
            Durability::Volatile
        };
        let put = Transaction::new().put(root.key("a"), "same", durability);
        let outcome = root.transact(put).await;
        assert!(outcome.revision > last, "a write raises the revision");
        last = outcome.revision;
        assert!(revision(&root.store).await >= last);
    }
    let outcome = root.transact(Transaction::new()).await;
    assert!(outcome.succeeded && outcome.revision >= last);
}

pub(super) async fn revision_zero_means_absent<S: Store>(root: &Root<S>) {
    let key = root.key("a");
    let create = Transaction::new().if_modified_at(&key, Revision(0)).put(
        &key,
        "first",
        Durability::Durable,
    );
    let outcome = root.transact(create.clone()).await;
    assert!(
        outcome.succeeded,
        "a key that does not exist can be created"
    );
    assert!(!root.transact(create).await.succeeded, "and only once");

    let change = |at| {
        Transaction::new()
            .if_modified_at(&key, at)
            .put(&key, "second", Durability::Durable)
    };
    assert!(root.transact(change(outcome.revision)).await.succeeded);
    assert!(!root.transact(change(outcome.revision)).await.succeeded);
    assert_eq!(root.value("a").await.as_deref(), Some("second"));
}

pub(super) async fn a_failed_comparison_changes_nothing<S: Store>(root: &Root<S>) {
    let at = root.put("a", "1").await;
    let before = revision(&root.store).await;
    let outcome = root
        .transact(
            Transaction::new()
                .if_modified_at(root.key("a"), at)
                .if_modified_at(root.key("b"), at)
                .put(root.key("a"), "2", Durability::Durable)
                .put(root.key("c"), "2", Durability::Durable)
                .delete(root.key("a/gone")),
        )
        .await;
    assert!(!outcome.succeeded, "one comparison of two holds");
    assert_eq!(root.value("a").await.as_deref(), Some("1"));
    assert_eq!(root.value("c").await, None);
    assert!(outcome.revision >= before);
}

pub(super) async fn values_are_compared_exactly<S: Store>(root: &Root<S>) {
    root.put("a", "value").await;
    for (expected, holds) in [("value", true), ("value ", false), ("", false)] {
        let compare = Transaction::new().if_value_is(root.key("a"), expected);
        assert_eq!(
            root.transact(compare).await.succeeded,
            holds,
            "{expected:?}"
        );
    }
    let absent = Transaction::new().if_value_is(root.key("b"), "");
    assert!(
        !root.transact(absent).await.succeeded,
        "an absent key has no value"
    );
}

pub(super) async fn all_writes_share_one_revision<S: Store>(root: &Root<S>) {
    root.put("gone", "1").await;
    let outcome = root
        .transact(
            Transaction::new()
                .put(root.key("a"), "1", Durability::Durable)
                .put(root.key("b"), "1", Durability::Volatile)
                .delete(root.key("gone"))
                .delete(root.key("never")),
        )
        .await;
    assert!(outcome.succeeded);
    let snapshot = root.store.range(&root.prefix).await;
    let snapshot = snapshot.expect("the store reads a range");
    assert_eq!(snapshot.entries.len(), 2);
    for entry in snapshot.entries.values() {
        assert_eq!(entry.modified, outcome.revision);
        assert_eq!(entry.created, outcome.revision);
    }
}

pub(super) async fn a_removed_key_can_be_created_again<S: Store>(root: &Root<S>) {
    let first = root.put("a", "1").await;
    let key = root.key("a");
    let removal = Transaction::new().if_modified_at(&key, first).delete(&key);
    let removed = root.transact(removal.clone()).await;
    assert!(removed.succeeded && removed.revision > first);
    assert_eq!(root.value("a").await, None);
    assert!(!root.transact(removal).await.succeeded, "it is gone");
    let again =
        Transaction::new()
            .if_modified_at(&key, Revision(0))
            .put(&key, "2", Durability::Durable);
    let again = root.transact(again).await;
    assert!(again.succeeded);
    let read = root.store.get(&key).await.expect("the store reads a key");
    let entry = read.entry.expect("the key exists");
    assert_eq!(entry.created, again.revision, "it is a new key");
}

pub(super) async fn volatile_writes_are_seen_at_once<S: Store>(root: &Root<S>) {
    let key = root.key("lease");
    let mut at = root.put("lease", "0").await;
    for renewal in 1..=COUNTS {
        let renew = Transaction::new().if_modified_at(&key, at).put(
            &key,
            renewal.to_string(),
            Durability::Volatile,
        );
        let outcome = root.transact(renew).await;
        assert!(outcome.succeeded);
        at = outcome.revision;
        assert_eq!(root.value("lease").await, Some(renewal.to_string()));
    }
}

pub(super) async fn two_writes_to_one_key_are_refused<S: Store>(root: &Root<S>) {
    let twice = Transaction::new()
        .put(root.key("a"), "1", Durability::Durable)
        .delete(root.key("a"));
    let outcome = root.store.transact(twice).await;
    assert!(
        matches!(outcome, Err(Error::Refused { .. })),
        "two operations on one key must be refused, not {outcome:?}"
    );
    assert_eq!(root.value("a").await, None);
}

pub(super) async fn concurrent_counters_sum_up<S: Store>(root: &Root<S>, clients: Vec<S>) {
    root.put("counter", "0").await;
    let expected = u64::try_from(clients.len()).unwrap_or(0) * COUNTS;
    let mut counting = JoinSet::new();
    for client in clients {
        let key = root.key("counter");
        counting.spawn(async move {
            for _ in 0..COUNTS {
                count_up(&client, &key).await;
            }
        });
    }
    counting.join_all().await;
    assert_eq!(root.value("counter").await, Some(expected.to_string()));
}

async fn count_up(store: &impl Store, key: &str) {
    loop {
        let entry = store.get(key).await.expect("the store reads a key").entry;
        let entry = entry.expect("the counter exists");
        let count: u64 = entry.value.parse().expect("the counter is a number");
        let add = Transaction::new().if_modified_at(key, entry.modified).put(
            key,
            (count + 1).to_string(),
            Durability::Durable,
        );
        let outcome = store.transact(add).await;
        if outcome
            .expect("the store carries out a transaction")
            .succeeded
        {
            return;
        }
    }
}
