//! Until when the answers of an epoch may be forwarded: rule P22, without input, output or clock.
//!
//! A proxy has no use for the holder's clock, and learns of a change only some time after it was
//! made, however late. But a read that still returned the old renewal proves that the record changed
//! after that read was *sent*. A taker has to see the changed record stand still for a whole lease
//! (P1), so no node can begin a newer epoch before that instant plus the lease:
//!
//! ```text
//!   reads     sent───────answer A      sent──────answer B
//!   record    A ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ B  (at some instant in between)
//!             ├──────────── lease ─────────────────────┤ no taker before here
//!             ├────── lease - clock_drift_max ───┤ forward up to here
//! ```
//!
//! A change of epoch is a change of the record like any other, so a new epoch is valid from its first
//! sighting, counted from the last read of the old one. Only of the very first sighting nothing is
//! known: that renewal may be as old as the system.
//!
//! Deliberately absent: sending reads, opening connections, and any opinion on why renewals ceased.

use std::time::Duration;

use standfast_units::{Epoch, Timestamp};

use crate::source::{Renewal, Right, Sighting, WriterTarget};
use crate::status::{Closed, Cut};

#[cfg(test)]
mod model;

/// What all reads so far prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    epoch: Epoch,
    right: Right,
    until: Option<Timestamp>,
    target: Option<WriterTarget>,
}

impl Proof {
    /// Before any read: nothing.
    pub const NOTHING: Self = Self {
        epoch: Epoch::ZERO,
        right: Right::Released,
        until: None,
        target: None,
    };

    /// The newest epoch seen.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The database that new clients may be connected to at `now`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn writer(&self, now: Timestamp) -> Result<&WriterTarget, Closed> {
        self.check(self.epoch, now)?;
        self.target.as_ref().ok_or(Closed::Unverified)
    }

    /// The instant from which answers of `epoch` must not be forwarded any more.
    ///
    /// Ask for it *before* reading the clock: a freeze between the two then only makes the clock's
    /// answer later. The other way round, a proof that arrives after the freeze would be held
    /// against the time before it.
    ///
    /// # Errors
    /// Why there is no such instant: the epoch is over, or nothing is proven about it.
    pub fn until(&self, epoch: Epoch) -> Result<Timestamp, Cut> {
        if epoch != self.epoch {
            return Err(Cut::Superseded);
        }
        match self.right {
            Right::Released => Err(Cut::Released),
            Right::Held => self.until.ok_or(Cut::Lapsed),
        }
    }

    /// Whether an answer of `epoch` may be forwarded at `now`.
    ///
    /// # Errors
    /// Why it may not.
    pub fn check(&self, epoch: Epoch, now: Timestamp) -> Result<(), Cut> {
        if now < self.until(epoch)? {
            Ok(())
        } else {
            Err(Cut::Lapsed)
        }
    }
}

/// What a sighting added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// The first one: proves nothing yet.
    First,
    /// The record is as it was.
    Unchanged,
    /// The record has changed.
    Changed,
    /// The record is older than one seen before, or an epoch that was released is held again: the
    /// store did not keep its promise, or was emptied. It proves nothing.
    WentBack,
}

/// Draws the conclusions of P22 from reads made one after the other.
#[derive(Debug)]
pub struct Validity {
    /// `lease - clock_drift_max`.
    span: Duration,
    last: Option<LastRead>,
    proof: Proof,
}

/// The last read that returned the newest renewal.
#[derive(Debug)]
struct LastRead {
    renewal: Renewal,
    /// The instant before it was sent.
    sent_at: Timestamp,
}

impl Validity {
    /// With nothing seen. Takers wait for `lease`, on clocks that count it short by `clock_drift_max`
    /// at most.
    pub fn new(lease: Duration, clock_drift_max: Duration) -> Self {
        Self {
            span: lease.saturating_sub(clock_drift_max),
            last: None,
            proof: Proof::NOTHING,
        }
    }

    /// What is proven.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Takes the answer of a read. `sent_at` is an instant *before* the read was sent, and not before
    /// that of the read observed last (P22).
    pub fn observe(&mut self, sent_at: Timestamp, sighting: Sighting) -> Observed {
        let Sighting {
            epoch,
            renewal,
            right,
            writer,
        } = sighting;
        let released_before = epoch == self.proof.epoch && self.proof.right == Right::Released;
        let observed = match &self.last {
            None => Observed::First,
            Some(last) if renewal < last.renewal || epoch < self.proof.epoch => Observed::WentBack,
            Some(_) if released_before && right == Right::Held => Observed::WentBack,
            Some(last) if renewal == last.renewal => Observed::Unchanged,
            Some(last) => {
                self.proof.until = Some(last.sent_at.after(self.span));
                Observed::Changed
            }
        };
        if observed == Observed::WentBack {
            return observed;
        }
        self.last = Some(LastRead { renewal, sent_at });
        // Within an epoch the last target is kept: an empty answer is never given (P13).
        let target = writer.filter(|target| target.epoch == epoch);
        if target.is_some() || epoch != self.proof.epoch {
            self.proof.target = target;
        }
        self.proof.epoch = epoch;
        self.proof.right = right;
        observed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standfast_units::Node;

    const LEASE: Duration = Duration::from_secs(1);
    const DRIFT: Duration = Duration::from_millis(100);

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn target(epoch: u64, port: u16) -> WriterTarget {
        WriterTarget {
            epoch: Epoch::new(epoch),
            node: Node::new("main-east-1").unwrap(),
            address: ([127, 0, 0, 1], port).into(),
        }
    }

    fn held(epoch: u64, renewal: u64) -> Sighting {
        Sighting {
            epoch: Epoch::new(epoch),
            renewal: Renewal(renewal),
            right: Right::Held,
            writer: Some(target(epoch, 1)),
        }
    }

    fn released(epoch: u64, renewal: u64) -> Sighting {
        Sighting {
            right: Right::Released,
            ..held(epoch, renewal)
        }
    }

    /// Observes `(sent_at_ms, sighting)` in turn and returns until when `epoch` is valid.
    fn until(reads: &[(u64, Sighting)], epoch: u64) -> Result<Timestamp, Cut> {
        let mut validity = Validity::new(LEASE, DRIFT);
        for (sent_at_ms, sighting) in reads {
            validity.observe(at(*sent_at_ms), sighting.clone());
        }
        validity.proof().until(Epoch::new(epoch))
    }

    #[test]
    fn a_first_sighting_proves_nothing_however_often_it_is_repeated() {
        assert_eq!(until(&[(10, held(1, 5))], 1), Err(Cut::Lapsed));
        assert_eq!(
            until(&[(10, held(1, 5)), (20, held(1, 5))], 1),
            Err(Cut::Lapsed)
        );
    }

    #[test]
    fn a_renewal_counts_from_the_last_read_that_did_not_show_it() {
        let reads = [(10, held(1, 5)), (20, held(1, 5)), (30, held(1, 6))];
        assert_eq!(until(&reads, 1), Ok(at(20 + 900)));
    }

    #[test]
    fn a_read_that_took_ages_proves_no_more_than_when_it_was_sent() {
        // The second read was sent at 5000; the first, at 10, is the last that showed renewal 5.
        let reads = [(10, held(1, 5)), (5000, held(1, 6))];
        assert_eq!(until(&reads, 1), Ok(at(910)));
    }

    #[test]
    fn a_new_epoch_ends_the_old_one_and_is_valid_from_its_first_sighting() {
        let reads = [(10, held(1, 5)), (20, held(1, 6)), (30, held(2, 7))];
        assert_eq!(until(&reads, 1), Err(Cut::Superseded));
        assert_eq!(until(&reads, 2), Ok(at(20 + 900)));
    }

    #[test]
    fn a_release_ends_the_epoch_at_once() {
        let reads = [(10, held(1, 5)), (20, held(1, 6)), (30, released(1, 7))];
        assert_eq!(until(&reads, 1), Err(Cut::Released));
        let again = [&reads[..], &[(40, held(1, 8))]].concat();
        assert_eq!(until(&again, 1), Err(Cut::Released));
    }

    #[test]
    fn the_first_epoch_of_a_system_is_valid_from_its_first_sighting() {
        let reads = [(10, Sighting::ABSENT), (20, held(1, 1))];
        assert_eq!(until(&reads, 1), Ok(at(10 + 900)));
    }

    #[test]
    fn an_older_answer_neither_extends_nor_ends_anything() {
        let mut validity = Validity::new(LEASE, DRIFT);
        validity.observe(at(10), held(2, 5));
        validity.observe(at(20), held(2, 6));
        let before = validity.proof().clone();
        for stale in [held(2, 5), held(1, 9), Sighting::ABSENT] {
            assert_eq!(validity.observe(at(30), stale), Observed::WentBack);
            assert_eq!(*validity.proof(), before);
        }
        // Nor does it count as a sighting of the renewal before the next one.
        validity.observe(at(40), held(2, 7));
        assert_eq!(validity.proof().until(Epoch::new(2)), Ok(at(20 + 900)));
    }

    #[test]
    fn validity_ends_at_its_last_instant_not_after_it() {
        let mut validity = Validity::new(LEASE, DRIFT);
        validity.observe(at(10), held(1, 5));
        validity.observe(at(20), held(1, 6));
        let check = |ms| validity.proof().check(Epoch::new(1), at(ms));
        assert_eq!(check(909), Ok(()));
        assert_eq!(check(910), Err(Cut::Lapsed));
    }

    #[test]
    fn only_a_writer_verified_under_the_epoch_is_a_target() {
        let mut validity = Validity::new(LEASE, DRIFT);
        let mut writer_after = |sent_at_ms, epoch, renewal, writer| {
            let sighting = Sighting {
                writer,
                ..held(epoch, renewal)
            };
            validity.observe(at(sent_at_ms), sighting);
            validity.proof().writer(at(sent_at_ms + 1)).cloned()
        };
        let verified = target(2, 1);
        assert_eq!(
            writer_after(10, 2, 5, Some(verified.clone())),
            Err(Closed::Unproven)
        );
        assert_eq!(
            writer_after(20, 3, 6, Some(verified)),
            Err(Closed::Unverified)
        );
        assert_eq!(writer_after(30, 3, 7, Some(target(3, 1))), Ok(target(3, 1)));
        // A record that vanishes takes nothing away; one that moves is followed.
        assert_eq!(writer_after(40, 3, 8, None), Ok(target(3, 1)));
        assert_eq!(writer_after(50, 3, 8, Some(target(3, 9))), Ok(target(3, 9)));
        assert_eq!(
            writer_after(60, 4, 9, Some(target(3, 9))),
            Err(Closed::Unverified)
        );
    }

    #[test]
    fn no_client_is_connected_before_the_right_was_first_held_or_after_it_was_released() {
        assert_eq!(Proof::NOTHING.writer(at(0)), Err(Closed::NotHeld));
        let mut validity = Validity::new(LEASE, DRIFT);
        validity.observe(at(10), held(1, 5));
        validity.observe(at(20), released(1, 6));
        assert_eq!(validity.proof().writer(at(30)), Err(Closed::NotHeld));
    }
}
