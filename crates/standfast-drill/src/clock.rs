//! The one file that reads clocks, and the waiting built on them.
//!
//! Instants are on the boot-time clock, which counts time spent suspended and is never set (P3). Rows
//! and the journal carry wall time; a [`ClockPair`] says how the two clocks stood to each other, and
//! comparing two of them tells whether the wall clock was set in between.

use std::future::Future;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use standfast_units::{Timestamp, WallTime};
use tokio::time::{MissedTickBehavior, interval, timeout};

fn nanos(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Now, on the boot-time clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_nanos(nanos(clock_gettime(ClockId::Boottime)))
}

/// How the wall clock stood to the boot-time clock at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockPair {
    boot: Timestamp,
    unix_nanos: u64,
}

impl ClockPair {
    /// Reads both clocks. The wall clock is read between two readings of the other, and the closest
    /// of a few tries wins, so that being preempted in between does not matter.
    pub(crate) fn take() -> Self {
        let mut best = Self::read();
        for _ in 0..4 {
            let next = Self::read();
            if next.1 < best.1 {
                best = next;
            }
        }
        best.0
    }

    fn read() -> (Self, Duration) {
        let before = now();
        let unix_nanos = nanos(clock_gettime(ClockId::Realtime));
        let between = now().since(before);
        let reference = Self {
            boot: before.after(between / 2),
            unix_nanos,
        };
        (reference, between)
    }

    /// The instant of a wall time.
    pub(crate) fn instant(&self, unix_micros: u64) -> Timestamp {
        let wall = unix_micros.saturating_mul(1_000);
        if wall >= self.unix_nanos {
            self.boot
                .after(Duration::from_nanos(wall - self.unix_nanos))
        } else {
            self.boot
                .before(Duration::from_nanos(self.unix_nanos - wall))
        }
    }

    /// The wall time of an instant.
    pub(crate) fn wall(&self, at: Timestamp) -> WallTime {
        let offset = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let unix_nanos = if at >= self.boot {
            self.unix_nanos.saturating_add(offset(at.since(self.boot)))
        } else {
            self.unix_nanos.saturating_sub(offset(self.boot.since(at)))
        };
        WallTime::from_unix_ms(unix_nanos / 1_000_000)
    }

    /// By how much the wall clock was set between this reading and a later one.
    pub(crate) fn step_until(&self, later: &Self) -> Duration {
        let booted = later.boot.since(self.boot).as_nanos();
        let walled = i128::from(later.unix_nanos) - i128::from(self.unix_nanos);
        let step = (walled - i128::try_from(booted).unwrap_or(i128::MAX)).unsigned_abs();
        Duration::from_nanos(u64::try_from(step).unwrap_or(u64::MAX))
    }
}

/// Asks every `every` until `ask` has an answer, for at most `within`. The question under way when the
/// time is over is dropped.
pub(crate) async fn poll<T, F>(every: Duration, within: Duration, mut ask: F) -> Option<T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asked = timeout(within, async {
        loop {
            ticks.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    });
    asked.await.ok()
}

/// Lets `future` take at most `within`.
pub(crate) async fn bounded<F: Future>(within: Duration, future: F) -> Option<F::Output> {
    timeout(within, future).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: ClockPair = ClockPair {
        boot: Timestamp::from_millis(10_000),
        unix_nanos: 1_700_000_000_000_000_000,
    };

    #[test]
    fn wall_times_convert_both_ways_on_both_sides_of_the_reference() {
        for offset_ms in [-9_000_i64, -1, 0, 1, 9_000] {
            let unix_ms = 1_700_000_000_000_u64.saturating_add_signed(offset_ms);
            let at = REFERENCE.instant(unix_ms * 1_000);
            assert_eq!(
                at,
                Timestamp::from_millis(10_000_u64.saturating_add_signed(offset_ms))
            );
            assert_eq!(REFERENCE.wall(at).as_unix_ms(), unix_ms);
        }
    }

    #[test]
    fn a_step_of_the_wall_clock_is_noticed_in_both_directions() {
        let later = |unix_offset_ms: u64| ClockPair {
            boot: Timestamp::from_millis(15_000),
            unix_nanos: REFERENCE.unix_nanos + unix_offset_ms * 1_000_000,
        };
        assert_eq!(REFERENCE.step_until(&later(5_000)), Duration::ZERO);
        assert_eq!(
            REFERENCE.step_until(&later(5_070)),
            Duration::from_millis(70)
        );
        assert_eq!(
            REFERENCE.step_until(&later(4_930)),
            Duration::from_millis(70)
        );
    }
}
