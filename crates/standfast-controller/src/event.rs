//! What a controller is stepped with.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_record::{KeyRead, Transacted, View};
use standfast_units::Node;

use crate::ticket::Ticket;

/// What a [`Controller`](crate::Controller) is stepped with. An answer whose ticket is not open is
/// dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Nothing but time passed.
    Tick,
    /// The mirror of the system's records has changed, or was lost.
    View(Arc<View>),
    /// Which databases answered, seen from the controller's place.
    Probed(BTreeMap<Node, bool>),
    /// A write was read back through the path of clients, or was not, for this reason.
    Verified {
        /// Of the effect.
        ticket: Ticket,
        /// What came of it.
        result: Result<(), String>,
    },
    /// A key was read, or was not.
    Read {
        /// Of the effect.
        ticket: Ticket,
        /// The store's answer.
        read: KeyRead,
    },
    /// A transaction has ended.
    Transacted {
        /// Of the effect.
        ticket: Ticket,
        /// The store's answer.
        transacted: Transacted,
    },
    /// The zone on offer is served from now on, or was refused, for this reason.
    Served(Result<(), String>),
    /// People were told, or could not be, for this reason.
    Told {
        /// Of the effect.
        ticket: Ticket,
        /// What came of it.
        result: Result<(), String>,
    },
    /// The journal was trimmed, by so many entries, or was not, for this reason.
    Trimmed {
        /// What came of it.
        result: Result<usize, String>,
    },
}
