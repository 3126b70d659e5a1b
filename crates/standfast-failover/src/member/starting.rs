//! Finding out what is there, and what our former life left behind (P4, P16).

use standfast_units::{Timeline, Timestamp};

use super::Member;
use super::right::Basis;
use super::turn::Turn;
use crate::hold::HoldReason;
use crate::lease::ObservedLease;
use crate::observation::{Folder, Guard};
use crate::observed::{ObservedFolder, ObservedRecord};
use crate::state::State;
use standfast_record::{LeaseState, Position};
use standfast_record::{RequestKind, SuccessionKind};

impl Member {
    pub(super) fn starting(&mut self, turn: &mut Turn) {
        if self.observed.asked_to_end() {
            return self.enter(turn, State::Stopping);
        }
        match self.observed.guard.clone() {
            None => {}
            Some(Guard::Running { armed: None }) => self.enter(turn, State::Following),
            Some(Guard::Running {
                armed: Some((deadline, label)),
            }) => self.resume(turn, deadline, &label),
            Some(Guard::Idle) => self.start_from_nothing(turn),
        }
    }

    /// Our former life left a primary running under a guard that still has time (P4).
    fn resume(&mut self, turn: &mut Turn, deadline: Timestamp, label: &str) {
        if !self.store_is_reached(turn) {
            return;
        }
        let own = match &self.observed.record {
            ObservedRecord::Unread => return,
            ObservedRecord::Absent => None,
            ObservedRecord::Present(sight) => Some(sight).filter(|sight| {
                sight.lease.incarnation == label
                    && self.named_holder(&sight.lease.holder)
                    && sight.lease.state == LeaseState::Held
            }),
        };
        match own.cloned() {
            Some(sight) if turn.now < deadline => {
                // Our former life may have ended between promoting and telling the store of it.
                let next = if self.fork_is_known(sight.lease.timeline) {
                    State::Leading
                } else {
                    State::Promoting
                };
                self.right
                    .take_up(sight.lease.clone(), sight.revision, deadline, turn.now);
                self.enter(turn, next);
            }
            Some(_) | None => self.fence(
                turn,
                "a server runs under a right that is not ours any more",
            ),
        }
    }

    /// Whether the store knows where a timeline begins; the first begins nowhere.
    pub(super) fn fork_is_known(&self, timeline: Timeline) -> bool {
        timeline == Timeline::FIRST
            || self
                .observed
                .forks()
                .iter()
                .any(|fork| fork.timeline == timeline)
    }

    fn start_from_nothing(&mut self, turn: &mut Turn) {
        if !self.may_act(turn) || !self.store_is_reached(turn) {
            return;
        }
        if self.observed.record == ObservedRecord::Unread {
            return;
        }
        let folder = match &self.observed.folder {
            ObservedFolder::Unread | ObservedFolder::Unreadable => return self.inspect(turn),
            ObservedFolder::Read(folder) => folder.clone(),
        };
        let Some(sight) = self.observed.lease().cloned() else {
            return self.create_database(turn, &folder);
        };
        if !self.named_holder(&sight.lease.holder) {
            return self.enter(turn, State::Rejoining);
        }
        if self.right.was_released(&sight.lease) {
            // The record as we left it is about to be seen.
            return;
        }
        if let LeaseState::Released { to: Some(to), .. } = &sight.lease.state
            && !self.named_holder(to)
            && sight.still_for(turn.now) < self.settings.timings.lease
        {
            turn.wake(sight.unchanged_since.after(self.settings.timings.lease));
            return turn.hold(HoldReason::HandedTo { node: to.clone() });
        }
        self.start_as_last_holder(turn, &sight, &folder);
    }

    /// P16: the last holder may always take its right up again.
    fn start_as_last_holder(&mut self, turn: &mut Turn, sight: &ObservedLease, folder: &Folder) {
        match folder {
            Folder::Absent | Folder::Incomplete if sight.lease.position.is_some() => {
                turn.hold(HoldReason::DataMissing);
            }
            // We ended between taking the right and promoting: the standby has to come up first.
            Folder::Standby { .. } => self.enter(turn, State::Rejoining),
            Folder::Absent | Folder::Incomplete | Folder::Primary { .. }
                if !self.asked_for_by_name() && self.yields(turn) => {}
            // No primary has ever served: the founder ended while it created the database.
            Folder::Absent | Folder::Incomplete => self.bootstrap(turn),
            Folder::Primary { timeline, end } => {
                // Others measure their loss by it should we fall silent again before we publish: what
                // we wrote after our last publication counts too.
                let position = Position {
                    timeline: *timeline,
                    lsn: *end,
                    renewal: 0,
                };
                let basis = Basis {
                    position: Some(position),
                    ..Basis::certain(turn.now, SuccessionKind::Retake)
                };
                self.acquire(turn, *timeline, basis);
            }
        }
    }

    /// Whether an operator asked for a failover to our region.
    pub(super) fn asked_for_by_name(&self) -> bool {
        self.observed.request.as_ref().is_some_and(|request| {
            matches!(request.kind, RequestKind::Failover { .. })
                && self.settings.region_of(&self.settings.node) == Some(request.kind.to())
        })
    }

    fn bootstrap(&mut self, turn: &mut Turn) {
        let basis = Basis::certain(turn.now, SuccessionKind::Bootstrap);
        self.acquire(turn, Timeline::FIRST, basis);
    }

    /// There is no record: the database was never created, or the store has lost it.
    fn create_database(&mut self, turn: &mut Turn, folder: &Folder) {
        match folder {
            Folder::Primary { .. } | Folder::Standby { .. } => turn.hold(HoldReason::StoreForgot),
            Folder::Absent | Folder::Incomplete if self.settings.founder == self.settings.node => {
                self.bootstrap(turn);
            }
            Folder::Absent | Folder::Incomplete => {
                turn.hold(HoldReason::AwaitingFounder {
                    founder: self.settings.founder.clone(),
                });
            }
        }
    }
}
