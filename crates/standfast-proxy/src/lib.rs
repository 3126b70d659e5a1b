//! The writer's TCP door: connects clients to the database of the current epoch, and forwards nothing
//! once that epoch may be over.
//!
//! - [`validity`], pure: which bytes may be forwarded until when, from reads of the lease record (P22).
//! - `keeper`: reads the record again and again, on a thread of its own.
//! - `door`: opens and closes, cuts connections when validity ends, logs each transition once.
//! - `session`: one client, from its acceptance or refusal to its end; `relay` moves its bytes.
//! - [`Proxy`]: the listener, the limits and the shutdown around them.
//!
//! Deliberately absent: any knowledge of the store (a [`LeaseSource`] is given), of a database
//! protocol (nothing is parsed, nothing is replayed, a refusal is a closed connection), and a clock
//! (a [`Clock`] is given; it must be `CLOCK_BOOTTIME`, P3).
//!
//! **What is promised.** Unless the right to write was released (below), no byte read from the
//! database of an epoch is handed to the kernel, for a client, after another node can have begun a
//! newer one; however long the proxy, its reads or its machine were frozen.
//!
//! **What is not.** Bytes the kernel took before then are on their way, like any packet. A freeze that
//! strikes in the few instructions between the check and the system call lets that one write pass: at
//! most one per thread that moves bytes, since a thread stands in one place. A holder that *releases*
//! its right ends its epoch without the wait that P22 counts on; its database has no process left
//! then (P5), so what can still arrive, until the next read of the record, are answers it gave before
//! it stopped.

#[cfg(feature = "door")]
mod book;
mod defaults;
#[cfg(feature = "door")]
mod door;
#[cfg(feature = "door")]
mod keeper;
#[cfg(feature = "door")]
mod phase;
#[cfg(feature = "door")]
mod proxy;
#[cfg(feature = "door")]
mod relay;
#[cfg(feature = "door")]
mod session;
mod settings;
mod source;
mod status;
pub mod validity;

#[cfg(feature = "door")]
pub use proxy::{Error, Proxy};
pub use settings::{Settings, SettingsError};
pub use source::{Clock, LeaseSource, ReadError, Renewal, Right, Sighting, WriterTarget};
pub use status::{ClientRefusal, Closed, Cut, Status};
