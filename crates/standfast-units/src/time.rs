//! Instants and spans. Deadlines live on the boot-time clock; wall time is for people.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An instant on the boot-time clock (`CLOCK_BOOTTIME`) of one machine: nanoseconds since boot, time
/// spent suspended included. Comparable only with instants of the same machine and boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The instant this many nanoseconds after boot.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant this many milliseconds after boot; saturates.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since boot.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time since `earlier`; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The instant `span` later; saturates at the end of the clock.
    pub fn after(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// The instant `span` earlier; saturates at boot.
    pub fn before(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{}.{:06}s",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000 / 1_000
        ))
    }
}

/// An instant on the wall clock, in milliseconds since the Unix epoch. For people and for comparing
/// what several machines wrote down; never for deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(u64);

impl WallTime {
    /// The instant this many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_ms(unix_ms: u64) -> Self {
        Self(unix_ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_unix_ms(self) -> u64 {
        self.0
    }
}

/// One instant on both clocks of a machine, for steps that decide by one and write down the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// On the boot-time clock.
    pub at: Timestamp,
    /// On the wall clock.
    pub wall: WallTime,
}

impl Moment {
    /// What the wall clock showed, or will show, at an instant, should it not be set meanwhile.
    pub fn wall_at(&self, at: Timestamp) -> WallTime {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let now = self.wall.as_unix_ms();
        WallTime::from_unix_ms(if at < self.at {
            now.saturating_sub(ms(self.at.since(at)))
        } else {
            now.saturating_add(ms(at.since(self.at)))
        })
    }

    /// The instant at which the wall clock showed, or will show, `wall`; boot for what was before it.
    pub fn instant_of(&self, wall: WallTime) -> Timestamp {
        let (now, then) = (self.wall.as_unix_ms(), wall.as_unix_ms());
        if then < now {
            self.at.before(Duration::from_millis(now - then))
        } else {
            self.at.after(Duration::from_millis(then - now))
        }
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DurationError {
    /// No number and unit.
    #[error("`{0}` is not a duration; write a number and a unit, as in `30s` or `1m30s`")]
    Form(String),
    /// The unit is missing or unknown.
    #[error("`{0}` has no known unit; the units are ms, s, m, h, d")]
    Unit(String),
    /// The duration does not fit.
    #[error("`{0}` is too long")]
    Overflow(String),
}

const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration such as `500ms`, `30s`, `1m30s`, `7d`: whole numbers, each with a unit, the units
/// in falling order.
///
/// # Errors
/// When a number or a unit is missing or unknown, units repeat or rise, or the sum does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text;
    let mut total_ms: u64 = 0;
    let mut next_unit = 0;
    if rest.is_empty() {
        return Err(DurationError::Form(text.to_owned()));
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() {
            return Err(DurationError::Form(text.to_owned()));
        }
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let index = UNITS
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or_else(|| DurationError::Unit(text.to_owned()))?;
        if index < next_unit {
            return Err(DurationError::Form(text.to_owned()));
        }
        next_unit = index + 1;
        total_ms = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(UNITS[index].1))
            .and_then(|ms| total_ms.checked_add(ms))
            .ok_or_else(|| DurationError::Overflow(text.to_owned()))?;
        rest = tail;
    }
    Ok(Duration::from_millis(total_ms))
}

/// Writes a duration the way [`parse_duration`] reads it; what is finer than a millisecond is cut off.
pub fn format_duration(duration: Duration) -> String {
    let mut rest_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, size_ms) in UNITS {
        if rest_ms >= size_ms {
            let _ = write!(text, "{}{unit}", rest_ms / size_ms);
            rest_ms %= size_ms;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_duration_reads_back_from_its_text(ms in 0u64..=1 << 50) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format_duration(duration)).unwrap(), duration);
        }

        #[test]
        fn no_text_panics_the_duration_parser(text in ".*") {
            let _ = parse_duration(&text);
        }
    }

    #[test]
    fn durations_need_units_in_falling_order() {
        assert_eq!(parse_duration("1m30s").unwrap(), Duration::from_secs(90));
        assert_eq!(parse_duration("0s").unwrap(), Duration::ZERO);
        for bad in [
            "",
            "5",
            "s",
            "5 s",
            "1.5s",
            "-1s",
            "30s1m",
            "1s1s",
            "1w",
            "99999999999999999d",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_moment_tells_one_clock_by_the_other_in_both_directions() {
        let moment = Moment {
            at: Timestamp::from_millis(10_000),
            wall: WallTime::from_unix_ms(1_700_000_000_000),
        };
        for (at_ms, unix_ms) in [
            (9_000, 1_699_999_999_000),
            (10_000, 1_700_000_000_000),
            (10_250, 1_700_000_000_250),
        ] {
            let (at, wall) = (
                Timestamp::from_millis(at_ms),
                WallTime::from_unix_ms(unix_ms),
            );
            assert_eq!(moment.wall_at(at), wall);
            assert_eq!(moment.instant_of(wall), at);
        }
        let long_ago = WallTime::from_unix_ms(0);
        assert_eq!(moment.instant_of(long_ago), Timestamp::from_nanos(0));
    }

    #[test]
    fn instants_saturate_at_both_ends() {
        let instant = Timestamp::from_millis(5);
        assert_eq!(
            instant.before(Duration::from_secs(1)),
            Timestamp::from_nanos(0)
        );
        assert_eq!(
            instant.after(Duration::MAX),
            Timestamp::from_nanos(u64::MAX)
        );
        assert_eq!(Timestamp::from_nanos(0).since(instant), Duration::ZERO);
    }
}
