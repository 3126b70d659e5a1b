//! What a controller asks for.

use std::net::SocketAddr;
use std::sync::Arc;

use standfast_record::Transaction;
use standfast_units::{Epoch, Node};
use standfast_zone::DnsZone;

use crate::ticket::Ticket;

/// What a [`Controller`](crate::Controller) asks for. Each ends with exactly one
/// [`Event`](crate::Event), after a bounded time; effects of one step may be carried out at once and
/// end in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read a key anew; ends with [`Event::Read`](crate::Event::Read).
    Read {
        /// To be given back.
        ticket: Ticket,
        /// The key.
        key: String,
    },
    /// Carry out a transaction; ends with [`Event::Transacted`](crate::Event::Transacted).
    Transact {
        /// To be given back.
        ticket: Ticket,
        /// The transaction.
        transaction: Transaction,
    },
    /// Write under the epoch as a client would and read it back; ends with
    /// [`Event::Verified`](crate::Event::Verified).
    Verify {
        /// To be given back.
        ticket: Ticket,
        /// The node.
        node: Node,
        /// Where its database listens, seen from the controller's place.
        server: SocketAddr,
        /// The epoch.
        epoch: Epoch,
    },
    /// Serve this zone from now on; ends with [`Event::Served`](crate::Event::Served). The next one
    /// is offered only after that.
    Serve(Arc<DnsZone>),
    /// Tell people; ends with [`Event::Told`](crate::Event::Told).
    Tell {
        /// To be given back.
        ticket: Ticket,
        /// What to tell them.
        text: String,
    },
    /// Remove the oldest entries of the journal until so many remain; ends with
    /// [`Event::Trimmed`](crate::Event::Trimmed).
    TrimJournal {
        /// How many entries remain.
        keep: usize,
    },
}
