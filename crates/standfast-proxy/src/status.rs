//! What an operator can see of a proxy. Counts grow from its start and are never reset.
//!
//! Deliberately absent: addresses of clients, and anything about the bytes that pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_units::Epoch;
use thiserror::Error;
use tokio::sync::watch;

use crate::source::WriterTarget;

/// Why established connections were cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Cut {
    /// No renewal was seen for so long that another node may have taken over.
    #[error("no renewal of the lease was seen in time")]
    Lapsed,
    /// The holder gave its right to write up.
    #[error("the lease was released")]
    Released,
    /// A newer epoch has begun.
    #[error("a newer epoch has begun")]
    Superseded,
    /// The proxy was shut down.
    #[error("the proxy was shut down")]
    ShutDown,
}

/// Why no client is connected at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Closed {
    /// No node holds the right to write, or the lease record could not be read yet.
    #[default]
    NotHeld,
    /// No renewal of the lease was seen for too long, or none yet.
    Unproven,
    /// The epoch has begun, but no write has been verified under it (P13).
    Unverified,
}

impl From<Cut> for Closed {
    fn from(reason: Cut) -> Self {
        match reason {
            Cut::Released | Cut::ShutDown => Self::NotHeld,
            Cut::Lapsed | Cut::Superseded => Self::Unproven,
        }
    }
}

/// Why a client was closed without ever being connected to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientRefusal {
    /// As many connections were open as allowed.
    ConnectionsMax,
    /// As many clients were waiting as allowed.
    WaitingMax,
    /// No database could be connected to within the time a client is held.
    ConnectWait,
    /// The client left while it was held.
    ClientLeft,
    /// The proxy was shut down.
    ShutDown,
}

/// The state of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The newest epoch seen; zero before any.
    pub epoch: Epoch,
    /// Where new clients are connected, or why they are held.
    pub door: Result<WriterTarget, Closed>,
    /// Clients accepted and not yet ended, those that wait included.
    pub open: usize,
    /// Clients held until there is a database to connect them to.
    pub waiting: usize,
    /// Clients that were connected to a database.
    pub connected: u64,
    /// Connections cut, by reason.
    pub cut: BTreeMap<Cut, u64>,
    /// Clients refused, by reason.
    pub refused: BTreeMap<ClientRefusal, u64>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            epoch: Epoch::ZERO,
            door: Err(Closed::default()),
            open: 0,
            waiting: 0,
            connected: 0,
            cut: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }
}

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
