//! The right to write as the core sees it, and how long it has stood still (P1).

use std::collections::VecDeque;
use std::time::Duration;

use standfast_units::{Epoch, Lsn, Node, Timeline, Timestamp};

/// Revision of the record in the store; a compare-and-swap names it. Zero: there is no record.
pub type Revision = u64;

/// The record of the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Grows by one with each acquisition.
    pub epoch: Epoch,
    /// Who may write.
    pub holder: Node,
    /// Unique to one acquisition.
    pub incarnation: String,
    /// Grows by one with each renewal.
    pub renewal: u64,
    /// Held or given up.
    pub state: LeaseState,
    /// The timeline this epoch writes on.
    pub timeline: Timeline,
    /// The highest timeline ever reserved (P11).
    pub timeline_reserved: Timeline,
    /// Where the last holder that served stood when it last said so; absent until somebody has served.
    pub position: Option<Position>,
}

/// A place in the log of one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The timeline it was written on.
    pub timeline: Timeline,
    /// The place.
    pub lsn: Lsn,
}

/// Whether the right is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseState {
    /// The holder may write until its deadline.
    Held,
    /// Nothing of the holder's server remains.
    Released {
        /// Where its log ends, when known.
        position: Option<Lsn>,
        /// The successor of a switchover.
        to: Option<Node>,
    },
}

/// How many published positions are remembered: at four renewals within `self_fence_after` this
/// covers several minutes at the default lease, longer than any loss a promise allows.
const POSITIONS_MAX: usize = 512;

/// The record as last seen, with what its seer's own clock says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseSight {
    pub(crate) lease: Lease,
    pub(crate) revision: Revision,
    /// When this revision was first seen. The write happened before.
    pub(crate) unchanged_since: Timestamp,
    /// Positions the holder published, with the instant each was first seen.
    positions: VecDeque<(Timestamp, Lsn)>,
}

impl LeaseSight {
    pub(crate) fn first(now: Timestamp, lease: Lease, revision: Revision) -> Self {
        let mut sight = Self {
            lease,
            revision,
            unchanged_since: now,
            positions: VecDeque::new(),
        };
        sight.note_position(now);
        sight
    }

    /// Takes in what was read. Reading the same revision again changes nothing.
    pub(crate) fn see(&mut self, now: Timestamp, lease: Lease, revision: Revision) {
        if revision <= self.revision {
            return;
        }
        let timeline = |lease: &Lease| lease.position.map(|position| position.timeline);
        if timeline(&lease) != timeline(&self.lease) {
            // Positions of another timeline say nothing about this one.
            self.positions.clear();
        }
        self.lease = lease;
        self.revision = revision;
        self.unchanged_since = now;
        self.note_position(now);
    }

    fn note_position(&mut self, now: Timestamp) {
        let Some(Position { lsn: position, .. }) = self.lease.position else {
            return;
        };
        if self
            .positions
            .back()
            .is_some_and(|(_, newest)| *newest >= position)
        {
            // Nothing was written in between: whoever has the position has all up to now.
            if let Some(newest) = self.positions.back_mut() {
                newest.0 = now;
            }
            return;
        }
        if self.positions.len() == POSITIONS_MAX {
            self.positions.pop_front();
        }
        self.positions.push_back((now, position));
    }

    /// How long the record has stood still.
    pub(crate) fn still_for(&self, now: Timestamp) -> Duration {
        now.since(self.unchanged_since)
    }

    /// How far behind the last published position somebody is who has the log up to `received`:
    /// the age of the newest published position that lies within it. `None`: behind all that is known.
    pub(crate) fn lag_time(&self, received: Lsn) -> Option<Duration> {
        let (newest_at, _) = self.positions.back()?;
        self.positions
            .iter()
            .rev()
            .find(|(_, position)| *position <= received)
            .map(|(at, _)| newest_at.since(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(position: u64) -> Lease {
        Lease {
            epoch: Epoch::new(1),
            holder: Node::new("a").unwrap(),
            incarnation: "x".into(),
            renewal: 0,
            state: LeaseState::Held,
            timeline: Timeline::FIRST,
            timeline_reserved: Timeline::FIRST,
            position: Some(Position {
                timeline: Timeline::FIRST,
                lsn: Lsn::new(position),
            }),
        }
    }

    #[test]
    fn reading_one_revision_twice_does_not_restart_the_clock() {
        let mut sight = LeaseSight::first(Timestamp::from_millis(100), lease(1), 7);
        sight.see(Timestamp::from_millis(900), lease(1), 7);
        assert_eq!(
            sight.still_for(Timestamp::from_millis(1000)),
            Duration::from_millis(900)
        );
        sight.see(Timestamp::from_millis(950), lease(1), 8);
        assert_eq!(
            sight.still_for(Timestamp::from_millis(1000)),
            Duration::from_millis(50)
        );
    }

    #[test]
    fn an_older_revision_is_not_believed() {
        let mut sight = LeaseSight::first(Timestamp::from_millis(100), lease(5), 7);
        sight.see(Timestamp::from_millis(200), lease(1), 6);
        assert_eq!(sight.lease.position.unwrap().lsn, Lsn::new(5));
        assert_eq!(sight.revision, 7);
    }

    #[test]
    fn lag_is_the_age_of_the_newest_position_one_has() {
        let mut sight = LeaseSight::first(Timestamp::from_millis(0), lease(10), 1);
        sight.see(Timestamp::from_millis(400), lease(20), 2);
        sight.see(Timestamp::from_millis(800), lease(30), 3);
        assert_eq!(sight.lag_time(Lsn::new(35)), Some(Duration::ZERO));
        assert_eq!(
            sight.lag_time(Lsn::new(25)),
            Some(Duration::from_millis(400))
        );
        assert_eq!(
            sight.lag_time(Lsn::new(10)),
            Some(Duration::from_millis(800))
        );
        assert_eq!(sight.lag_time(Lsn::new(9)), None);
    }

    #[test]
    fn an_idle_primary_makes_no_lag() {
        let mut sight = LeaseSight::first(Timestamp::from_millis(0), lease(10), 1);
        sight.see(Timestamp::from_millis(400), lease(10), 2);
        sight.see(Timestamp::from_millis(800), lease(20), 3);
        assert_eq!(
            sight.lag_time(Lsn::new(10)),
            Some(Duration::from_millis(400))
        );
    }
}
