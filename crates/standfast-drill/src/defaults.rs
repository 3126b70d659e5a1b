//! Default values and bounds of a drill, and where each comes from.

use std::time::Duration;

/// The least that is asked of a drill: with fewer writes, a short outage falls between two of them.
pub(crate) const WRITES_PER_SECOND_MIN: u32 = 200;

/// Writes a second, all clients together. A tenth more than the least, because a client that connects
/// anew or is not scheduled in time skips a write.
pub(crate) const WRITES_PER_SECOND: u32 = 220;

/// Clients, as the design asks.
pub(crate) const CLIENTS: u32 = 8;

/// Fewer clients do not cover every path by both habits and leave two direct ones to a frozen primary.
pub(crate) const CLIENTS_MIN: u32 = 8;

/// More clients than this measure the machine, and exceed the default 100 connections of a server.
pub(crate) const CLIENTS_MAX: u32 = 64;

/// More writes a second than this measure the machine.
pub(crate) const WRITES_PER_SECOND_MAX: u32 = 10_000;

/// Writes that a client of the second habit sends over one connection before it connects anew. With
/// the default load that is a new connection every 200 ms.
pub(crate) const WRITES_PER_CONNECTION: u32 = 5;

/// After this long without an answer a client gives an attempt up.
pub(crate) const ATTEMPT_WITHIN: Duration = Duration::from_secs(1);

/// A connection, from the first packet to a session ready for queries, takes at most this long. A
/// stopped server's kernel still accepts connections, so the bound has to cover the greeting too.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_millis(300);

/// A name server that has not answered after this long is passed over for the next.
pub(crate) const NAME_SERVER_WITHIN: Duration = Duration::from_millis(100);

/// How long one call of `status`, `outputs` or `events` may take.
pub(crate) const COMMAND_WITHIN: Duration = Duration::from_secs(20);

/// How long `switchover` may take.
pub(crate) const SWITCHOVER_WITHIN: Duration = Duration::from_mins(2);

/// How long the system may take to become ready before the fault.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(30);

/// How long we wait for a takeover beyond lease and hold-down before we heal the fault anyway.
pub(crate) const TAKEOVER_WITHIN: Duration = Duration::from_mins(1);

/// How long the former primary may take to follow: a fresh clone of a small database fits.
pub(crate) const REJOIN_WITHIN: Duration = Duration::from_mins(3);

/// How long a follower may take to show the last rows once the load has ended.
pub(crate) const CATCH_UP_WITHIN: Duration = Duration::from_secs(20);

/// Load before the fault: long enough for every client to have connected and for a steady rate.
pub(crate) const LOAD_BEFORE: Duration = Duration::from_secs(2);

/// Load after the takeover, before the fault is healed.
pub(crate) const LOAD_AFTER: Duration = Duration::from_secs(1);

/// Load after the fault is healed, at least; an acknowledgement out of epoch comes within a second.
pub(crate) const LOAD_HEALED: Duration = Duration::from_secs(3);

/// A takeover has this many leases, beyond hold-down and patience: one for the lease to run out, one to act.
pub(crate) const TAKEOVER_LEASES: u32 = 2;

/// How long processes may take to be gone or stopped, all of them.
pub(crate) const SIGNAL_WITHIN: Duration = Duration::from_secs(5);

/// A starved process stands still for this long at a time: a tenth of a second less than what counts as a
/// pause of the service (`LOAD_AFTER`), so that a server that answers each time it runs still serves.
pub(crate) const STARVED_STOPPED: Duration = Duration::from_millis(900);

/// And runs for this long in between: a tenth of the time, as beside nine busy neighbours of its weight.
pub(crate) const STARVED_RUNNING: Duration = Duration::from_millis(100);

/// How often a state is asked for that has to come about.
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(100);

/// How often the product's command is run while we wait for it to report a state; each run costs a
/// process on the machine under load.
pub(crate) const STATUS_EVERY: Duration = Duration::from_millis(300);

/// Above this the wall clock was stepped during the drill, and times of rows cannot be compared with
/// those of clients. Slewing by NTP (at most 500 ppm) stays below it for a minute and a half.
pub(crate) const CLOCK_STEP_MAX: Duration = Duration::from_millis(50);

/// What is allowed between the times of a row and of an acknowledgement before an order between the
/// two counts as proven: both are read on one machine, so this covers rounding only.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::from_millis(1);

/// The part of the outage bound that neither lease nor hold-down accounts for.
pub(crate) const OUTAGE_SLACK: Duration = Duration::from_millis(500);

/// The bound of a planned switchover, as clients see it.
pub(crate) const SWITCHOVER_OUTAGE: Duration = Duration::from_millis(300);

/// Width of one column of the plot.
pub(crate) const PLOT_BUCKET: Duration = Duration::from_millis(100);

/// Columns of the plot at most.
pub(crate) const PLOT_BUCKETS_MAX: usize = 600;
