//! Making certain that nothing runs, giving the right up, and ending (P5).

use super::Member;
use super::acts::Doing;
use super::turn::Turn;
use crate::decision::{Action, DatabaseAction};
use crate::observation::Guard;
use crate::observed::ObservedFolder;
use crate::state::State;

impl Member {
    pub(super) fn fencing(&mut self, turn: &mut Turn) {
        if self.acts.is_busy() {
            return;
        }
        if !self.observed.nothing_runs() {
            if self.may_act(turn) {
                let reason = "the fence has to be completed";
                self.act(turn, Doing::Fencing, DatabaseAction::Fence { reason });
            }
            return;
        }
        // P4: what is still ours is given up rather than left to run out, and the node that takes over
        // is told where our log ends, if it can be read.
        if self.right.holding().is_some() {
            return match self.observed.folder {
                ObservedFolder::Unread => self.inspect(turn),
                ObservedFolder::Unreadable | ObservedFolder::Read(_) => {
                    self.confirm_successor(turn);
                    self.enter(turn, State::Releasing);
                }
            };
        }
        self.go_on_or_end(turn);
    }

    /// A successor was chosen by what was read while the server still ran: only what is read now counts.
    fn confirm_successor(&mut self, turn: &Turn) {
        let successor = self
            .right
            .holding()
            .and_then(|holding| holding.successor.clone());
        let confirmed = successor
            .zip(self.observed.log_end())
            .and_then(|(node, end)| self.has_everything(turn.now, &node, end).then_some(node));
        self.hand_to(confirmed);
    }

    pub(super) fn releasing(&mut self, turn: &mut Turn) {
        if self.right.is_busy() {
            return;
        }
        if self.right.holding().is_none() {
            return self.go_on_or_end(turn);
        }
        if !self.observed.nothing_runs() {
            return self.fence(turn, "a server runs although it was stopped");
        }
        self.release(turn);
    }

    pub(super) fn stopping(&mut self, turn: &mut Turn) {
        if self.acts.is_busy() {
            return;
        }
        let holds = self.right.holding().is_some();
        let clean = matches!(self.observed.folder, ObservedFolder::Read(_));
        match (&self.observed.guard, holds) {
            (Some(Guard::Running { .. }), false) => {
                if self.acts.trouble().is_some() {
                    return self.fence(turn, "the server did not stop in order");
                }
                if self.may_act(turn) {
                    self.act(turn, Doing::Stopping, DatabaseAction::StopStandby);
                }
            }
            (Some(Guard::Idle), true) if clean => self.enter(turn, State::Releasing),
            (Some(Guard::Running { .. } | Guard::Idle) | None, true) => {
                self.fence(turn, "the primary did not stop in order");
            }
            (Some(Guard::Idle) | None, false) => {
                if self.may_act(turn) {
                    self.end(turn);
                }
            }
        }
    }

    fn go_on_or_end(&mut self, turn: &mut Turn) {
        if self.observed.asked_to_end() {
            self.end(turn);
        } else {
            self.enter(turn, State::Starting);
        }
    }

    fn end(&mut self, turn: &mut Turn) {
        self.enter(turn, State::Stopped);
        turn.act(Action::Exit);
    }
}
