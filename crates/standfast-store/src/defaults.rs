//! The bounds of the embedded store. Each is named here and nowhere else.

use std::time::Duration;

/// How many revisions a durable commit leaves free below its own for volatile transactions that
/// overtake it. At a hundred renewals a second it bridges a disk that stalls for 40 s; past it,
/// volatile transactions wait for the commit.
pub const REVISIONS_PER_COMMIT: u64 = 4_096;

/// How far ahead of the revision in use the file's bound lies. The next commit moves it on, and one
/// is begun for that alone when half of it is used.
pub const REVISIONS_RESERVED: u64 = 1 << 20;

/// How often values that were only written volatile are put into the file; with the time of a commit
/// the most a crash takes back of them.
pub const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The longest key.
pub const KEY_BYTES_MAX: usize = 1 << 10;

/// The longest value. Records are a few hundred bytes; lists within them are bounded by their writers.
pub const VALUE_BYTES_MAX: usize = 1 << 20;

/// The most comparisons plus operations of one transaction.
pub const TRANSACTION_STEPS_MAX: usize = 1_024;

/// All keys and values together. Keeps a snapshot of everything within one frame even when every
/// second byte must be escaped.
pub const STORE_BYTES_MAX: usize = 32 << 20;

/// The longest frame. A peer that announces a longer one is cut off.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

/// The most durable transactions that wait for a commit; more are refused.
pub const TRANSACTIONS_WAITING_MAX: usize = 8_192;

/// How many batches are kept for watches that start in the past.
pub const HISTORY_BATCHES_MAX: usize = 10_000;

/// How many bytes of keys and values these batches may hold.
pub const HISTORY_BYTES_MAX: usize = 32 << 20;

/// How many batches may wait for one watcher; one that is slower has its watch ended.
pub const WATCH_QUEUE_MAX: usize = 1_024;

/// The most watches of one connection.
pub const WATCHES_PER_CONNECTION_MAX: usize = 64;

/// The most connections.
pub const CONNECTIONS_MAX: usize = 1_024;

/// The most unanswered requests of one connection; the rest waits in the socket.
pub const REQUESTS_IN_FLIGHT_MAX: usize = 64;

/// How many requests of all connections may wait for the engine; the rest waits in the connections.
pub const ENGINE_QUEUE_MAX: usize = 256;

/// How many calls of one client may wait for its connection; more wait in their callers.
pub const CALLS_QUEUED_MAX: usize = 256;

/// While more than this waits to be written to a socket, nothing is added that can wait.
pub const OUTGOING_BYTES_HIGH: usize = 1 << 20;

/// How long a server waits for the first frame of a new connection.
pub const HELLO_WAIT: Duration = Duration::from_secs(10);

/// A server ends a connection that has been silent for this long. Clients that live send a ping at
/// least every [`PING_EVERY_MAX`].
pub const SILENCE_MAX: Duration = Duration::from_mins(1);

/// The longest time between two pings of a client; less when its timeout is short.
pub const PING_EVERY_MAX: Duration = Duration::from_secs(5);

/// A client sends this many pings within its timeout, and gives the connection up when the server
/// has been silent for as many.
pub const PINGS_PER_TIMEOUT: u32 = 4;
