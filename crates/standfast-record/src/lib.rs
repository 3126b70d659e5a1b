//! What lies in the store, as data: the records through which agents and controllers speak to each
//! other, their keys, the transactions that change them and the views that show them.
//!
//! One vocabulary for all: the decision core, the agents, the controllers, the command line and
//! the simulation use these very types. Records are JSON on the wire; unknown fields are ignored, so
//! that two adjacent versions understand each other.
//!
//! Deliberately absent: the store itself (its contract is `standfast-coordination`), clocks, and any
//! rule about when a record may change (that is `standfast-failover`).

mod change;
mod completion;
mod controller;
mod journal;
pub mod key;
mod lease;
mod loss;
mod member;
mod millis;
mod request;
mod succession;
mod transaction;
mod view;
mod writer;

pub use change::{Batch, Change, Snapshot};
pub use completion::{Completing, Completion};
pub use controller::Controller;
pub use journal::{Author, Event, Ids, Told};
pub use lease::{Lease, LeaseState, Position};
pub use loss::{Loss, LostCommit};
pub use member::{Member, Role};
pub use request::{Pause, Request, RequestKind, RequestState};
pub use succession::{Fork, Step, Succession, SuccessionKind};
pub use transaction::{
    Compare, Durability, KeyRead, KeyValue, Operation, Read, Revision, Transacted, Transaction,
    TransactionOutcome, Unanswered, Unreadable,
};
pub use view::{Bookmark, Connection, View};
pub use writer::Writer;
