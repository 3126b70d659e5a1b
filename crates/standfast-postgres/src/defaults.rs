//! Bounds and names with their reasons.

use std::time::Duration;

/// The superuser that Standfast itself uses.
pub(crate) const SUPERUSER: &str = "standfast";

/// The role that standbys replicate under.
pub(crate) const REPLICATION_ROLE: &str = "replication";

/// Name of a copying connection: never that of a node, so that no synchronous standby name can match
/// it (P19).
pub(crate) const COPY_NAME: &str = "standfast_copy";

/// Name of our own SQL connections.
pub(crate) const SESSION_NAME: &str = "standfast";

/// Prefix of our replication slots. With a node name of 60 characters it fills the 63 bytes of a slot
/// name exactly.
pub(crate) const SLOT_PREFIX: &str = "sf_";

/// Oldest major version: the first in which `primary_conninfo` can be changed by a reload.
pub(crate) const VERSION_MIN: u32 = 13;

/// Bounds one observation, so that a server that hangs is a fact within a second.
pub(crate) const OBSERVE_WITHIN: Duration = Duration::from_secs(1);

/// Bounds connecting to a server, ours or a remote one.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Bounds a short statement: catalogue reads, roles, slots, reloads.
pub(crate) const STATEMENT_WITHIN: Duration = Duration::from_secs(10);

/// Bounds a checkpoint. The server may have `shared_buffers` to write; past this the disk is the
/// problem, not the wait.
pub(crate) const CHECKPOINT_WITHIN: Duration = Duration::from_mins(10);

/// Bounds programs that only look: `pg_controldata`, `--version`.
pub(crate) const LOOK_WITHIN: Duration = Duration::from_secs(30);

/// Bounds `initdb`.
pub(crate) const INITIALISE_WITHIN: Duration = Duration::from_mins(5);

/// Bounds reading the log of a stopped server.
pub(crate) const LOG_WITHIN: Duration = Duration::from_mins(30);

/// Bounds `pg_rewind` and the recovery before it.
pub(crate) const REWIND_WITHIN: Duration = Duration::from_hours(1);

/// Bounds a base backup: 10 TB at 120 MB/s. A stalled source is noticed earlier, by
/// `wal_sender_timeout`.
pub(crate) const COPY_WITHIN: Duration = Duration::from_hours(24);

/// Bounds ending the sessions of clients before a clean stop (P8).
pub(crate) const END_SESSIONS_WITHIN: Duration = Duration::from_secs(5);

/// Bounds one verification by a write (P13).
pub(crate) const VERIFY_WITHIN: Duration = Duration::from_secs(3);

/// How often a state is asked for that takes milliseconds to come.
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(5);

/// How often a promotion is asked for again (P12).
pub(crate) const PROMOTE_AGAIN_EVERY: Duration = Duration::from_millis(100);

/// How many commits past a fork are listed one by one; the count is always exact.
pub(crate) const SURPLUS_COMMITS_MAX: usize = 1000;

/// How much of a program's output an error carries.
pub(crate) const OUTPUT_BYTES_MAX: usize = 2000;

/// Bounds a probe from another region: a connection and one round trip, several times what that takes
/// between continents.
pub(crate) const PROBE_WITHIN: Duration = Duration::from_secs(1);
