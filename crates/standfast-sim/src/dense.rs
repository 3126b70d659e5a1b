//! Failovers one after the other and nothing else: what a whole one costs.

use std::time::Duration;

use standfast_failover::Timings;

use crate::clock::nanos;
use crate::queue::MS;
use crate::world::{Weather, World};

/// As short as a blueprint may ask for, and no cool-down: the next loss is a failover again.
pub(crate) const TIMINGS: Timings = Timings {
    lease: Duration::from_millis(2_000),
    self_fence_after: Duration::from_millis(1_600),
    renew_every: Duration::from_millis(400),
    hold_down: Duration::from_millis(500),
    cool_down: Duration::ZERO,
    max_loss: Duration::from_secs(30),
};

/// How long a region is away: longer than a takeover takes, so that its node comes back as a former primary.
const AWAY: Duration = Duration::from_secs(3);

/// Nothing but the loss goes wrong, so this is never reached by a product that works.
const WHOLE_MAX: Duration = Duration::from_mins(2);

impl World {
    /// Takes the primary's region away, again and again. A failover is whole once the other region serves,
    /// the writer name means it, and every node of the lost region is back and follows.
    pub(crate) fn fail_over(&mut self, times: u32) {
        self.weather = Weather::Fair;
        let mut epoch = None;
        for time in 0..=times {
            if !self.is_whole_after(epoch) {
                return;
            }
            let Some(lease) = self.lease() else { return };
            epoch = Some(lease.epoch);
            let Some(primary) = self.index(&lease.holder) else {
                return;
            };
            if time > 0 {
                self.trace.count("failover", "whole");
            }
            if time < times {
                self.region_is_lost(self.nodes[primary].region_index, AWAY);
            }
        }
    }

    /// Waits until the system has settled under a later epoch.
    fn is_whole_after(&mut self, epoch: Option<standfast_units::Epoch>) -> bool {
        let end = self.now + nanos(WHOLE_MAX);
        while self.now < end && self.violation.is_none() {
            self.run_until(self.now + 100 * MS);
            let later = self.lease().is_some_and(|lease| Some(lease.epoch) > epoch);
            if later && self.is_settled() {
                return true;
            }
        }
        self.does_not_recover();
        false
    }
}
