//! Asking for the right to write, and making a server of ours serve under it (P11, P12).

use std::time::Duration;

use super::Member;
use super::acts::Doing;
use super::holding::Holding;
use super::turn::Turn;
use crate::decision::DatabaseAction;
use crate::observation::{Database, Folder, Guard};
use crate::observed::ObservedFolder;
use crate::state::State;
use standfast_record::SuccessionKind;

/// How many times in a row a server is started under the right before it is given up.
pub(super) const STARTS_MAX: u32 = 3;

/// How long promotion may take before the right is given up: replaying what was received, at most
/// the conflict delay of 100 ms (P12) and the log of one checkpoint interval.
const PROMOTE_PATIENCE: Duration = Duration::from_mins(1);

impl Member {
    pub(super) fn acquiring(&mut self, turn: &mut Turn) {
        if self.right.holding().is_some() {
            self.prepared_at = None;
            self.starts = 0;
            let next = match self.right.kind() {
                Some(SuccessionKind::Retake) => State::Recovering,
                Some(
                    SuccessionKind::Bootstrap
                    | SuccessionKind::Switchover
                    | SuccessionKind::Failover,
                )
                | None => State::Promoting,
            };
            return self.enter(turn, next);
        }
        if self.right.is_busy() {
            return;
        }
        // Not ours, or the answer is lost: the record tells. Not to be asked for again before it was read.
        let retry_at = turn.now.after(self.settings.timings.renew_every);
        let next = match self.observed.guard {
            Some(Guard::Running { .. }) => State::Following,
            Some(Guard::Idle) | None => State::Starting,
        };
        self.enter(turn, next);
        self.acts
            .wait_until(retry_at, "the right to write was not granted".to_owned());
    }

    /// Goes on to lead when the server serves; `true` when nothing else is to be done.
    pub(super) fn arrive(&mut self, turn: &mut Turn, holding: &Holding) -> bool {
        if !self.serves() {
            return false;
        }
        if self.acts.is_busy() {
            return true;
        }
        // The store has to know where our timeline begins before any node hears that we serve: followers
        // judge themselves by it. Asked to promote again, the server tells. One that cannot tell serves
        // all the same; its followers are cloned.
        if self.fork_is_known(holding.lease.timeline) || self.acts.trouble().is_some() {
            self.enter(turn, State::Leading);
        } else {
            self.promote(turn, holding);
        }
        true
    }

    fn promote(&mut self, turn: &mut Turn, holding: &Holding) {
        let action = DatabaseAction::Promote {
            epoch: holding.lease.epoch,
            timeline: holding.lease.timeline,
            incarnation: holding.lease.incarnation.clone(),
            deadline: holding.deadline,
        };
        self.act(turn, Doing::Promoting, action);
    }

    pub(super) fn start_primary(&mut self, turn: &mut Turn, holding: &Holding) {
        self.starts += 1;
        self.observed.folder = ObservedFolder::Unread;
        let action = DatabaseAction::StartPrimary {
            epoch: holding.lease.epoch,
            incarnation: holding.lease.incarnation.clone(),
            deadline: holding.deadline,
        };
        self.act(turn, Doing::Starting, action);
    }

    /// Fences, releases, and lets others go first.
    pub(super) fn give_up(&mut self, turn: &mut Turn, reason: &'static str) {
        self.yield_to_others(turn.now);
        self.fence(turn, reason);
    }

    pub(super) fn promoting(&mut self, turn: &mut Turn) {
        let Some(holding) = self.right.holding().cloned() else {
            return;
        };
        if self.observed.asked_to_end() {
            return self.fence(turn, "asked to end");
        }
        if self.arrive(turn, &holding) {
            return;
        }
        let founding = self.right.kind() == Some(SuccessionKind::Bootstrap);
        if !founding && turn.now.since(self.since) > PROMOTE_PATIENCE {
            return self.give_up(turn, "promotion took too long");
        }
        if !self.may_act(turn) {
            return;
        }
        match (&self.observed.guard, &self.observed.database) {
            (Some(Guard::Running { .. }), Database::Standby { .. }) => self.promote(turn, &holding),
            (
                Some(Guard::Running { .. }),
                Database::Silent | Database::Busy | Database::Primary { .. },
            )
            | (None, _) => {}
            (Some(Guard::Idle), _) => self.bring_up(turn, &holding, founding),
        }
    }

    /// Starts what lies in the folder, so that it can be promoted.
    fn bring_up(&mut self, turn: &mut Turn, holding: &Holding, founding: bool) {
        let folder = match &self.observed.folder {
            ObservedFolder::Unread | ObservedFolder::Unreadable => return self.inspect(turn),
            ObservedFolder::Read(folder) => folder.clone(),
        };
        match folder {
            Folder::Absent | Folder::Incomplete if founding => {
                let epoch = holding.lease.epoch;
                self.act(
                    turn,
                    Doing::Initialising,
                    DatabaseAction::Initialise { epoch },
                );
            }
            Folder::Absent | Folder::Incomplete => self.give_up(turn, "the data is gone"),
            Folder::Primary { .. } | Folder::Standby { .. } if self.starts >= STARTS_MAX => {
                self.give_up(turn, "the server cannot be started");
            }
            Folder::Primary { .. } => self.start_primary(turn, holding),
            Folder::Standby { .. } => {
                // The standby ended meanwhile: as a standby again, then to be promoted.
                self.starts += 1;
                self.observed.folder = ObservedFolder::Unread;
                let action = DatabaseAction::StartStandby { upstream: None };
                self.act(turn, Doing::Starting, action);
            }
        }
    }
}
