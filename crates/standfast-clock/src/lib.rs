//! The one place that reads clocks and waits for time to pass; everything else is told the time.
//!
//! Deadlines live on `CLOCK_BOOTTIME`, which goes on while a machine is suspended (P3); wall time is for
//! people and for what several machines write down. Deliberately absent: timeouts and intervals, which
//! belong to the code that waits for something else meanwhile.

use standfast_units::{Moment, Timestamp, WallTime};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Now, on the clock that deadlines live on (P3).
pub fn now() -> Timestamp {
    Timestamp::from_nanos(nanos(clock_gettime(ClockId::Boottime)))
}

/// Now, for people.
pub fn wall() -> WallTime {
    WallTime::from_unix_ms(wall_nanos() / 1_000_000)
}

/// Now, for people, in nanoseconds since the Unix epoch.
pub fn wall_nanos() -> u64 {
    nanos(clock_gettime(ClockId::Realtime))
}

/// Now, on both clocks.
pub fn moment() -> Moment {
    Moment {
        at: now(),
        wall: wall(),
    }
}

/// Clocks that count from boot and from 1970 are never negative.
fn nanos(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Waits for `span`: between two looks at a state whose changes wake no task, or for a backoff to pass.
#[cfg(feature = "tokio")]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that waits for time"
)]
pub async fn pause(span: std::time::Duration) {
    tokio::time::sleep(span).await;
}

/// Waits until an instant. Wakes late after a suspension: look at the clock first on waking.
#[cfg(feature = "tokio")]
pub async fn sleep_until(at: Timestamp) {
    pause(at.since(now())).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_go_forward_and_agree_to_the_unit() {
        let before = moment();
        let after = moment();
        assert!(after.at >= before.at);
        let unix_ms = wall().as_unix_ms();
        assert!(unix_ms > 1_700_000_000_000, "{unix_ms} ms since 1970");
        assert!((wall_nanos() / 1_000_000).abs_diff(unix_ms) < 3_600_000);
    }
}
