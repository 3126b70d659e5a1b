//! Keeping the journal short.

use standfast_units::System;

use standfast_record::{Transaction, key};

use crate::{Error, Store};

/// How many entries one transaction removes.
const TRIMMED_AT_ONCE: usize = 100;

/// Removes the oldest entries of a system's journal until `keep` remain; returns how many it removed.
/// Several processes may do so at once.
///
/// # Errors
/// When the store does not answer; what was removed until then stays removed.
pub async fn trim_events(store: &impl Store, system: &System, keep: usize) -> Result<usize, Error> {
    let events = store.range(&key::events(system)).await?.entries;
    let surplus = events.len().saturating_sub(keep);
    // Ids sort by time, so the first keys are the oldest entries. Entries are never changed, so
    // whether one is removed here or was by another controller comes to the same.
    let oldest: Vec<String> = events.into_keys().take(surplus).collect();
    for keys in oldest.chunks(TRIMMED_AT_ONCE) {
        let transaction = keys.iter().fold(Transaction::new(), Transaction::delete);
        store.transact(transaction).await?;
    }
    Ok(surplus)
}
