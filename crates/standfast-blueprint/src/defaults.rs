//! What holds where the blueprint is silent, and the constants the timings are derived from.
//!
//! Each says what it bounds and where the number comes from.

use std::num::NonZeroU32;
use std::time::Duration;

use standfast_units::{Bytes, Ttl};

use crate::choice::{Alone, Class, Durability, Gate, Mode, Recovery, Steering};
use crate::text::name::Name;

/// How long a silent primary keeps its right to write. Bounds how soon another node can take over
/// (P1); stalls of the renewal path up to about 3.5 s are ridden out. Source: the bounds of the
/// protocol. Patroni's `ttl` is 30 s by default and 20 s at least.
pub const LEASE: Duration = Duration::from_secs(5);

/// How long the loss of a region must last before another one is promoted (P7). Bounds needless
/// promotions across regions, and adds to the outage of a real loss. Source: the design, the shorter
/// end of the 30 to 60 s that partitions between regions suggest (GitHub's of October 2018 took
/// 43 s and led to a promotion that was not wanted).
pub const HOLD_DOWN: Duration = Duration::from_secs(30);

/// How long after a failover the next automatic one waits, unless nothing serves and a candidate
/// without loss exists (P7). Bounds flapping: at most four automatic failovers an hour. Source: the
/// design; orchestrator blocks for an hour, which has kept real recoveries waiting.
pub const COOL_DOWN: Duration = Duration::from_mins(15);

/// The shortest lease. Below it the fixed costs of fencing leave no time to renew: at 1 s a holder
/// may write for 600 ms and renews every 150 ms, about one round trip between continents.
pub const LEASE_MIN: Duration = Duration::from_secs(1);

/// The longest the guard needs from its deadline to the death of the last process of the database:
/// SIGQUIT, at most 200 ms, SIGKILL to every descendant (P5), and 100 ms for rescans.
pub const KILL_BUDGET: Duration = Duration::from_millis(300);

/// A clock may gain or lose one part in this many while a lease lasts. Source: crystals are off by
/// 0.01 %, and Linux slews its clock by at most 0.05 % (`adjtimex`, ±500 ppm); 1 % is twenty times
/// that.
pub const CLOCK_DRIFT_DIVISOR: u32 = 100;

/// The least time between the instant a holder stops and the end of its lease: [`KILL_BUDGET`] and
/// 100 ms for scheduling and drift.
pub const SELF_FENCE_MARGIN_MIN: Duration = Duration::from_millis(400);

/// A holder renews this many times before its deadline (P2), so that three renewals in a row may
/// fail.
pub const RENEWALS_PER_DEADLINE: u32 = 4;

/// Promotion, verification and the move of the name together, beyond lease and hold-down. Source:
/// the bound for the loss of a whole region in the design.
pub const PROMOTE_AND_REDIRECT_MAX: Duration = Duration::from_millis(500);

/// Who decides about a failover.
pub const MODE: Mode = Mode::Automatic;

/// What a primary does when its last synchronous standby is gone (P10).
pub const ALONE: Alone = Alone::Continue;

/// What keeps acknowledgements of a deposed primary from clients.
pub const GATE: Gate = Gate::Proxy;

/// What a commit waits for.
pub const DURABILITY: Durability = Durability::Async;

/// Whether protection against deletion and final snapshots are on.
pub const CLASS: Class = Class::Ephemeral;

/// The environment when none is named.
pub const ENVIRONMENT: &str = "dev";

/// Servers of a database in its home region.
pub const SERVERS_HOME: u8 = 1;

/// Servers of a database in each standby region.
pub const SERVERS_STANDBY: u8 = 1;

/// Zones of a region: the least that survives the loss of one, and the least that AWS takes for the
/// subnets of a database.
pub const ZONES: u8 = 2;

/// The role applications log in as.
pub const USERNAME: &str = "app";

/// How long resolvers may keep the answer under a name. Bounds what a redirect adds to the outage of
/// clients that look the name up again; Route 53 advises 60 s or less for failover records.
pub const RECORD_TTL: Ttl = match Ttl::seconds(5) {
    Some(ttl) => ttl,
    None => unreachable!(),
};

/// How names steer clients.
pub const STEERING: Steering = Steering::Failover;

/// How often an application is probed. With [`PROBE_FAILURES`] and [`PROBE_TIMEOUT`] the worst
/// detection is 10 + 2·(10 + 4) + 4 = 42 s; source: the faster of the intervals Route 53 offers.
pub const PROBE_EVERY: Duration = Duration::from_secs(10);

/// How many probes in a row must fail. Bounds false alarms; source: Route 53's default.
pub const PROBE_FAILURES: NonZeroU32 = match NonZeroU32::new(3) {
    Some(failures) => failures,
    None => unreachable!(),
};

/// How long a probe waits for an answer. Source: Route 53 waits 4 s for the connection.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a call of a function may take. Source: an HTTP interface gives up after 29 s, so that a
/// longer call would answer no caller.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(29);

/// The memory of a call of a function. Bounds its share of a processor, which the cloud gives out by
/// memory; a Rust function needs a tenth of it, and starts faster with more.
pub const FUNCTION_MEMORY: Bytes = Bytes::mib(256);

/// The disk of an instance: twice the image of Amazon Linux, and room for a day of logs.
pub const DISK: Bytes = Bytes::mib(20 * 1024);

/// How long logs are kept: long enough to look into an incident of last week.
pub const LOG_RETENTION: Duration = Duration::from_hours(14 * 24);

/// How far back tables can be restored. Replication copies mistakes too.
pub const RECOVERY: Recovery = Recovery::PointInTime;

/// The time over which an alarm takes values together: the shortest that the metrics of managed
/// services have.
pub const ALARM_PERIOD: Duration = Duration::from_mins(1);

/// How many periods in a row must be past the threshold: one alone may be a restart.
pub const ALARM_COUNT: NonZeroU32 = match NonZeroU32::new(2) {
    Some(count) => count,
    None => unreachable!(),
};

/// The stage of an HTTP interface when none is named.
#[expect(
    clippy::expect_used,
    reason = "the constant is a name; a test reads it"
)]
pub(crate) fn stage() -> Name {
    "prod".parse().expect("`prod` is a name")
}

/// The environment when none is named.
#[expect(
    clippy::expect_used,
    reason = "the constant is a name; a test reads it"
)]
pub(crate) fn environment() -> Name {
    ENVIRONMENT.parse().expect("`dev` is a name")
}
