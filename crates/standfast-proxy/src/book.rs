//! Who keeps the status of a proxy: counts that no task of a client can forget to take back.

use std::sync::Arc;

use standfast_units::Epoch;
use tokio::sync::watch;

use crate::source::WriterTarget;
use crate::status::{ClientRefusal, Closed, Cut, Status};

/// Keeps the status; every part of the proxy holds a handle.
#[derive(Debug, Clone)]
pub(crate) struct Book(Arc<watch::Sender<Status>>);

impl Book {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Status::default())))
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    /// Notes where the door stands, and returns how many clients were open just then.
    pub(crate) fn stand(&self, epoch: Epoch, door: Result<&WriterTarget, Closed>) -> usize {
        let mut open = 0;
        self.0.send_if_modified(|status| {
            open = status.open;
            let changed = status.epoch != epoch || status.door.as_ref().map_err(|&why| why) != door;
            status.epoch = epoch;
            status.door = door.cloned();
            changed
        });
        open
    }

    /// Counts one more client, up to `connections_max`.
    pub(crate) fn enter(&self, connections_max: usize) -> Result<CountedClient, ClientRefusal> {
        self.count(
            |status| &mut status.open,
            connections_max,
            ClientRefusal::ConnectionsMax,
        )
    }

    /// Counts one more client that waits, up to `waiting_max`.
    pub(crate) fn wait(&self, waiting_max: usize) -> Result<CountedClient, ClientRefusal> {
        self.count(
            |status| &mut status.waiting,
            waiting_max,
            ClientRefusal::WaitingMax,
        )
    }

    fn count(
        &self,
        count: fn(&mut Status) -> &mut usize,
        max: usize,
        refusal: ClientRefusal,
    ) -> Result<CountedClient, ClientRefusal> {
        let entered = self.0.send_if_modified(|status| {
            let count = count(status);
            let room = *count < max;
            *count += usize::from(room);
            room
        });
        if entered {
            Ok(CountedClient {
                book: self.clone(),
                count,
            })
        } else {
            Err(refusal)
        }
    }

    pub(crate) fn connected(&self) {
        self.0.send_modify(|status| status.connected += 1);
    }

    pub(crate) fn cut(&self, reason: Cut) {
        self.0
            .send_modify(|status| *status.cut.entry(reason).or_default() += 1);
    }

    pub(crate) fn refused(&self, reason: ClientRefusal) {
        self.0
            .send_modify(|status| *status.refused.entry(reason).or_default() += 1);
    }
}

/// One client in a count; leaves it when dropped, however its task ends.
#[derive(Debug)]
pub(crate) struct CountedClient {
    book: Book,
    count: fn(&mut Status) -> &mut usize,
}

impl Drop for CountedClient {
    fn drop(&mut self) {
        self.book.0.send_modify(|status| {
            let count = (self.count)(status);
            *count = count.saturating_sub(1);
        });
    }
}
