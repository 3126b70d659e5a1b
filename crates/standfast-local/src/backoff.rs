//! How long to wait before a process that died is started again. Pure.

use std::time::Duration;

use crate::defaults::{BACKOFF_FIRST, BACKOFF_MAX, BACKOFF_RESET_AFTER};

/// Deaths in a row of one process.
#[derive(Debug, Default)]
pub(crate) struct RestartBackoff {
    deaths: u32,
}

impl RestartBackoff {
    /// The process died after it had lived for `lived`; returns how long to wait before the next start.
    pub(crate) fn died(&mut self, lived: Duration) -> Duration {
        if lived >= BACKOFF_RESET_AFTER {
            self.deaths = 0;
        }
        self.deaths = self.deaths.saturating_add(1);
        match self.deaths.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => BACKOFF_FIRST
                .saturating_mul(2u32.saturating_pow(doublings))
                .min(BACKOFF_MAX),
        }
    }

    /// The next death counts as the first again: what ended was a fault that a drill planted.
    pub(crate) fn reset(&mut self) {
        self.deaths = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_restart_is_at_once_and_later_ones_slow_down_to_the_cap() {
        let mut backoff = RestartBackoff::default();
        let waits: Vec<u128> = (0..10)
            .map(|_| backoff.died(Duration::ZERO).as_millis())
            .collect();
        assert_eq!(waits, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        for _ in 0..100 {
            assert!(backoff.died(Duration::ZERO) <= BACKOFF_MAX);
        }
    }

    #[test]
    fn a_long_life_is_forgiven() {
        let mut backoff = RestartBackoff::default();
        for _ in 0..5 {
            backoff.died(Duration::ZERO);
        }
        assert_eq!(backoff.died(BACKOFF_RESET_AFTER), Duration::ZERO);
        assert_eq!(backoff.died(Duration::ZERO), BACKOFF_FIRST);
        backoff.reset();
        assert_eq!(backoff.died(Duration::ZERO), Duration::ZERO);
    }
}
