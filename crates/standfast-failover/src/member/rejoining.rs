//! Getting a stopped server back behind the present primary (P14).
//!
//! Every repair that turns out to have been in vain makes the next one wait longer and be more
//! thorough, so that this converges or stands still with its reason, and never turns in circles.

use std::time::Duration;

use standfast_units::{Lsn, Node, Timeline, Timestamp};

use super::Member;
use super::acts::Doing;
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

/// How long a standby may be without its stream, while the primary serves, before it is cloned afresh:
/// its place in the log is gone (P14). The primary makes lost places anew more often than this, so that
/// a standby whose log is still there comes back without a clone.
const ADRIFT_MAX: Duration = Duration::from_mins(2);

/// How many times in a row a standby may end by itself before its folder is not trusted any more.
const ENDS_MAX: u32 = 4;

/// The wait before a standby that ended by itself is started again, doubled each time.
const RESTART_AFTER: Duration = Duration::from_millis(500);

/// The wait before a repair is tried a third time, doubled each further time.
const REPAIR_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How many times it is tried to write down what a standby has past a fork. A log that cannot be read any
/// more must not keep the standby from being of use again.
const RECORD_ATTEMPTS_MAX: u32 = 10;

/// Doubling a wait ends here: 2^6 times the first.
const DOUBLINGS_MAX: u32 = 6;

/// What is to be done with the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Remedy {
    /// What its comparison with the store's history says.
    #[default]
    Judged,
    /// The running server was seen past a fork, whatever the stopped one says: rewind it.
    Rewind,
    /// A rewind was refused or in vain, or it cannot follow: copy afresh.
    Clone,
    /// It was just rewound or copied: it is started without being judged again.
    Done,
}

/// Whether what a folder has and the primary has not was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Ledger {
    #[default]
    Open,
    /// Being recorded, from this fork on.
    UnderWay(Fork),
    /// From this fork on; a primary that left earlier has less, and more is to be recorded.
    Recorded(Fork),
}

/// What is known of the way back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rejoin {
    remedy: Remedy,
    ledger: Ledger,
    /// How many times in a row it could not be recorded.
    not_recorded: u32,
    /// Whether the folder's server was a primary since its last repair.
    was_primary: WasPrimary,
    /// Whom the running standby was last told to follow.
    upstream: Option<Node>,
    /// Repairs since the standby last streamed.
    repairs: u32,
    repair_after: Option<Timestamp>,
    /// How many times in a row the standby ended by itself.
    ends: u32,
    start_after: Option<Timestamp>,
    /// Since when the standby is without its stream while the primary serves.
    adrift_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum WasPrimary {
    #[default]
    Unknown,
    Yes,
}

impl Rejoin {
    pub(super) fn surplus_recorded(&mut self) {
        if let Ledger::UnderWay(fork) = self.ledger {
            self.ledger = Ledger::Recorded(fork);
        }
    }

    pub(super) fn not_recorded(&mut self) {
        self.ledger = Ledger::Open;
        self.not_recorded = self.not_recorded.saturating_add(1);
    }

    pub(super) fn repaired(&mut self, now: Timestamp) {
        self.repairs = self.repairs.saturating_add(1);
        if self.repairs >= 2 {
            self.repair_after = Some(now.after(doubled(REPAIR_AGAIN_AFTER, self.repairs - 2)));
        }
        self.remedy = Remedy::Done;
        self.ledger = Ledger::Open;
        self.not_recorded = 0;
        self.was_primary = WasPrimary::Unknown;
    }

    pub(super) fn not_rewound(&mut self) {
        self.remedy = Remedy::Clone;
    }

    /// A copy that failed left the folder as it was: it is judged anew, and may at least be started.
    pub(super) fn not_cloned(&mut self) {
        self.remedy = Remedy::Judged;
    }

    pub(super) fn started(&mut self) {
        self.remedy = Remedy::Judged;
        // It may be promoted and accept more: what was recorded before does not cover that.
        self.ledger = Ledger::Open;
        self.upstream = None;
        self.adrift_since = None;
    }

    pub(super) fn follows_nobody(&mut self) {
        self.upstream = None;
    }

    /// Notes whom the standby is told to follow; `false` when it was told so before.
    pub(super) fn turn_to(&mut self, upstream: &Node) -> bool {
        let news = self.upstream.as_ref() != Some(upstream);
        self.upstream = Some(upstream.clone());
        news
    }

    /// The running server is past a fork.
    pub(super) fn past_the_fork(&mut self) {
        self.remedy = if self.repairs > 0 {
            Remedy::Clone
        } else {
            Remedy::Rewind
        };
    }

    /// The standby streams from the primary that serves: it is well.
    pub(super) fn streams(&mut self) {
        let upstream = self.upstream.take();
        *self = Self {
            upstream,
            ..Self::default()
        };
    }

    /// The standby is without its stream; whether that has lasted too long.
    pub(super) fn is_adrift(&mut self, now: Timestamp) -> bool {
        let since = *self.adrift_since.get_or_insert(now);
        let patience = doubled(ADRIFT_MAX, self.repairs);
        if now.since(since) >= patience {
            self.remedy = Remedy::Clone;
            return true;
        }
        false
    }

    /// No primary serves: a standby without a stream says nothing about itself.
    pub(super) fn no_primary_serves(&mut self) {
        self.adrift_since = None;
    }

    /// The standby is not running any more.
    pub(super) fn ended(&mut self, now: Timestamp) {
        self.adrift_since = None;
        if self.remedy == Remedy::Rewind || self.remedy == Remedy::Clone {
            // We stopped it.
            return;
        }
        if self.ends > 0 {
            self.start_after = Some(now.after(doubled(RESTART_AFTER, self.ends)));
        }
        self.ends = self.ends.saturating_add(1);
        if self.ends > ENDS_MAX {
            self.remedy = Remedy::Clone;
        }
    }
}

fn doubled(span: Duration, times: u32) -> Duration {
    span.saturating_mul(1 << times.min(DOUBLINGS_MAX))
}

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
        if self.rejoin.remedy == Remedy::Done {
            return self.start_standby(turn, &sight);
        }
        let folder = match &self.observed.folder {
            ObservedFolder::Unread | ObservedFolder::Unreadable => return self.inspect(turn),
            ObservedFolder::Read(folder) => folder.clone(),
        };
        if matches!(folder, Folder::Primary { .. }) {
            self.rejoin.was_primary = WasPrimary::Yes;
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
        let clone = self.rejoin.remedy == Remedy::Clone;
        match judged {
            RejoinPlan::Start if self.rejoin.remedy == Remedy::Rewind => {
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
        if let Some(at) = self.rejoin.start_after.filter(|at| turn.now < *at) {
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
        if let Some(at) = self.rejoin.repair_after.filter(|at| turn.now < *at) {
            turn.wake(at);
            return turn.hold(HoldReason::Retrying {
                what: format!("{} repairs were in vain", self.rejoin.repairs),
            });
        }
        let fork = match plan {
            Plan::Start | Plan::Clone => None,
            Plan::Rewind(fork) | Plan::RecordAndClone(fork) => Some(*fork),
        };
        // What a primary has accepted is never thrown away unrecorded. A standby has most likely only
        // received what it has; it may also have been a primary in a life we have forgotten.
        let hopeless = self.rejoin.not_recorded >= RECORD_ATTEMPTS_MAX
            && self.rejoin.was_primary == WasPrimary::Unknown;
        let settled = |fork: &Fork| match &self.rejoin.ledger {
            Ledger::Recorded(from) => from.parent == fork.parent && from.position <= fork.position,
            Ledger::Open | Ledger::UnderWay(_) => hopeless,
        };
        if let Some(fork) = fork.filter(|fork| !settled(fork)) {
            self.rejoin.ledger = Ledger::UnderWay(fork);
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
