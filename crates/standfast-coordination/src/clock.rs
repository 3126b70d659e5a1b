//! The one file of this crate that reads a clock or waits for time to pass.

use std::time::Duration;

#[cfg(feature = "embedded")]
use standfast_units::Timestamp;

/// Now, on the clock that goes on while the machine is suspended.
#[cfg(feature = "embedded")]
pub(crate) fn now() -> Timestamp {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let whole = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or(0));
    Timestamp::from_nanos(0)
        .after(whole)
        .after(Duration::from_nanos(
            u64::try_from(now.tv_nsec).unwrap_or(0),
        ))
}

/// Waits.
#[expect(
    clippy::disallowed_methods,
    reason = "the one file that keeps time; only retries and keep-alives wait here"
)]
pub(crate) async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Growing waits between attempts: each twice as long as the one before up to a cap, and shortened
/// by chance by up to half, so that many clients of one lost server do not come back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Short enough that a restarted server is found again well within the shortest lease.
    const FIRST: Duration = Duration::from_millis(10);
    /// The longest a client overlooks that its server is back.
    const CAP: Duration = Duration::from_millis(500);

    pub(crate) const fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// After a success: the next wait is the shortest again.
    pub(crate) const fn reset(&mut self) {
        self.next = Self::FIRST;
    }

    /// How long to wait before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next.mul_f64(rand::random_range(0.5..=1.0));
        self.next = (self.next * 2).min(Self::CAP);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_start_over_after_a_success() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..20).map(|_| backoff.next()).collect();
        assert!(waits[0] <= Backoff::FIRST && waits[0] >= Backoff::FIRST / 2);
        assert!(waits.iter().all(|wait| *wait <= Backoff::CAP));
        assert!(waits[19] >= Backoff::CAP / 2);
        backoff.reset();
        assert!(backoff.next() <= Backoff::FIRST);
    }
}
