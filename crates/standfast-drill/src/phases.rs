//! The five phases of a takeover, from the instants in the product's journal.
//!
//! RTO = detect + decide + fence + promote + redirect. Each phase begins where the one before ended, the
//! first with the fault itself, which only the drill knows. No verdict rests on these numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standfast_units::WallTime;

/// How long each phase took, in milliseconds; absent when the journal has no instant for its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// From the fault to the first sign missed.
    pub detect_ms: Option<u64>,
    /// Until everything but the fence was settled.
    pub decide_ms: Option<u64>,
    /// Until the former primary certainly accepted no write.
    pub fence_ms: Option<u64>,
    /// Until the new primary accepted writes.
    pub promote_ms: Option<u64>,
    /// Until the writer name meant it.
    pub redirect_ms: Option<u64>,
}

impl Phases {
    /// From the steps of a transition, named as `status` names them.
    ///
    /// A step that was done before the one ahead of it (a fence may be certain before the decision is)
    /// takes no time, so that the phases always add up to the time from the fault to the last step.
    pub(crate) fn new(fault_at: WallTime, steps: &BTreeMap<String, WallTime>) -> Self {
        let mut ended = fault_at.as_unix_ms();
        let mut phase = |step: &str| {
            let at = steps.get(step)?.as_unix_ms().max(ended);
            let took = at - ended;
            ended = at;
            Some(took)
        };
        Self {
            detect_ms: phase("detected"),
            decide_ms: phase("decided"),
            fence_ms: phase("fenced"),
            promote_ms: phase("promoted"),
            redirect_ms: phase("redirected"),
        }
    }

    /// The phases by name, in their order.
    pub fn named(&self) -> [(&'static str, Option<u64>); 5] {
        [
            ("detect", self.detect_ms),
            ("decide", self.decide_ms),
            ("fence", self.fence_ms),
            ("promote", self.promote_ms),
            ("redirect", self.redirect_ms),
        ]
    }

    /// Their sum, as far as they are known.
    pub fn total_ms(&self) -> u64 {
        self.named().into_iter().filter_map(|(_, ms)| ms).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(steps: &[(&str, u64)], expected: [Option<u64>; 5]) {
        let steps = steps
            .iter()
            .map(|(step, at)| ((*step).to_owned(), WallTime::from_unix_ms(*at)))
            .collect();
        let phases = Phases::new(WallTime::from_unix_ms(1_000), &steps);
        assert_eq!(phases.named().map(|(_, ms)| ms), expected);
    }

    #[test]
    fn phases_follow_each_other_from_the_fault_on() {
        let steps = [
            ("last-seen", 990),
            ("detected", 1_200),
            ("decided", 2_000),
            ("fenced", 3_000),
            ("promoted", 3_080),
            ("verified", 3_090),
            ("redirected", 3_100),
        ];
        check(
            &steps,
            [Some(200), Some(800), Some(1_000), Some(80), Some(20)],
        );
    }

    #[test]
    fn steps_out_of_order_take_no_time_and_missing_ones_none() {
        check(
            &[
                ("detected", 900),
                ("decided", 3_000),
                ("fenced", 2_000),
                ("redirected", 3_200),
            ],
            [Some(0), Some(2_000), Some(0), None, Some(200)],
        );
        check(&[], [None; 5]);
    }
}
