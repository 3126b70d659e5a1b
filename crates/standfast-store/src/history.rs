//! The newest batches, for watches that begin in the past.

use std::collections::VecDeque;
use std::sync::Arc;

use standfast_record::{Batch, Change, Revision};

use crate::defaults::{HISTORY_BATCHES_MAX, HISTORY_BYTES_MAX};
use crate::failure::Failure;

#[derive(Debug)]
pub(crate) struct RecentBatches {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    /// The oldest revision one can watch from.
    oldest: Revision,
}

impl RecentBatches {
    /// A history that begins after `oldest`.
    pub(crate) const fn after(oldest: Revision) -> Self {
        Self {
            batches: VecDeque::new(),
            bytes: 0,
            oldest,
        }
    }

    /// What changed under `prefix` after a revision; `now` is the store's revision.
    pub(crate) fn since(
        &self,
        prefix: &str,
        after: Revision,
        now: Revision,
    ) -> Result<Vec<Batch>, Failure> {
        if after < self.oldest {
            let oldest = self.oldest;
            return Err(Failure::Compacted { oldest });
        }
        if after > now {
            // The watcher has seen another file's revisions and must begin anew.
            let reason = format!(
                "revision {} lies ahead of the store's revision {}",
                after.0, now.0
            );
            return Err(Failure::Refused { reason });
        }
        Ok(self
            .batches
            .iter()
            .filter(|batch| batch.revision > after)
            .filter_map(|batch| batch.under(prefix))
            .collect())
    }

    /// Keeps a batch.
    pub(crate) fn record(&mut self, batch: Arc<Batch>) {
        self.bytes += size(&batch);
        self.batches.push_back(batch);
        while self.batches.len() > HISTORY_BATCHES_MAX || self.bytes > HISTORY_BYTES_MAX {
            let Some(dropped) = self.batches.pop_front() else {
                break;
            };
            self.bytes -= size(&dropped);
            self.oldest = dropped.revision;
        }
    }
}

fn size(batch: &Batch) -> usize {
    batch
        .changes
        .iter()
        .map(|change| match change {
            Change::Put(entry) => entry.key.len() + entry.value.len(),
            Change::Delete { key, .. } => key.len(),
        })
        .sum()
}
