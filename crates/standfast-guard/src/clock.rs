//! The one place that reads clocks. Deadlines live on `CLOCK_BOOTTIME`, which counts suspended time (P3).

use rustix::time::{ClockId, Timespec, clock_gettime};
use standfast_units::{Timestamp, WallTime};

/// The instant on the boot-time clock.
pub(crate) fn now() -> Timestamp {
    let (seconds, nanos) = parts(clock_gettime(ClockId::Boottime));
    Timestamp::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

/// The instant on the wall clock, for the log alone.
pub(crate) fn wall() -> WallTime {
    let (seconds, nanos) = parts(clock_gettime(ClockId::Realtime));
    WallTime::from_unix_ms(
        seconds
            .saturating_mul(1_000)
            .saturating_add(nanos / 1_000_000),
    )
}

fn parts(time: Timespec) -> (u64, u64) {
    (
        u64::try_from(time.tv_sec).unwrap_or(0),
        u64::try_from(time.tv_nsec).unwrap_or(0),
    )
}
