//! The agent's entries in the journal.

use std::sync::Arc;

use standfast_coordination::record::{Event, new_event_id};
use standfast_coordination::{Durability, Store, Transaction, key};
use standfast_units::Epoch;
use tracing::debug;

use crate::clock;
use crate::executor::json;
use crate::settings::Settings;

/// Writes entries under the agent's name.
#[derive(Debug, Clone)]
pub(crate) struct Journal<S> {
    store: S,
    settings: Arc<Settings>,
}

impl<S: Store> Journal<S> {
    pub(crate) fn new(store: S, settings: Arc<Settings>) -> Self {
        Self { store, settings }
    }

    /// An entry and its key, to be written with what it tells of.
    pub(crate) fn event(&self, epoch: Option<Epoch>, what: &str, detail: &str) -> (String, Event) {
        let at = clock::wall();
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        let id = new_event_id(at, high ^ low);
        let event = Event {
            at,
            by: format!("agent {}", self.settings.node),
            database: Some(self.settings.database.clone()),
            epoch,
            what: what.to_owned(),
            detail: detail.to_owned(),
        };
        (key::event(&self.settings.system, &id), event)
    }

    /// Writes an entry by itself. An entry that cannot be written holds nothing up.
    pub(crate) async fn note(&self, epoch: Option<Epoch>, what: &str, detail: &str) {
        let (key, event) = self.event(epoch, what, detail);
        let transaction = Transaction::new().put(key, json(&event), Durability::Volatile);
        if let Err(error) = self.store.transact(transaction).await {
            debug!(%error, what, "not journalled");
        }
    }
}
