//! The clocks of one machine: each runs at a speed of its own, within what the settings assume (P2).

use std::time::Duration;

use standfast_units::{Moment, Timestamp, WallTime};

use crate::queue::Time;

/// When simulations begin, on the wall.
const WALL_BEGAN_MS: u64 = 1_800_000_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// How fast it runs against true time, in parts per million.
    drift_ppm: i64,
    /// How long the machine had been up when the simulation began.
    uptime: Time,
    /// By how much its wall clock is set wrong, in milliseconds.
    wall_off_ms: i64,
}

impl Clock {
    pub(crate) fn new(drift_ppm: i64, uptime: Time, wall_off_ms: i64) -> Self {
        Self {
            drift_ppm,
            uptime,
            wall_off_ms,
        }
    }

    /// What the boot-time clock shows at a true time.
    pub(crate) fn at(&self, now: Time) -> Timestamp {
        let drift = i128::from(now) * i128::from(self.drift_ppm) / 1_000_000;
        let local = i128::from(now) + i128::from(self.uptime) + drift;
        Timestamp::from_nanos(u64::try_from(local).unwrap_or(0))
    }

    /// What both clocks show.
    pub(crate) fn moment(&self, now: Time) -> Moment {
        let unix_ms = (WALL_BEGAN_MS + now / 1_000_000).saturating_add_signed(self.wall_off_ms);
        Moment {
            at: self.at(now),
            wall: WallTime::from_unix_ms(unix_ms),
        }
    }

    /// The true time at which the boot-time clock has reached `local`.
    pub(crate) fn when(&self, local: Timestamp) -> Time {
        let span = i128::from(local.as_nanos()) - i128::from(self.uptime);
        let now = span * 1_000_000 / (1_000_000 + i128::from(self.drift_ppm)) + 2;
        u64::try_from(now).unwrap_or(0)
    }
}

/// What a perfect wall clock shows at a true time.
pub(crate) fn true_wall(now: Time) -> WallTime {
    WallTime::from_unix_ms(WALL_BEGAN_MS + now / 1_000_000)
}

/// A span in nanoseconds.
pub(crate) fn nanos(span: Duration) -> Time {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
