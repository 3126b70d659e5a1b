//! Getting a stopped server back behind the present primary (P14).

use standfast_units::{Lsn, Node, Timeline, Timestamp};

use super::Member;
use super::acts::Doing;
use super::remedy::{Ledger, Remedy, WasPrimary};
use super::turn::Turn;
use crate::decision::DatabaseAction;
use crate::hold::HoldReason;
use crate::lease::ObservedLease;
use crate::observation::Folder;
use crate::observed::ObservedFolder;
use crate::rejoin::{RejoinPlan, leaves, parting, plan_rejoin};
use crate::state::State;
use standfast_record::Fork;
use standfast_record::LeaseState;
use standfast_record::Role;

/// How many times it is tried to write down what a standby has past a fork. A log that cannot be read any
/// more must not keep the standby from being of use again.
const RECORD_ATTEMPTS_MAX: u32 = 10;

/// What to do with a stopped server, all considered.
enum Plan {
    Start,
    Rewind(Fork),
    /// Write down what lies past the fork, then copy afresh.
    RecordAndClone(Fork),
    Clone,
}

impl Member {
    pub(super) fn rejoining(&mut self, turn: &mut Turn) {
        let interruptible = !self.acts.is_busy() || self.acts.doing() == Some(Doing::Cloning);
        if self.observed.asked_to_end() && interruptible {
            // A copy that is cut off leaves the folder as it was, or marked (P6).
            self.acts.abandon();
            return self.enter(turn, State::Stopping);
        }
        if self.observed.server_runs() {
            return self.enter(turn, State::Following);
        }
        if !self.may_act(turn) || !self.store_is_reached(turn) {
            return;
        }
        let Some(sight) = self.observed.lease().cloned() else {
            return self.enter(turn, State::Starting);
        };
        let primary = self.serving(turn.now, &sight);
        if self.rejoin.remedy() == Remedy::Done {
            return self.start_standby(turn, &sight);
        }
        let folder = match &self.observed.folder {
            ObservedFolder::Unread | ObservedFolder::Unreadable => return self.inspect(turn),
            ObservedFolder::Read(folder) => folder.clone(),
        };
        if matches!(folder, Folder::Primary { .. }) {
            self.rejoin.was_seen_as_primary();
        }
        if self.named_holder(&sight.lease.holder) {
            return match folder {
                Folder::Standby { .. } => self.start_standby(turn, &sight),
                Folder::Absent | Folder::Incomplete | Folder::Primary { .. } => {
                    self.enter(turn, State::Starting);
                }
            };
        }
        match (self.plan(&folder, sight.lease.timeline), primary) {
            (Plan::Start, _) => self.start_standby(turn, &sight),
            (plan, Some(source)) => self.repair(turn, &sight, &plan, source),
            (Plan::Rewind(_) | Plan::RecordAndClone(_) | Plan::Clone, None) => {
                self.do_without_primary(turn, &sight, &folder);
            }
        }
    }

    fn plan(&self, folder: &Folder, primary: Timeline) -> Plan {
        let judged = plan_rejoin(folder, primary, &self.observed.forks);
        let clone = self.rejoin.remedy() == Remedy::Clone;
        match judged {
            RejoinPlan::Start if self.rejoin.remedy() == Remedy::Rewind => {
                let timeline = match folder {
                    Folder::Primary { timeline, .. } | Folder::Standby { timeline, .. } => {
                        *timeline
                    }
                    Folder::Absent | Folder::Incomplete => return Plan::Clone,
                };
                leaves(timeline, primary, &self.observed.forks).map_or(Plan::Clone, Plan::Rewind)
            }
            RejoinPlan::Start if clone => Plan::Clone,
            RejoinPlan::Start => Plan::Start,
            RejoinPlan::Rewind(fork) if clone => Plan::RecordAndClone(fork),
            RejoinPlan::Rewind(fork) => Plan::Rewind(fork),
            RejoinPlan::Clone => Plan::Clone,
            RejoinPlan::Unknown => Plan::RecordAndClone(self.last_known_fork(folder, primary)),
        }
    }

    fn start_standby(&mut self, turn: &mut Turn, sight: &ObservedLease) {
        if let Some(at) = self.rejoin.start_after().filter(|at| turn.now < *at) {
            turn.wake(at);
            return turn.hold(HoldReason::Retrying {
                what: "the standby keeps ending by itself".to_owned(),
            });
        }
        let upstream = Some(&sight.lease.holder)
            .filter(|holder| !self.named_holder(holder))
            .cloned()
            .or_else(|| self.settings.others().into_iter().next());
        self.act(
            turn,
            Doing::Starting,
            DatabaseAction::StartStandby { upstream },
        );
    }

    /// What a server has and its successor has not is written down before it is gone (P14).
    fn repair(&mut self, turn: &mut Turn, sight: &ObservedLease, plan: &Plan, source: Node) {
        if let Some(at) = self.rejoin.repair_after().filter(|at| turn.now < *at) {
            turn.wake(at);
            return turn.hold(HoldReason::Retrying {
                what: format!("{} repairs were in vain", self.rejoin.repairs()),
            });
        }
        let fork = match plan {
            Plan::Start | Plan::Clone => None,
            Plan::Rewind(fork) | Plan::RecordAndClone(fork) => Some(*fork),
        };
        // What a primary has accepted is never thrown away unrecorded. A standby has most likely only
        // received what it has; it may also have been a primary in a life we have forgotten.
        let hopeless = self.rejoin.records_failed() >= RECORD_ATTEMPTS_MAX
            && self.rejoin.was_primary() == WasPrimary::Unknown;
        let settled = |fork: &Fork| match self.rejoin.ledger() {
            Ledger::Recorded(from) => from.parent == fork.parent && from.position <= fork.position,
            Ledger::Open | Ledger::UnderWay(_) => hopeless,
        };
        if let Some(fork) = fork.filter(|fork| !settled(fork)) {
            self.rejoin.records(fork);
            let epoch = sight.lease.epoch;
            let action = DatabaseAction::RecordSurplus { epoch, fork };
            return self.act(turn, Doing::Recording, action);
        }
        match plan {
            Plan::Rewind(_) => self.act(turn, Doing::Rewinding, DatabaseAction::Rewind { source }),
            Plan::Start | Plan::RecordAndClone(_) | Plan::Clone => {
                self.act(turn, Doing::Cloning, DatabaseAction::Clone { source });
            }
        }
    }

    /// No primary serves from which to rewind or to copy. A standby is started nevertheless: it may be needed,
    /// and what it holds is judged when it would take over. So is what was a primary, once no holder is seen
    /// to act on the right any more: else the only copy of the data might lie here and never be asked.
    fn do_without_primary(&mut self, turn: &mut Turn, sight: &ObservedLease, folder: &Folder) {
        let lease = self.settings.timings.lease;
        match folder {
            Folder::Standby { .. } => return self.start_standby(turn, sight),
            Folder::Primary { .. } if sight.still_for(turn.now) >= lease => {
                return self.start_standby(turn, sight);
            }
            Folder::Primary { .. } => turn.wake(sight.unchanged_since.after(lease)),
            Folder::Absent | Folder::Incomplete => {}
        }
        turn.hold(HoldReason::NoPrimary {
            holder: sight.lease.holder.clone(),
            epoch: sight.lease.epoch,
        });
    }

    /// For a history that the present one does not descend from: where the two part. Position zero, when
    /// nothing is known, means everything the folder still has.
    fn last_known_fork(&self, folder: &Folder, primary: Timeline) -> Fork {
        let parent = match folder {
            Folder::Primary { timeline, .. } | Folder::Standby { timeline, .. } => *timeline,
            Folder::Absent | Folder::Incomplete => primary,
        };
        Fork {
            parent,
            timeline: primary,
            position: parting(parent, primary, &self.observed.forks)
                .filter(|_| parent != primary)
                .unwrap_or(Lsn::ZERO),
        }
    }

    /// The present primary, when it is seen to serve under the present epoch.
    pub(super) fn serving(&self, now: Timestamp, sight: &ObservedLease) -> Option<Node> {
        let peer = self.observed.peers.get(&sight.lease.holder)?;
        let serves = now.since(peer.seen_at) < self.settings.timings.lease
            && peer.peer.role == Role::Primary
            && peer.peer.epoch == Some(sight.lease.epoch)
            && sight.lease.state == LeaseState::Held;
        serves.then(|| sight.lease.holder.clone())
    }
}
