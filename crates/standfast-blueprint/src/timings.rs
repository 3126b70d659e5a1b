//! The timings of the lease, derived from a few settings and checked together (P2).

use std::time::Duration;

use crate::defaults::{
    CLOCK_DRIFT_DIVISOR, KILL_BUDGET, LEASE_MIN, PROMOTE_AND_REDIRECT_MAX, RENEWALS_PER_DEADLINE,
    SELF_FENCE_MARGIN_MIN,
};

/// Every span that agents, guards, controllers and proxies go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// How long the record of the right to write must stand still before another node takes it (P1).
    pub lease: Duration,
    /// How long after a renewal was sent its holder may still act (P2).
    pub self_fence_after: Duration,
    /// The longest the guard needs to stop every process of the database (P5).
    pub kill_budget: Duration,
    /// The most that two clocks drift apart during one lease.
    pub clock_drift_max: Duration,
    /// How often a holder renews (P2).
    pub renew_every: Duration,
    /// How long loss of a region must last before another one is promoted (P7).
    pub hold_down: Duration,
    /// How long after a failover the next automatic one waits (P7).
    pub cool_down: Duration,
    /// The most that an automatic failover may lose (P7).
    pub max_loss: Duration,
}

impl Timings {
    /// Derives what follows from the lease. The margin between the deadline and the end of the lease
    /// grows with the lease, because drift does.
    pub(crate) fn derive(
        lease: Duration,
        hold_down: Duration,
        cool_down: Duration,
        max_loss: Duration,
    ) -> Self {
        let clock_drift_max = lease / CLOCK_DRIFT_DIVISOR;
        let margin = SELF_FENCE_MARGIN_MIN.max(KILL_BUDGET + clock_drift_max * 2);
        let self_fence_after = lease.saturating_sub(margin);
        Self {
            lease,
            self_fence_after,
            kill_budget: KILL_BUDGET,
            clock_drift_max,
            renew_every: self_fence_after / RENEWALS_PER_DEADLINE,
            hold_down,
            cool_down,
            max_loss,
        }
    }

    /// Whether a holder has certainly stopped before another node may take over, with enough time to
    /// renew before that.
    pub fn holds(&self) -> bool {
        let stopped = self.self_fence_after + self.kill_budget + self.clock_drift_max;
        self.lease >= LEASE_MIN && stopped < self.lease
    }

    /// The longest that nothing accepts writes when a whole region is lost at once.
    pub fn region_loss_outage_max(&self) -> Duration {
        self.lease
            .saturating_add(self.hold_down)
            .saturating_add(PROMOTE_AND_REDIRECT_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn derive(lease: Duration) -> Timings {
        Timings::derive(lease, Duration::ZERO, Duration::ZERO, Duration::ZERO)
    }

    proptest! {
        #[test]
        fn every_lease_of_at_least_a_second_keeps_the_rule(lease_ms in 1_000u64..=u64::MAX) {
            prop_assert!(derive(Duration::from_millis(lease_ms)).holds());
        }

        #[test]
        fn no_shorter_lease_is_taken(lease_ms in 0u64..1_000) {
            prop_assert!(!derive(Duration::from_millis(lease_ms)).holds());
        }
    }

    #[test]
    fn the_spans_of_the_usual_leases_are_these() {
        let spans = |lease_s| {
            let timings = derive(Duration::from_secs(lease_s));
            (
                timings.self_fence_after.as_millis(),
                timings.clock_drift_max.as_millis(),
                timings.renew_every.as_millis(),
            )
        };
        assert_eq!(spans(1), (600, 10, 150));
        assert_eq!(spans(2), (1_600, 20, 400));
        assert_eq!(spans(5), (4_600, 50, 1_150));
        assert_eq!(spans(30), (29_100, 300, 7_275));
    }
}
