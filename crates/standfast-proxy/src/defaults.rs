//! What is used where the operator says nothing.
//!
//! Deliberately absent: anything that follows from the lease; see [`Settings::new`](crate::Settings::new).

use std::time::Duration;

use standfast_units::Bytes;

/// Bounds the clients served at once: ten times `PostgreSQL`'s default `max_connections`, so that the
/// proxy is not what refuses first. Each takes two file descriptors, 2000 in all: more than the soft
/// limit of 1024 a process starts with, far less than the hard limit systemd gives it (524288).
pub(crate) const CONNECTIONS_MAX: usize = 1000;

/// Bounds each of the two buffers of a connection; with [`CONNECTIONS_MAX`] that is 32 MiB in all.
/// `PostgreSQL` itself sends in pieces of 8 KiB (`PQ_SEND_BUFFER_SIZE`).
pub(crate) const BUFFER: Bytes = Bytes::new(16 << 10);

/// Bounds one attempt to connect to the database. Covers one lost SYN (sent again after 1 s, RFC 6298
/// §2.1); regions are at most 300 ms apart.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Bounds how long a client is held until there is a database to connect it to. Covers a failover
/// with the default lease and hold-down; a client that gives up earlier is let go earlier.
pub(crate) const CONNECT_WAIT: Duration = Duration::from_mins(1);

/// How often the record is read while the door is closed, and at most how often on demand. Every
/// redirect waits for half of it on average; a store is asked 40 times a second, and only then.
pub(crate) const POLL_EVERY_CLOSED: Duration = Duration::from_millis(25);

/// Bounds the pause between a client's attempts to connect to a database that refuses.
#[cfg(feature = "door")]
pub(crate) const CONNECT_RETRY_MAX: Duration = Duration::from_millis(500);

/// Bounds how long a client may stay once the database has ended its side, since no answer can come
/// any more. Time for a client to finish what it is sending; without it, the idle clients of a pool,
/// which notice only when they are used, would fill [`CONNECTIONS_MAX`] after a restart.
pub(crate) const HALF_CLOSED_MAX: Duration = Duration::from_secs(10);

/// How long a connection is silent before the peer is probed, the time between probes, and how many
/// may stay unanswered. A host that vanished is noticed within 60 s + 3 * 10 s; the database cannot
/// notice it, since its own peer is the proxy.
#[cfg(feature = "door")]
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
#[cfg(feature = "door")]
pub(crate) const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
#[cfg(feature = "door")]
pub(crate) const KEEPALIVE_PROBES: u32 = 3;

/// Pause after the system refused to accept a connection, for want of file descriptors as a rule.
#[cfg(feature = "door")]
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
