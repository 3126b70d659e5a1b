//! A running standby: it follows the primary that serves, and considers taking over when none does (P7).

use super::Member;
use super::acts::Doing;
use super::right::Basis;
use super::turn::Turn;
use crate::decision::{Answer, DatabaseAction, Instants};
use crate::hold::HoldReason;
use crate::lease::ObservedLease;
use crate::observation::Database;
use crate::observed::ObservedRecord;
use crate::rejoin::leaves;
use crate::state::State;
use crate::takeover::{self, Candidate, TakeoverVerdict};
use standfast_record::Position;
use standfast_record::RequestKind;

impl Member {
    pub(super) fn following(&mut self, turn: &mut Turn) {
        if self.observed.asked_to_end() {
            return self.enter(turn, State::Stopping);
        }
        if self.observed.nothing_runs() {
            self.rejoin.ended(turn.now);
            return self.enter(turn, State::Rejoining);
        }
        if let Database::Primary { .. } = self.observed.database {
            self.rejoin.ended(turn.now);
            return self.fence(turn, "the server accepts writes without the right to");
        }
        if !self.store_is_reached(turn) {
            return;
        }
        let sight = match &self.observed.record {
            ObservedRecord::Unread => return,
            ObservedRecord::Absent => return turn.hold(HoldReason::StoreForgot),
            ObservedRecord::Present(sight) => sight.clone(),
        };
        let Database::Standby {
            timeline,
            received,
            streaming,
        } = self.observed.database
        else {
            if sight.still_for(turn.now) >= self.settings.timings.missed_after() {
                turn.hold(HoldReason::NotAStandby);
            }
            return;
        };
        let candidate = Candidate { timeline, received };
        if self.serving(turn.now, &sight).is_some() {
            if self.follow(turn, &sight, candidate, streaming) {
                return;
            }
        } else {
            self.rejoin.no_primary_serves();
        }
        self.consider_taking_over(turn, &sight, candidate);
    }

    /// Keeps the standby behind the primary that serves; `true` when there was something to do.
    fn follow(
        &mut self,
        turn: &mut Turn,
        sight: &ObservedLease,
        candidate: Candidate,
        streaming: bool,
    ) -> bool {
        if !self.may_act(turn) {
            return true;
        }
        let head = sight.lease.timeline;
        let past_the_fork = candidate.timeline != head
            && leaves(candidate.timeline, head, self.observed.forks())
                .is_none_or(|fork| candidate.received > fork.position);
        if past_the_fork {
            self.rejoin.past_the_fork();
            self.act(turn, Doing::Stopping, DatabaseAction::StopStandby);
            return true;
        }
        let primary = sight.lease.holder.clone();
        if self.rejoin.turn_to(&primary) {
            let action = DatabaseAction::Follow { upstream: primary };
            self.act(turn, Doing::Changing, action);
            return true;
        }
        if streaming {
            self.rejoin.streams();
        } else if self.rejoin.is_adrift(turn.now) {
            self.act(turn, Doing::Stopping, DatabaseAction::StopStandby);
            return true;
        }
        false
    }

    fn consider_taking_over(
        &mut self,
        turn: &mut Turn,
        sight: &ObservedLease,
        candidate: Candidate,
    ) {
        match takeover::examine(turn.now, &self.settings, &self.observed, sight, candidate) {
            TakeoverVerdict::Quiet => {
                self.decided_at = None;
                self.detected_at = None;
                let missed_after = self.settings.timings.missed_after();
                turn.wake(sight.unchanged_since.after(missed_after));
            }
            TakeoverVerdict::Hold {
                reasons,
                look_again_at,
            } => {
                self.detected_at.get_or_insert(turn.now);
                if reasons.iter().all(|reason| {
                    matches!(
                        reason,
                        HoldReason::LeaseRunning { .. } | HoldReason::ReleaseRecent { .. }
                    )
                }) {
                    self.decided_at.get_or_insert(turn.now);
                } else {
                    self.decided_at = None;
                }
                self.refuse_hopeless_request(turn, &reasons);
                turn.holds.extend(reasons);
                if let Some(at) = look_again_at {
                    turn.wake(at);
                }
            }
            TakeoverVerdict::Go(go) => self.take_over(turn, sight, candidate, &go),
        }
    }

    fn take_over(
        &mut self,
        turn: &mut Turn,
        sight: &ObservedLease,
        candidate: Candidate,
        go: &takeover::Go,
    ) {
        if self.right.is_busy() || !self.may_act(turn) {
            return;
        }
        let again = self.named_holder(&sight.lease.holder) && !self.asked_for_by_name();
        if again && self.yields(turn) {
            return;
        }
        // P11: the number after the highest ever reserved, reserved by the acquisition itself.
        let Some(timeline) = sight.lease.timeline_reserved.next() else {
            return;
        };
        let instants = Instants {
            last_seen_at: sight.unchanged_since,
            detected_at: *self.detected_at.get_or_insert(turn.now),
            decided_at: *self.decided_at.get_or_insert(turn.now),
            fenced_at: turn.now,
        };
        if self.asked_for_by_name() {
            self.begin_request(turn);
        }
        let basis = Basis {
            kind: go.kind,
            diagnosis: go.diagnosis,
            loss_max: go.loss_max,
            instants,
            // What we have beyond the last publication counts from now on: should we vanish before we
            // publish, a standby that lacks it lacks that too.
            position: sight
                .lease
                .position
                .filter(|published| published.timeline == candidate.timeline)
                .map(|published| Position {
                    lsn: published.lsn.max(candidate.received),
                    renewal: 0,
                    ..published
                }),
        };
        self.acquire(turn, timeline, basis);
    }

    /// An operator who named a region is told at once when only the loss stands in the way.
    fn refuse_hopeless_request(&mut self, turn: &mut Turn, reasons: &[HoldReason]) {
        let Some(request) = self.observed.request.clone() else {
            return;
        };
        let ours = matches!(request.kind, RequestKind::Failover { .. })
            && self.settings.region_of(&self.settings.node) == Some(request.kind.to());
        let hopeless = !reasons.is_empty()
            && reasons.iter().all(|reason| {
                matches!(
                    reason,
                    HoldReason::LossTooLarge { .. }
                        | HoldReason::LossUnknown { .. }
                        | HoldReason::Diverged
                )
            });
        if ours && hopeless {
            let why: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            self.answer(turn, &request.id, Answer::Refused(why.join("; ")));
        }
    }
}
