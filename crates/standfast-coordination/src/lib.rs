//! Contract of the store: keys and values under one growing revision, changed by compare-and-swap
//! transactions and followed by watches, in etcd's model.
//!
//! What a store promises, and the module `conformance` (feature of the same name) checks:
//!
//! - A transaction is atomic; its comparisons and operations see one revision. A transaction that
//!   writes raises the revision; all its writes carry the new one, and no other transaction does.
//!   Revisions may leave gaps.
//! - Reads and transactions are linearizable.
//! - A call that fails as [`Error::Unreachable`] or [`Error::Refused`] has changed nothing. After
//!   [`Error::OutcomeUnknown`] a transaction has been applied, or never will be, or will be later: only
//!   a comparison on a revision it would have changed tells, and fences it off.
//! - A transaction that was acknowledged survives the crash of the store, save for writes asked for
//!   as [`Durability::Volatile`](standfast_record::Durability::Volatile) (lease renewals, heartbeats;
//!   P21). After a restart, every key whose last write was volatile has been written again, under a
//!   new revision, so that a taker that waits for a lease to stand still starts over. Revisions are
//!   never used twice.
//! - A watch delivers every change of its prefix after the revision it started from, in order, or
//!   ends with an error; it never skips.
//!
//! Deliberately absent: leases that expire by themselves. The right to write is a record that takers
//! watch on their own clock (P1).

mod backoff;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod journal;
mod mirror;

pub use backoff::Backoff;
pub use contract::{Error, Store, Watch};
pub use journal::trim_events;
pub use mirror::Mirror;
