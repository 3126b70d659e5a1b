//! Growing waits between attempts at one thing.

use std::time::Duration;

/// Growing waits between attempts: each twice as long as the one before up to a cap, and shortened
/// by chance by up to half, so that many clients of one lost server do not come back together.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// Short enough that a restarted server is found again well within the shortest lease.
    const FIRST: Duration = Duration::from_millis(10);
    /// The longest a client overlooks that its server is back.
    const CAP: Duration = Duration::from_millis(500);

    /// Begins with the shortest wait.
    pub const fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// After a success: the next wait is the shortest again.
    pub const fn reset(&mut self) {
        self.next = Self::FIRST;
    }

    /// How long to wait before the next attempt.
    pub fn wait(&mut self) -> Duration {
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
        let waits: Vec<_> = (0..20).map(|_| backoff.wait()).collect();
        assert!(waits[0] <= Backoff::FIRST && waits[0] >= Backoff::FIRST / 2);
        assert!(waits.iter().all(|wait| *wait <= Backoff::CAP));
        assert!(waits[19] >= Backoff::CAP / 2);
        backoff.reset();
        assert!(backoff.wait() <= Backoff::FIRST);
    }
}
