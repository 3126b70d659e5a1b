//! One step of a member: one `match` over its state, fed by observations and outcomes.
//!
//! A step absorbs its input, then decides from all that is known now; it does not react to single
//! events. An input that is lost or repeated therefore costs time, not correctness.

use std::time::Duration;

use standfast_record::LeaseState;
use standfast_units::Timestamp;

use super::Member;
use super::turn::Turn;
use crate::decision::{Decision, Pace};
use crate::hold::HoldReason;
use crate::observation::{Input, Observation};
use crate::outcome::Outcome;
use crate::state::{State, TRANSITIONS};

/// The longest a member goes without a step: ages (of peers, of the record) are looked at this often.
const STEP_EVERY_MAX: Duration = Duration::from_millis(500);

impl Member {
    /// One step: takes `input` in at `now` and says what to do.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Decision {
        match input {
            Input::Tick => {}
            // What was left behind by a node that is none of this database's is not news.
            Input::Observed(Observation::Peer(peer))
                if !self.settings.nodes.contains_key(&peer.node) => {}
            Input::Observed(observation) => {
                self.acts.heard_of(&observation);
                self.observed.absorb(now, observation);
            }
            Input::Done(Outcome::Right(outcome)) => self.conclude_exchange(now, outcome),
            Input::Done(Outcome::Database(outcome)) => self.conclude_act(now, outcome),
        }
        self.observed.look_at_request(now);
        let mut turn = Turn::new(now);
        self.keep_right(&mut turn);
        // Each pass either changes the state or ends; the states form no cycle without an outcome in
        // between, so a handful of passes is plenty.
        for _ in 0..TRANSITIONS.len() {
            let before = self.state;
            self.decide(&mut turn);
            if self.state == before {
                break;
            }
        }
        self.finish(turn)
    }

    fn decide(&mut self, turn: &mut Turn) {
        match self.state {
            State::Starting => self.starting(turn),
            State::Rejoining => self.rejoining(turn),
            State::Following => self.following(turn),
            State::Acquiring => self.acquiring(turn),
            State::Promoting => self.promoting(turn),
            State::Leading => self.leading(turn),
            State::Recovering => self.recovering(turn),
            State::SteppingDown => self.stepping_down(turn),
            State::Fencing => self.fencing(turn),
            State::Releasing => self.releasing(turn),
            State::Stopping => self.stopping(turn),
            State::Stopped => {}
        }
    }

    fn finish(&self, mut turn: Turn) -> Decision {
        if let Some(what) = self.acts.trouble() {
            let what = what.to_owned();
            turn.holds.push(HoldReason::Retrying { what });
        }
        let now = turn.now;
        let mut wake_at = now.after(STEP_EVERY_MAX);
        let request_ends_at = self.observed.request.as_ref().map(|open| open.expires_at);
        for at in [turn.wake_at, self.acts.retry_at(), request_ends_at]
            .into_iter()
            .flatten()
        {
            if at > now {
                wake_at = wake_at.min(at);
            }
        }
        if let Some(at) = self.right.wake_at(self.state) {
            wake_at = wake_at.min(at);
        }
        Decision {
            transitions: turn.transitions,
            actions: turn.actions,
            holds: turn.holds,
            diagnosis: self.observed.diagnose(now, &self.settings),
            wake_at,
            pace: self.pace(),
        }
    }

    fn pace(&self) -> Pace {
        let handed_over = || {
            self.observed
                .lease()
                .is_some_and(|sight| matches!(sight.lease.state, LeaseState::Released { .. }))
        };
        if self.state.awaits_database() || (self.state == State::Following && handed_over()) {
            Pace::Eager
        } else {
            Pace::Calm
        }
    }
}
