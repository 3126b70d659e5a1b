//! A store as one process with one file: for systems that live on one machine, and for tests.
//!
//! It is one process on one machine and therefore no quorum; beyond one machine the store is etcd.
//! It knows no users and no encryption: it listens where only this machine can reach it.
//!
//! # How it works
//!
//! The server holds all keys in memory; the [`machine`] is its state and its rules. One task evaluates
//! all requests in turn, and one thread writes the file (redb, an `fsync` per commit). The task never
//! waits for the thread.
//!
//! - A **read** is answered from memory at once.
//! - A **volatile transaction** (P21) changes memory, is acknowledged and sent to watchers at once,
//!   however long the disk takes. The file learns of it with the next commit, at most
//!   a second later plus the time of a commit.
//! - A **durable transaction** is evaluated at once, but neither seen by readers and watchers nor
//!   acknowledged before its commit is on stable storage. Those that arrive while a commit is under
//!   way share the next one.
//!
//! # What waits for what
//!
//! This is strict two-phase locking without reads. From its evaluation until its commit is stable, a
//! durable transaction holds the keys it writes and the keys it compares. Another transaction that
//! would write one of these, or compares one that is being written, waits for the commit and is
//! evaluated after it; so no client is told anything that a crash could take back, and what a
//! transaction compared is still so when it takes effect. Transactions on all other keys go on. One
//! that fails a comparison on a key that is not being written is refused at once. Hence the advice: a
//! durable transaction that compares a lease without writing it makes renewals of that lease wait.
//!
//! # Revisions
//!
//! A commit is given its revision when it begins, [`defaults::REVISIONS_PER_COMMIT`] ahead, so that
//! the volatile transactions which overtake it fit below and revisions are passed in the order in
//! which watchers see them. The file holds a bound no revision in use exceeds, kept
//! [`defaults::REVISIONS_RESERVED`] ahead; a restarted server begins above it.
//!
//! # After a crash
//!
//! The file remembers which keys were ever written volatile. A restarted server writes them all again
//! under one new revision before it serves: a taker who waits for a lease to stand still starts over
//! (P21), and so does a holder's compare-and-swap. The first volatile write of a key that was created
//! durable is therefore made durable, once. A key created volatile may be gone.

#[cfg(feature = "server")]
pub mod client;
#[cfg(feature = "server")]
mod connection;
pub mod defaults;
#[cfg(feature = "server")]
mod disk;
#[cfg(feature = "server")]
mod engine;
#[cfg(feature = "server")]
mod error;
mod failure;
mod history;
mod locks;
pub mod machine;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
mod transport;
#[cfg(feature = "server")]
mod watchers;
#[cfg(feature = "server")]
mod wire;

#[cfg(test)]
#[cfg(feature = "server")]
mod crash_tests;
#[cfg(test)]
#[cfg(feature = "server")]
mod slow_disk_tests;

#[cfg(feature = "server")]
pub use client::Client;
pub use failure::Failure;
