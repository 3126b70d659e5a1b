//! P7, P8, P16: what a new primary lacks of what was acknowledged is no more than its takeover said:
//! nothing when it said nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use standfast_record::SuccessionKind;
use standfast_units::Node;

use super::{Verdict, demand};
use crate::folder::LogRecord;
use crate::queue::Time;

/// Clients write more often than this wherever they are let in: a longer pause is time in which nothing
/// was accepted, and so nothing lost.
const PAUSE_MAX: Time = 700_000_000;

/// The age of what a takeover goes by, at most: a position is read, published, seen, and the guard ends what
/// still writes.
const OUT_OF_DATE: Duration = Duration::from_millis(900);

#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    /// Every acknowledged write: when, by whom.
    writes: BTreeMap<u64, (Time, usize)>,
    /// Those that a failover has left behind already.
    lost: BTreeSet<u64>,
}

impl Acknowledged {
    pub(crate) fn add(&mut self, id: u64, now: Time, node: usize) {
        self.writes.insert(id, (now, node));
    }

    /// Who acknowledged a write.
    pub(crate) fn by(&self, id: u64) -> Option<usize> {
        self.writes.get(&id).map(|(_, node)| *node)
    }

    fn missing(&self, log: &[LogRecord]) -> Vec<(u64, Time)> {
        let has: BTreeSet<u64> = log.iter().map(|record| record.id).collect();
        self.writes
            .iter()
            .filter(|(id, _)| !has.contains(id) && !self.lost.contains(id))
            .map(|(id, (at, _))| (*id, *at))
            .collect()
    }

    /// `said`: the most that may be lost, as the takeover said; `drift`: by how much two clocks may differ in
    /// counting it.
    pub(crate) fn check(
        &mut self,
        node: &Node,
        log: &[LogRecord],
        kind: SuccessionKind,
        said: Option<Duration>,
        drift: Duration,
    ) -> Verdict {
        let missing = self.missing(log);
        let Some(first) = missing.iter().map(|(_, at)| *at).min() else {
            return Ok(());
        };
        let mut accepted: Vec<Time> = self
            .writes
            .values()
            .map(|(at, _)| *at)
            .filter(|at| *at >= first)
            .collect();
        accepted.sort_unstable();
        let span = accepted
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).min(PAUSE_MAX))
            .sum();
        let span = Duration::from_nanos(span);
        let rule = match kind {
            SuccessionKind::Switchover => "P8",
            SuccessionKind::Failover => "P7",
            SuccessionKind::Retake | SuccessionKind::Bootstrap => "P16",
        };
        demand(said.is_some_and(|said| span <= said + drift), rule, || {
            let excess = span.saturating_sub(said.unwrap_or_default());
            let how = if said.is_some() && excess <= OUT_OF_DATE + drift {
                "which is older than it took it for"
            } else {
                "which is wrong"
            };
            format!(
                "{node} lacks {} acknowledged writes, {span:?} of them, by {kind:?}; it said {said:?}, {how}",
                missing.len()
            )
        })?;
        self.lost.extend(missing.iter().map(|(id, _)| *id));
        Ok(())
    }

    /// An operator accepted the loss by name: whatever is missing now is known to be.
    pub(crate) fn accept(&mut self, log: &[LogRecord]) {
        let missing = self.missing(log);
        self.lost.extend(missing.iter().map(|(id, _)| *id));
    }
}
