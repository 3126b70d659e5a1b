//! A primary that serves, and its orderly way out of that (P8).

use std::time::Duration;

use super::Member;
use super::acts::Doing;
use super::turn::Turn;
use crate::decision::{Answer, DatabaseAction};
use crate::observation::Database;
use crate::observed::ObservedFolder;
use crate::state::State;
use standfast_record::{RequestState, Role};

/// The clean stop of a switchover: past it the primary is restored (P8). A checkpoint was written
/// just before, so that a healthy server needs a small part of this.
pub(super) const STEP_DOWN_WITHIN: Duration = Duration::from_secs(4);

/// How often a primary looks again after the places in the log it keeps for standbys, while one of
/// them has no stream: a place that was lost to its size limit is made anew (P14).
const PREPARE_EVERY: Duration = Duration::from_secs(30);

impl Member {
    pub(super) fn leading(&mut self, turn: &mut Turn) {
        let Some(epoch) = self.epoch() else { return };
        if self.observed.nothing_runs() {
            self.acts.abandon();
            return self.enter(turn, State::Recovering);
        }
        if self.observed.asked_to_end() && !self.acts.is_busy() {
            self.enter(turn, State::Stopping);
            return self.step_down(turn);
        }
        if let Database::Standby { .. } = self.observed.database {
            return self.fence(turn, "the server follows although it should lead");
        }
        self.store_is_reached(turn);
        if self.acts.is_busy() {
            return;
        }
        // A preparation that keeps failing must not keep an operator's request from being heard.
        if self.acts.trouble().is_none_or(|_| self.may_act(turn)) && self.wants_preparing(turn) {
            let standbys = self.settings.others();
            return self.act(
                turn,
                Doing::Preparing,
                DatabaseAction::Prepare { epoch, standbys },
            );
        }
        self.consider_handing_over(turn);
    }

    fn wants_preparing(&self, turn: &mut Turn) -> bool {
        if !self.serves() || !self.position_is_published() {
            return false;
        }
        let Some(last) = self.prepared_at else {
            return true;
        };
        let lease = self.settings.timings.lease;
        let follower_adrift = self.observed.peers.values().any(|sight| {
            turn.now.since(sight.seen_at) < lease
                && sight.peer.role == Role::Standby
                && !sight.peer.streaming
        });
        follower_adrift && turn.now.since(last) >= PREPARE_EVERY
    }

    /// Whether the record says that a primary has served. A new database lets its first client in after
    /// that, so that a founder which lost its disk is never taken for one that had not begun.
    fn position_is_published(&self) -> bool {
        self.observed
            .lease()
            .is_some_and(|sight| sight.lease.position.is_some())
    }

    /// P8: a primary that can be asked hands over and loses nothing, whatever the operator called it.
    fn consider_handing_over(&mut self, turn: &mut Turn) {
        let Some(request) = self.observed.request.clone() else {
            return;
        };
        let to = request.kind.to();
        let here = self.settings.region_of(&self.settings.node) == Some(to);
        let begun = request.state == RequestState::Begun || self.requests.has_begun(&request.id);
        let inherited = self.requests.is_inherited(&request.id);
        let refusal = if here {
            // What it asked for has come about: it is concluded when the name means us.
            let concluded_by = self.since.after(self.settings.timings.lease);
            if (begun || inherited) && turn.now < concluded_by {
                return turn.wake(concluded_by);
            }
            format!("the primary, {}, is in {to} already", self.settings.node)
        } else if begun {
            // Nothing begins twice (P17): the primary was restored, or another one took over.
            let why = self.requests.take_why();
            why.unwrap_or_else(|| {
                format!(
                    "the switchover was given up; {} is the primary",
                    self.settings.node
                )
            })
        } else if let Some(why) = self.requests.refused_before(&request.id) {
            why
        } else {
            match self.successor_in(turn.now, to) {
                Ok(successor) => {
                    self.begin_request(turn);
                    self.hand_to(Some(successor));
                    self.enter(turn, State::SteppingDown);
                    return self.step_down(turn);
                }
                Err(why) => why,
            }
        };
        self.answer(turn, &request.id, Answer::Refused(refusal));
    }

    fn step_down(&mut self, turn: &mut Turn) {
        let Some(epoch) = self.epoch() else { return };
        let action = DatabaseAction::StepDown {
            epoch,
            within: STEP_DOWN_WITHIN,
        };
        self.act(turn, Doing::Stopping, action);
    }

    pub(super) fn stepping_down(&mut self, turn: &mut Turn) {
        if self.acts.is_busy() {
            return;
        }
        let stopped = matches!(self.observed.folder, ObservedFolder::Read(_));
        if self.observed.nothing_runs() && stopped {
            return self.enter(turn, State::Releasing);
        }
        // An aborted switchover restores the primary under its valid lease (P8).
        self.hand_to(None);
        let why = self
            .acts
            .trouble()
            .unwrap_or("the server did not stop in order");
        let why = format!("the switchover was given up: {why}");
        self.requests.gave_up(why);
        let next = if self.observed.nothing_runs() {
            State::Recovering
        } else {
            State::Leading
        };
        self.enter(turn, next);
    }
}
