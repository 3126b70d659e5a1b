//! Completing the record of a change of primary, step by step, each step once.

use standfast_units::WallTime;

use crate::record::{Fork, Step, Transition};
use crate::{Durability, Error, Store, Transaction};

/// How often a write that met another one is tried again. Two or three parties complete one record.
const ATTEMPTS_MAX: u32 = 8;

/// Notes when a step was done, and the fork when there is one. A step that is there already stays as it
/// is; a record that is not there is left alone.
///
/// # Errors
/// When the store does not answer, or others kept changing the record.
pub async fn complete(
    store: &impl Store,
    key: &str,
    step: Step,
    at: WallTime,
    fork: Option<Fork>,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS_MAX {
        let Some(entry) = store.get(key).await?.entry else {
            return Ok(());
        };
        let mut transition: Transition = entry.record()?;
        if transition.steps.contains_key(&step) {
            return Ok(());
        }
        transition.steps.insert(step, at);
        transition.fork = transition.fork.or(fork);
        let transaction = Transaction::new()
            .if_modified_at(key, entry.modified)
            .put_record(key, &transition, Durability::Durable)?;
        if store.transact(transaction).await?.succeeded {
            return Ok(());
        }
    }
    Err(Error::Refused {
        reason: format!("{key} was changed by others {ATTEMPTS_MAX} times in a row"),
    })
}
