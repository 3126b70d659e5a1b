//! A primary whose server ended: handed to a standby that has everything, or started again (P15).

use std::time::Duration;

use super::Member;
use super::candidates::Reach;
use super::holding::Holding;
use super::promoting::STARTS_MAX;
use super::turn::Turn;
use crate::observed::ObservedFolder;
use crate::state::State;

/// Recovery in place beyond this gives the right up when a safe candidate exists (P15).
const RECOVERY_PATIENCE: Duration = Duration::from_secs(1);

impl Member {
    /// P15. A standby of the same region that has everything is quicker than recovery; one elsewhere is
    /// turned to only when recovery takes long.
    pub(super) fn recovering(&mut self, turn: &mut Turn) {
        let Some(holding) = self.right.holding().cloned() else {
            return;
        };
        if self.observed.asked_to_end() {
            return self.fence(turn, "asked to end");
        }
        if self.arrive(turn, &holding) {
            return;
        }
        let patience_ends = self.since.after(RECOVERY_PATIENCE);
        let patient = turn.now < patience_ends;
        if patient {
            turn.wake(patience_ends);
        }
        if !self.may_act(turn) {
            return;
        }
        let reach = if patient { Reach::Region } else { Reach::All };
        if self.observed.server_runs() {
            if !patient {
                self.weigh_long_recovery(turn);
            }
        } else if self.observed.nothing_runs() {
            self.restore(turn, &holding, reach);
        }
    }

    /// Nothing runs: a standby that has everything takes over, else the server is started again.
    fn restore(&mut self, turn: &mut Turn, holding: &Holding, reach: Reach) {
        let candidate_exists = self.has_candidate(turn.now, reach);
        if candidate_exists && self.observed.folder == ObservedFolder::Unread {
            return self.inspect(turn);
        }
        if let Some(node) = self
            .observed
            .log_end()
            .and_then(|end| self.safe_candidate(turn.now, end, reach))
        {
            self.hand_to(Some(node));
            return self.enter(turn, State::Releasing);
        }
        if self.starts >= STARTS_MAX {
            return self.give_up(turn, "the server cannot be started");
        }
        self.start_primary(turn, holding);
    }

    /// The server recovers and writes nothing meanwhile, so that its log can be read. What is read is
    /// only a reason to end it: the end that is handed over is read again when nothing runs.
    fn weigh_long_recovery(&mut self, turn: &mut Turn) {
        if !self.has_candidate(turn.now, Reach::All) {
            return;
        }
        match &self.observed.folder {
            ObservedFolder::Unread => self.inspect(turn),
            ObservedFolder::Unreadable => {}
            ObservedFolder::Read(_) => {
                if let Some(node) = self
                    .observed
                    .log_end()
                    .and_then(|end| self.safe_candidate(turn.now, end, Reach::All))
                {
                    self.hand_to(Some(node));
                    self.fence(turn, "recovery takes long and a safe candidate exists");
                }
            }
        }
    }

    /// Who takes over when the right is given up.
    pub(super) fn hand_to(&mut self, successor: Option<standfast_units::Node>) {
        if let Some(holding) = self.right.holding_mut() {
            holding.successor = successor;
        }
    }
}
