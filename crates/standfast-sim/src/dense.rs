//! Failovers one after the other and nothing else: what a whole one costs.

use std::time::Duration;

use standfast_failover::Timings;
use standfast_units::Epoch;

use crate::clock::nanos;
use crate::queue::{MS, Time};
use crate::setting::Setting;
use crate::world::{Weather, World};

/// A machine on either side, and times as short as a blueprint may ask for. There is no cool-down: the next
/// loss is a failover again.
pub(crate) const SETTING: Setting = Setting {
    timings: Timings {
        lease: Duration::from_secs(2),
        self_fence_after: Duration::from_millis(1_600),
        renew_every: Duration::from_millis(400),
        hold_down: Duration::from_millis(500),
        cool_down: Duration::ZERO,
        max_loss: Duration::from_secs(30),
    },
    machines: &[0, 1],
};

/// Nothing but the loss goes wrong, so this is never reached by a product that works.
const WHOLE_MAX: Duration = Duration::from_mins(2);

const LOOK_EVERY: Time = 20 * MS;

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
                self.lose_region_of(primary);
            }
        }
    }

    /// The region of a primary goes, and comes back once another serves.
    fn lose_region_of(&mut self, primary: usize) {
        // The checkpoint that PostgreSQL asks for after a promotion is through: what comes of a loss before it
        // is the storms' matter.
        self.checkpoint(primary);
        let region = self.nodes[primary].region_index;
        self.region_is_lost(region, WHOLE_MAX);
        if !self.comes_to(|world| world.another_serves(primary)) {
            return;
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].region_index == region {
                self.agent_comes_back(node, 0, 1);
            }
        }
        self.controller_comes_back(region, 0, 1);
    }

    fn another_serves(&self, primary: usize) -> bool {
        (0..self.nodes.len())
            .any(|node| node != primary && self.nodes[node].accepts_writes(self.now))
    }

    /// Waits until the system has settled under a later epoch.
    fn is_whole_after(&mut self, epoch: Option<Epoch>) -> bool {
        self.comes_to(|world| {
            let lease = world.lease();
            lease.is_some_and(|lease| Some(lease.epoch) > epoch) && world.is_settled()
        })
    }

    fn comes_to(&mut self, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + nanos(WHOLE_MAX);
        while self.now < end && self.violation.is_none() {
            if holds(self) {
                return true;
            }
            self.run_until(self.now + LOOK_EVERY);
        }
        self.does_not_recover();
        false
    }
}
