//! The right to write as the core sees it, and how long it has stood still (P1).

use std::collections::VecDeque;
use std::time::Duration;

use standfast_record::{Lease, Position, Revision};
use standfast_units::{Lsn, Timestamp};

/// How many published positions are remembered: at four renewals within `self_fence_after` this
/// covers several minutes at the default lease, longer than any loss a promise allows.
const POSITIONS_MAX: usize = 512;

/// The record as last seen, with what its seer's own clock says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObservedLease {
    pub(crate) lease: Lease,
    pub(crate) revision: Revision,
    /// When this revision was first seen. The write happened before.
    pub(crate) unchanged_since: Timestamp,
    /// When the present epoch was first seen; absent when it was under way before we looked.
    epoch_seen_at: Option<Timestamp>,
    /// When the newest renewal was first seen. A store that was restarted writes the record anew
    /// (P21): that is no renewal, and says nothing about the holder.
    renewed_at: Timestamp,
    /// Renewals of the holder since we look, by its own count.
    renewals: u64,
    /// Positions the holder published, oldest first.
    positions: VecDeque<Published>,
}

/// A position with when it was last known to be the newest, by what we saw and by the holder's count.
/// Each may be misleading alone: what we were slow to see (frozen ourselves) seems to have been
/// published all at once, and renewals that were late seem to have been in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Published {
    lsn: Lsn,
    seen_at: Timestamp,
    /// When the record before it was seen: it may have been published as early as that.
    earliest: Timestamp,
    renewals: u64,
}

impl ObservedLease {
    /// What was read first, some time after `looking_since`.
    pub(crate) fn first(
        now: Timestamp,
        looking_since: Timestamp,
        lease: Lease,
        revision: Revision,
    ) -> Self {
        let mut sight = Self {
            epoch_seen_at: (lease.renewal == 0).then_some(now),
            lease,
            revision,
            unchanged_since: now,
            renewed_at: now,
            renewals: 0,
            positions: VecDeque::new(),
        };
        sight.note_position(now, looking_since, Renewed::Yes);
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
        let renewed = if lease.epoch != self.lease.epoch {
            self.epoch_seen_at = Some(self.unchanged_since);
            self.renewed_at = now;
            self.renewals += lease.renewal;
            Renewed::No
        } else if lease.renewal > self.lease.renewal {
            self.renewed_at = now;
            self.renewals += lease.renewal - self.lease.renewal;
            // A renewal speaks for the position only when the server was asked for it.
            let asked = lease
                .position
                .is_none_or(|position| position.renewal == lease.renewal);
            if asked { Renewed::Yes } else { Renewed::No }
        } else {
            Renewed::No
        };
        let earliest = self.unchanged_since;
        self.lease = lease;
        self.revision = revision;
        self.unchanged_since = now;
        self.note_position(now, earliest, renewed);
    }

    fn note_position(&mut self, now: Timestamp, earliest: Timestamp, renewed: Renewed) {
        let Some(Position { lsn: position, .. }) = self.lease.position else {
            return;
        };
        let published = Published {
            lsn: position,
            seen_at: now,
            earliest,
            renewals: self.renewals,
        };
        if let Some(newest) = self.positions.back_mut()
            && newest.lsn >= position
        {
            // Nothing was written in between: a node that has the position has all up to now. Only the
            // holder itself can say so, by a renewal.
            if newest.lsn == position && renewed == Renewed::Yes {
                *newest = published;
            }
            return;
        }
        if self.positions.len() == POSITIONS_MAX {
            self.positions.pop_front();
        }
        self.positions.push_back(published);
    }

    /// How long the record has stood still.
    pub(crate) fn still_for(&self, now: Timestamp) -> Duration {
        now.since(self.unchanged_since)
    }

    /// How far behind the last published position a node is that has the log up to `received`, at
    /// most: the age of the newest published position that lies within it. `None`: behind all that is
    /// known.
    pub(crate) fn lag_time(&self, received: Lsn, renew_every: Duration) -> Option<Duration> {
        let newest = self.positions.back()?;
        if newest.lsn <= received {
            return Some(Duration::ZERO);
        }
        self.positions
            .iter()
            .rev()
            .find(|published| published.lsn <= received)
            .map(|has| {
                let seen = newest.seen_at.since(has.earliest);
                seen.max(counted(newest.renewals - has.renewals, renew_every))
            })
    }

    /// How long the holder may have written under this epoch up to its last renewal. What bounds the
    /// lag of a node on its timeline before it has published a position there. `None`: unknown.
    pub(crate) fn epoch_age(&self, renew_every: Duration) -> Option<Duration> {
        let seen = self.epoch_seen_at.map(|at| self.renewed_at.since(at))?;
        Some(seen.max(counted(self.lease.renewal, renew_every)))
    }

    /// How long holders before the present one may have written without publishing. `None`: unknown.
    pub(crate) fn unpublished_for(&self) -> Option<Duration> {
        let newest = self.positions.back()?;
        Some(self.epoch_seen_at?.since(newest.earliest))
    }
}

/// The least time that so many renewals take.
fn counted(renewals: u64, renew_every: Duration) -> Duration {
    renew_every.saturating_mul(u32::try_from(renewals).unwrap_or(u32::MAX))
}

/// Whether a change of the record was the holder's own doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renewed {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use standfast_record::LeaseState;
    use standfast_units::{Epoch, Node, Timeline};

    use super::*;

    fn first(at_ms: u64, lease: Lease, revision: u64) -> ObservedLease {
        let at = Timestamp::from_millis(at_ms);
        ObservedLease::first(at, at, lease, Revision(revision))
    }

    const EVERY: Duration = Duration::from_millis(1);

    fn lease(position: u64) -> Lease {
        renewed(position, position)
    }

    fn renewed(position: u64, renewal: u64) -> Lease {
        Lease {
            epoch: Epoch::new(1),
            holder: Node::new("a").unwrap(),
            incarnation: "x".into(),
            renewal,
            state: LeaseState::Held,
            timeline: Timeline::FIRST,
            timeline_reserved: Timeline::FIRST,
            position: Some(Position {
                timeline: Timeline::FIRST,
                lsn: Lsn::new(position),
                renewal,
            }),
        }
    }

    #[test]
    fn reading_one_revision_twice_does_not_restart_the_clock() {
        let mut sight = first(100, lease(1), 7);
        sight.see(Timestamp::from_millis(900), lease(1), Revision(7));
        assert_eq!(
            sight.still_for(Timestamp::from_millis(1000)),
            Duration::from_millis(900)
        );
        sight.see(Timestamp::from_millis(950), lease(1), Revision(8));
        assert_eq!(
            sight.still_for(Timestamp::from_millis(1000)),
            Duration::from_millis(50)
        );
    }

    #[test]
    fn an_older_revision_is_not_believed() {
        let mut sight = first(100, lease(5), 7);
        sight.see(Timestamp::from_millis(200), lease(1), Revision(6));
        assert_eq!(sight.lease.position.unwrap().lsn, Lsn::new(5));
        assert_eq!(sight.revision, Revision(7));
    }

    #[test]
    fn lag_is_the_most_that_the_newest_position_one_has_may_be_old() {
        let mut sight = first(0, lease(10), 1);
        sight.see(Timestamp::from_millis(400), lease(20), Revision(2));
        sight.see(Timestamp::from_millis(800), lease(30), Revision(3));
        assert_eq!(sight.lag_time(Lsn::new(35), EVERY), Some(Duration::ZERO));
        assert_eq!(
            // Published after the first was seen, as far as we know at once.
            sight.lag_time(Lsn::new(25), EVERY),
            Some(Duration::from_millis(800))
        );
        assert_eq!(
            sight.lag_time(Lsn::new(10), EVERY),
            Some(Duration::from_millis(800))
        );
        assert_eq!(sight.lag_time(Lsn::new(9), EVERY), None);
    }

    #[test]
    fn an_idle_primary_makes_no_lag() {
        let mut sight = first(0, lease(10), 1);
        sight.see(Timestamp::from_millis(400), renewed(10, 11), Revision(2));
        sight.see(Timestamp::from_millis(800), renewed(10, 12), Revision(3));
        sight.see(Timestamp::from_millis(1200), lease(20), Revision(4));
        assert_eq!(
            sight.lag_time(Lsn::new(10), EVERY),
            Some(Duration::from_millis(800))
        );
    }

    #[test]
    fn a_store_that_writes_the_record_anew_does_not_speak_for_the_holder() {
        let mut sight = first(0, lease(10), 1);
        sight.see(Timestamp::from_millis(400), lease(10), Revision(2));
        assert_eq!(
            sight.still_for(Timestamp::from_millis(500)).as_millis(),
            100
        );
        sight.see(Timestamp::from_millis(800), lease(20), Revision(3));
        assert_eq!(
            sight.lag_time(Lsn::new(10), EVERY),
            Some(Duration::from_millis(800))
        );
    }

    #[test]
    fn what_was_seen_all_at_once_was_not_published_all_at_once() {
        let mut sight = first(0, renewed(10, 1), 1);
        sight.see(Timestamp::from_millis(1), renewed(20, 5), Revision(2));
        assert_eq!(
            sight.lag_time(Lsn::new(10), Duration::from_secs(1)),
            Some(Duration::from_secs(4))
        );
    }

    #[test]
    fn a_primary_that_cannot_be_asked_does_not_look_idle() {
        let mut sight = first(0, renewed(10, 1), 1);
        for (at_ms, renewal) in [(400, 2), (800, 3)] {
            // The holder renews with the position it looked up with its first renewal.
            let mut lease = renewed(10, renewal);
            lease.position.as_mut().unwrap().renewal = 1;
            sight.see(Timestamp::from_millis(at_ms), lease, Revision(renewal));
        }
        sight.see(Timestamp::from_millis(1_200), renewed(20, 4), Revision(4));
        let lag = sight
            .lag_time(Lsn::new(10), Duration::from_millis(400))
            .unwrap();
        assert!(lag >= Duration::from_millis(1_200), "{lag:?}");
    }
}
