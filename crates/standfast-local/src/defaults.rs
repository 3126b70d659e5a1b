//! Bounds and intervals, each with what it bounds.

use std::time::Duration;

/// Longest pause before a process that keeps dying is started again. systemd's default is a constant
/// 100 ms and giving up after five starts in ten seconds; we never give up, so we must slow down.
pub(crate) const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// The second restart in a row waits this long, each further one twice as long as the one before.
/// The first does not wait: a process killed once is back within milliseconds.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(100);

/// A process that lived this long counts as healthy, and its next death as the first.
pub(crate) const BACKOFF_RESET_AFTER: Duration = Duration::from_secs(10);

/// How often a held process looks whether its hold is gone; bounds how late it starts then.
pub(crate) const HOLD_POLL: Duration = Duration::from_millis(50);

/// How often processes that are not our children are looked at while we wait for them to end.
pub(crate) const EXIT_POLL: Duration = Duration::from_millis(10);

/// How long the processes of one rank have to end after SIGTERM. A clean stop of a database waits for
/// a checkpoint; systemd's own default is 90 s, too long for an operator who waits at a terminal.
pub const STOP_WAIT: Duration = Duration::from_secs(10);

/// How long processes no rank accounts for (guards and databases of agents already gone) have to end
/// after SIGTERM.
pub(crate) const LEFTOVER_WAIT: Duration = Duration::from_secs(3);

/// How long to wait for a process to vanish after SIGKILL; only one in uninterruptible sleep needs it.
pub(crate) const KILL_WAIT: Duration = Duration::from_secs(5);

/// How often a sweep looks for processes born while it was killing their parents. A database forks
/// slower than it is killed; a fork bomb is not ours to fight.
pub(crate) const SWEEPS_MAX: usize = 20;

/// A log longer than this is set aside as `<name>.log.1` when its process starts; bounds what a crash
/// loop can write to about twice this per process and start.
pub(crate) const LOG_BYTES_MAX: u64 = 16 << 20;

/// How many ports above the usual one are tried before giving up.
pub(crate) const PORTS_TRIED_MAX: u16 = 200;

/// One read of the relay, and the unit of what it holds back.
pub(crate) const RELAY_CHUNK_BYTES: usize = 16 << 10;

/// Chunks held per direction. With both directions full, a connection holds 1 MiB; all connections of
/// a relay at most 512 MiB. At a delay of 50 ms one direction still carries 10 MiB/s.
pub(crate) const RELAY_CHUNKS_MAX: usize = 32;

/// Connections one relay carries at a time; further ones wait in the listener's backlog.
pub(crate) const RELAY_CONNECTIONS_MAX: usize = 512;

/// How long the relay tries to reach its target; loopback answers at once, or its queue is full.
pub(crate) const RELAY_CONNECT_WAIT: Duration = Duration::from_secs(5);

/// Pause after a failed accept, which fails again at once while file descriptors are short.
pub(crate) const RELAY_ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Longest line of the relay's control protocol.
pub(crate) const CONTROL_LINE_BYTES_MAX: usize = 256;

/// Longest answer of the relay's control protocol a client reads.
pub(crate) const CONTROL_REPLY_BYTES_MAX: usize = 64 << 10;

/// Control connections served at a time.
pub(crate) const CONTROL_CONNECTIONS_MAX: usize = 8;

/// How long either side of a control connection waits for the other.
pub(crate) const CONTROL_WAIT: Duration = Duration::from_secs(5);
