//! The one place where the agent reads a clock or sleeps.

use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};
use standfast_units::{Timestamp, WallTime};

/// Now, on the clock deadlines live on (P3).
pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Timestamp::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

/// Now, for people.
#[expect(
    clippy::disallowed_methods,
    reason = "the one file of this runtime that reads the clock"
)]
pub(crate) fn wall() -> WallTime {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    WallTime::from_unix_ms(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

/// What the wall clock showed at `at`.
pub(crate) fn wall_at(at: Timestamp) -> WallTime {
    let ago = u64::try_from(now().since(at).as_millis()).unwrap_or(u64::MAX);
    WallTime::from_unix_ms(wall().as_unix_ms().saturating_sub(ago))
}

/// The instant at which the wall clock showed `at`; boot for what was before it.
pub(crate) fn boot_at(at: WallTime) -> Timestamp {
    now().before(Duration::from_millis(
        wall().as_unix_ms().saturating_sub(at.as_unix_ms()),
    ))
}

/// The instant at which the wall clock will show `at`; now for what it showed before.
pub(crate) fn boot_after(at: WallTime) -> Timestamp {
    now().after(Duration::from_millis(
        at.as_unix_ms().saturating_sub(wall().as_unix_ms()),
    ))
}

/// Sleeps until an instant. Wakes late after a suspension; whoever wakes looks at the clock first.
#[expect(
    clippy::disallowed_methods,
    reason = "the one file of this runtime that waits for time"
)]
pub(crate) async fn sleep_until(at: Timestamp) {
    tokio::time::sleep(at.since(now())).await;
}
