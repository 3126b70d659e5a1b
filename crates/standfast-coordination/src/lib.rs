//! Contract of the store: keys and values under one growing revision, changed by compare-and-swap
//! transactions and followed by watches, in etcd's model.
//!
//! What a store promises, and [`conformance`] checks:
//!
//! - A transaction is atomic; its comparisons and operations see one revision. A transaction that
//!   writes raises the revision by one; all its writes carry that revision.
//! - Reads and transactions are linearizable.
//! - A transaction that was acknowledged survives the crash of the store, save for writes asked for
//!   as [`Durability::Volatile`] (lease renewals, heartbeats; P21). After a restart, every key whose last
//!   write was volatile has been written again, under a new revision, so that whoever waits for a
//!   lease to stand still starts over. Revisions are never used twice.
//! - A watch delivers every change of its prefix after the revision it started from, in order, or
//!   ends with an error; it never skips.
//!
//! Deliberately absent: leases that expire by themselves. The right to write is a record that takers
//! watch on their own clock (P1).

mod contract;
pub mod key;
pub mod record;

pub use contract::{
    Batch, Change, Compare, Durability, Error, KeyValue, Operation, Read, Revision, Snapshot,
    Store, Transaction, TransactionOutcome, Watch,
};
