//! Those who follow what changes in the store, each by a queue of its own.

use tokio::sync::mpsc;

use standfast_record::Batch;

use crate::defaults::WATCH_QUEUE_MAX;
use crate::failure::Failure;

/// The end of a watch the server's connection reads from.
pub(crate) type Events = mpsc::Receiver<Result<Batch, Failure>>;

#[derive(Debug)]
struct Watcher {
    prefix: String,
    events: mpsc::Sender<Result<Batch, Failure>>,
}

/// All watchers.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    all: Vec<Watcher>,
}

impl Watchers {
    /// Begins a watch with what has changed already.
    pub(crate) fn begin(&mut self, prefix: String, past: Vec<Batch>) -> Events {
        // One place more than may wait, for the message that the watch is over.
        let (events, receiver) = mpsc::channel(WATCH_QUEUE_MAX + past.len() + 1);
        for batch in past {
            // The channel was made to hold them.
            let _ = events.try_send(Ok(batch));
        }
        self.all.retain(|watcher| !watcher.events.is_closed());
        self.all.push(Watcher { prefix, events });
        receiver
    }

    /// Hands a batch to those it concerns.
    pub(crate) fn publish(&mut self, batch: &Batch) {
        self.all.retain(|watcher| {
            let Some(matching) = batch.under(&watcher.prefix) else {
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
    }
}
