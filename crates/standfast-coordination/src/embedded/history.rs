//! The newest batches, and those who follow them.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::defaults::{HISTORY_BATCHES_MAX, HISTORY_BYTES_MAX, WATCH_QUEUE_MAX};
use super::wire::Failure;
use crate::{Batch, Change, Revision};

/// The end of a watch the server's connection reads from.
pub(super) type Events = mpsc::Receiver<Result<Batch, Failure>>;

#[derive(Debug)]
struct Watcher {
    prefix: String,
    events: mpsc::Sender<Result<Batch, Failure>>,
}

#[derive(Debug)]
pub(super) struct History {
    batches: VecDeque<Batch>,
    bytes: usize,
    /// The oldest revision one can watch from.
    oldest: Revision,
    watchers: Vec<Watcher>,
}

impl History {
    /// A history that begins after `oldest`.
    pub(super) const fn after(oldest: Revision) -> Self {
        Self {
            batches: VecDeque::new(),
            bytes: 0,
            oldest,
            watchers: Vec::new(),
        }
    }

    /// Begins a watch of what follows `after`; `now` is the store's revision.
    pub(super) fn watch(
        &mut self,
        prefix: String,
        after: Revision,
        now: Revision,
    ) -> Result<Events, Failure> {
        if after < self.oldest {
            let oldest = self.oldest;
            return Err(Failure::Compacted { oldest });
        }
        if after > now {
            // Whoever asks has seen another file's revisions and must begin anew.
            let reason = format!(
                "revision {} lies ahead of the store's revision {}",
                after.0, now.0
            );
            return Err(Failure::Refused { reason });
        }
        let past: Vec<Batch> = self
            .batches
            .iter()
            .filter(|batch| batch.revision > after)
            .filter_map(|batch| under(batch, &prefix))
            .collect();
        // One place more than may wait, for the message that the watch is over.
        let (events, receiver) = mpsc::channel(WATCH_QUEUE_MAX + past.len() + 1);
        for batch in past {
            // The channel was made to hold them.
            let _ = events.try_send(Ok(batch));
        }
        self.watchers.retain(|watcher| !watcher.events.is_closed());
        self.watchers.push(Watcher { prefix, events });
        Ok(receiver)
    }

    /// Records a batch and hands it to those who watch.
    pub(super) fn publish(&mut self, batch: Batch) {
        self.watchers.retain(|watcher| {
            let Some(matching) = under(&batch, &watcher.prefix) else {
                return true;
            };
            if watcher.events.capacity() > 1 {
                return watcher.events.try_send(Ok(matching)).is_ok();
            }
            // Never skipped: a watcher too slow to follow must begin anew, and is told so.
            let queued_max = WATCH_QUEUE_MAX;
            let _ = watcher
                .events
                .try_send(Err(Failure::Overrun { queued_max }));
            false
        });
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

fn under(batch: &Batch, prefix: &str) -> Option<Batch> {
    let changes: Vec<Change> = batch
        .changes
        .iter()
        .filter(|change| change.key().starts_with(prefix))
        .cloned()
        .collect();
    (!changes.is_empty()).then_some(Batch {
        revision: batch.revision,
        changes,
    })
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
