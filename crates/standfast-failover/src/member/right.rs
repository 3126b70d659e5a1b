//! The right to write: asked for, renewed, and let go of (P1, P2).

use std::time::Duration;

use standfast_record::{Lease, LeaseState, Position, Revision, SuccessionKind};
use standfast_units::{Epoch, Timeline, Timestamp};

use super::Member;
use super::turn::Turn;
use crate::decision::{Acquisition, Action, Instants, RightAction};
use crate::diagnosis::Diagnosis;
use crate::observation::Database;
use crate::outcome::RightOutcome;
use crate::state::State;

/// What an acquisition rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis {
    pub(super) kind: SuccessionKind,
    pub(super) diagnosis: Diagnosis,
    pub(super) loss_max: Option<Duration>,
    pub(super) instants: Instants,
    /// Where the last holder's log ends, when the taker knows it better than the record does.
    pub(super) position: Option<Position>,
}

impl Basis {
    /// The taker is the last holder or the founder: no other node has written what it could lack.
    pub(super) fn certain(now: Timestamp, kind: SuccessionKind) -> Self {
        Self {
            kind,
            diagnosis: match kind {
                SuccessionKind::Bootstrap => Diagnosis::NotCreated,
                SuccessionKind::Retake | SuccessionKind::Switchover | SuccessionKind::Failover => {
                    Diagnosis::GivenUp
                }
            },
            loss_max: None,
            instants: Instants {
                last_seen_at: now,
                detected_at: now,
                decided_at: now,
                fenced_at: now,
            },
            position: None,
        }
    }
}

impl Member {
    pub(super) fn acquire(&mut self, turn: &mut Turn, timeline: Timeline, basis: Basis) {
        if self.right.is_busy() {
            return;
        }
        let sight = self.observed.lease();
        let former = sight.map_or(Epoch::ZERO, |sight| sight.lease.epoch);
        let Some(epoch) = former.next() else { return };
        let reserved = sight.map_or(Timeline::FIRST, |sight| sight.lease.timeline_reserved);
        let acquisition = Acquisition {
            revision: sight.map_or_else(Revision::default, |sight| sight.revision),
            lease: Lease {
                epoch,
                holder: self.settings.node.clone(),
                incarnation: String::new(),
                renewal: 0,
                state: LeaseState::Held,
                timeline,
                // P11: a number that was ever reserved is never reserved again.
                timeline_reserved: reserved.max(timeline),
                position: basis
                    .position
                    .or_else(|| sight.and_then(|sight| sight.lease.position)),
            },
            kind: basis.kind,
            diagnosis: basis.diagnosis,
            evidence: self.observed.evidence(turn.now, &self.settings),
            loss_max: basis.loss_max,
            instants: basis.instants,
        };
        self.enter(turn, State::Acquiring);
        self.right.begin_acquisition(acquisition.clone());
        turn.act(Action::Right(RightAction::Acquire(Box::new(acquisition))));
    }

    /// Gives the right up. The caller has made certain that nothing runs (P5).
    pub(super) fn release(&mut self, turn: &mut Turn) {
        let Some(holding) = self.right.holding() else {
            return;
        };
        assert!(
            self.observed.nothing_runs(),
            "the right is released while a server may run"
        );
        let position = self.observed.log_end();
        // A hand-over names the end of the log, or it is none.
        let to = position.and(holding.successor.clone());
        let mut lease = holding.lease.clone();
        lease.state = LeaseState::Released { position, to };
        let revision = self.own_revision();
        self.right.begin_exchange();
        turn.act(Action::Right(RightAction::Release { revision, lease }));
    }

    /// The revision to replace. A store that was restarted has written the record anew under another
    /// revision (P21): what is ours by incarnation is ours at the revision last seen.
    fn own_revision(&self) -> Revision {
        let Some(holding) = self.right.holding() else {
            return Revision::default();
        };
        self.observed
            .lease()
            .filter(|sight| sight.lease.incarnation == holding.lease.incarnation)
            .map_or(holding.revision, |sight| {
                sight.revision.max(holding.revision)
            })
    }

    /// Why the right is not ours any more, if so.
    fn lost_right(&self, now: Timestamp) -> Option<&'static str> {
        let holding = self.right.holding()?;
        if now >= holding.deadline {
            return Some("the deadline has passed without a confirmed renewal");
        }
        let superseded = self.observed.lease().is_some_and(|sight| {
            sight.revision > holding.revision
                && (sight.lease.incarnation != holding.lease.incarnation
                    || sight.lease.state != LeaseState::Held)
        });
        superseded.then_some("the right to write is not ours any more")
    }

    /// Renews, or lets go: before anything else, in every state that holds the right.
    pub(super) fn keep_right(&mut self, turn: &mut Turn) {
        if let Some(reason) = self.lost_right(turn.now) {
            self.right.drop_it();
            if !self.state.is_ending() {
                self.fence(turn, reason);
            }
            return;
        }
        let first = self.serves();
        let due = self.right.holding().is_some_and(|holding| {
            // The first position of all is waited for by clients.
            turn.now >= holding.renew_at || (first && holding.lease.position.is_none())
        });
        if due && self.state.renews() && !self.right.is_busy() {
            self.renew(turn);
        }
    }

    fn renew(&mut self, turn: &mut Turn) {
        let revision = self.own_revision();
        let Some(holding) = self.right.holding_mut() else {
            return;
        };
        let renewal = holding.lease.renewal + 1;
        let runs = self.observed.server_runs();
        let asked_since = self.observed.database_seen_at >= holding.asked_at;
        if let Database::Primary { timeline, position } = self.observed.database
            && (asked_since || !runs)
        {
            holding.lease.position = Some(Position {
                timeline,
                lsn: position,
                renewal,
            });
        } else if let Some(end) = self
            .observed
            .log_end()
            .filter(|_| self.observed.nothing_runs())
        {
            // What was written after the last publication, and before the crash, counts too.
            holding.lease.position = Some(Position {
                timeline: holding.lease.timeline,
                lsn: end,
                renewal,
            });
        } else if !runs || (asked_since && self.observed.database == Database::Busy) {
            // No server here accepts a write: what was published is still all there is.
            if let Some(position) = &mut holding.lease.position {
                position.renewal = renewal;
            }
        }
        // Otherwise kept as it is: what is published never goes back, and says how old it is.
        holding.asked_at = turn.now;
        let lease = Lease {
            renewal,
            ..holding.lease.clone()
        };
        self.right.begin_exchange();
        turn.act(Action::Right(RightAction::Renew { revision, lease }));
    }

    /// The end of a transaction about the right.
    pub(super) fn conclude_exchange(&mut self, now: Timestamp, outcome: RightOutcome) {
        self.right.end_exchange();
        match outcome {
            RightOutcome::Acquired {
                incarnation,
                revision,
                deadline,
            } => {
                let lease = self.right.asked_for().map(|asked| Lease {
                    incarnation,
                    ..asked.clone()
                });
                if let Some(lease) = lease {
                    let renew_at = self.next_renewal(deadline);
                    self.right.take_up(lease, revision, deadline, renew_at);
                }
            }
            RightOutcome::Renewed {
                revision,
                renewal,
                deadline,
            } => {
                let renew_at = self.next_renewal(deadline);
                if let Some(holding) = self.right.holding_mut() {
                    holding.revision = holding.revision.max(revision);
                    holding.lease.renewal = holding.lease.renewal.max(renewal);
                    // The deadline never moves back (P2).
                    holding.deadline = holding.deadline.max(deadline);
                    holding.renew_at = renew_at;
                }
            }
            RightOutcome::NotRenewed => {
                let retry_at = now.after(self.settings.timings.renew_every / 4);
                if let Some(holding) = self.right.holding_mut() {
                    holding.renew_at = retry_at;
                }
            }
            RightOutcome::Released => self.right.note_release(),
            RightOutcome::NotReleased => self.right.drop_it(),
            RightOutcome::NotAcquired | RightOutcome::AcquisitionUnknown => {}
        }
    }

    /// Renewals are counted from the instant the last one was sent, which the deadline tells.
    fn next_renewal(&self, deadline: Timestamp) -> Timestamp {
        deadline
            .before(self.settings.timings.self_fence_after)
            .after(self.settings.timings.renew_every)
    }
}
