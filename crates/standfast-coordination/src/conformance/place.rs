//! Where one check writes, and how it asks.

use std::time::Duration;

use standfast_record::{Batch, Durability, Revision, Transaction, TransactionOutcome};

use crate::{Store, Watch};

/// How long a change may take to reach a watcher.
const DELIVERY_WAIT: Duration = Duration::from_secs(10);

/// A store and the place below which one check writes.
pub(super) struct Root<S> {
    pub(super) store: S,
    pub(super) prefix: String,
}

impl<S: Store> Root<S> {
    /// A place no test has written to: its name holds a revision newer than any earlier run's.
    pub(super) async fn of(store: S, check: &str) -> Self {
        let now = revision(&store).await;
        let prefix = format!("/conformance/{}/{check}/", now.0);
        Self { store, prefix }
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) async fn transact(&self, transaction: Transaction) -> TransactionOutcome {
        let outcome = self.store.transact(transaction).await;
        outcome.expect("the store carries out a transaction")
    }

    /// Writes a key unconditionally.
    pub(super) async fn put(&self, name: &str, value: &str) -> Revision {
        let put = Transaction::new().put(self.key(name), value, Durability::Durable);
        let outcome = self.transact(put).await;
        assert!(
            outcome.succeeded,
            "a transaction without comparisons succeeds"
        );
        outcome.revision
    }

    pub(super) async fn value(&self, name: &str) -> Option<String> {
        let read = self.store.get(&self.key(name)).await;
        let entry = read.expect("the store reads a key").entry;
        entry.map(|entry| entry.value.clone())
    }

    pub(super) async fn watch(&self, name: &str, after: Revision) -> Watch {
        let watch = self.store.watch(&self.key(name), after).await;
        watch.expect("the store begins a watch")
    }
}

pub(super) async fn revision(store: &impl Store) -> Revision {
    let read = store.get("/conformance").await;
    read.expect("the store reads a key").revision
}

pub(super) async fn next(watch: &mut Watch) -> Batch {
    tokio::time::timeout(DELIVERY_WAIT, watch.next())
        .await
        .expect("a change reaches the watcher in time")
        .expect("the watch goes on")
}
