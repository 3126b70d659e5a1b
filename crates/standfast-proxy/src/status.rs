//! What an operator can see of a proxy. Counts grow from its start and are never reset.
//!
//! Deliberately absent: addresses of clients, and anything about the bytes that pass.

use std::collections::BTreeMap;

use standfast_units::Epoch;
use thiserror::Error;

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
