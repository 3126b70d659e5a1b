//! P11: no timeline is promoted onto twice.

use std::collections::BTreeMap;

use standfast_units::Timeline;

use super::{Verdict, demand};

#[derive(Debug, Default)]
pub(crate) struct Timelines {
    /// Which node was promoted onto it, and where it leaves its parent.
    used: BTreeMap<Timeline, (usize, usize)>,
}

impl Timelines {
    pub(crate) fn check(&mut self, node: usize, timeline: Timeline, at: usize) -> Verdict {
        let earlier = self.used.insert(timeline, (node, at));
        demand(
            earlier.is_none_or(|earlier| earlier == (node, at)),
            "P11",
            || format!("timeline {timeline} is promoted onto twice"),
        )
    }
}
