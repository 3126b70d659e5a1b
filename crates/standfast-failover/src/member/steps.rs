//! What a member does in each of its states. See [`State`] for what each guarantees.

use standfast_units::{Epoch, Lsn, Node, Timeline, Timestamp};

use super::{
    Doing, Member, PROMOTE_PATIENCE, RECOVERY_PATIENCE, STARTS_MAX, STEP_DOWN_WITHIN,
    SWITCHOVER_LAG_MAX, Turn,
};
use crate::decision::{Acquisition, Action, Instants};
use crate::diagnosis::Diagnosis;
use crate::hold::HoldReason;
use crate::lease::{Lease, LeaseSight, LeaseState};
use crate::observation::{
    Database, Folder, Guard, PeerRole, RequestKind, RequestOutcome, Store, TransitionKind,
};
use crate::rejoin::{Fork, RejoinPlan, leaves, plan_rejoin};
use crate::state::State;
use crate::takeover::{self, Candidate, Verdict};

impl Member {
    pub(super) fn decide(&mut self, turn: &mut Turn) {
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

    fn starting(&mut self, turn: &mut Turn) {
        if self.sights.shutdown {
            return self.enter(turn, State::Stopping);
        }
        match self.sights.guard.clone() {
            None => {}
            Some(Guard::Running { armed: None }) => self.enter(turn, State::Following),
            Some(Guard::Running {
                armed: Some((deadline, label)),
            }) => {
                self.resume(turn, deadline, &label);
            }
            Some(Guard::Idle) => self.start_from_nothing(turn),
        }
    }

    /// Our former life left a primary running under a guard that still has time (P4).
    fn resume(&mut self, turn: &mut Turn, deadline: Timestamp, label: &str) {
        if !self.store_is_reached(turn) {
            return;
        }
        let Some(lease) = self.sights.lease.as_ref() else {
            return;
        };
        let own = lease.as_ref().filter(|sight| {
            sight.lease.incarnation == label
                && sight.lease.holder == self.settings.node
                && sight.lease.state == LeaseState::Held
        });
        match own.cloned() {
            Some(sight) if turn.now < deadline => {
                self.hold(sight.lease, sight.revision, deadline, turn.now);
                self.enter(turn, State::Leading);
            }
            Some(_) | None => self.fence(
                turn,
                "a server runs under a right that is not ours any more",
            ),
        }
    }

    fn start_from_nothing(&mut self, turn: &mut Turn) {
        if !self.may_act(turn) || !self.store_is_reached(turn) {
            return;
        }
        let Some(lease) = self.sights.lease.clone() else {
            return;
        };
        let Some(folder) = self.sights.folder.clone() else {
            return self.act(turn, Doing::Inspecting, Action::InspectFolder);
        };
        let Some(sight) = lease else {
            return self.found(turn, &folder);
        };
        if sight.lease.holder != self.settings.node {
            return self.enter(turn, State::Rejoining);
        }
        if let LeaseState::Released { to: Some(to), .. } = &sight.lease.state
            && *to != self.settings.node
            && sight.still_for(turn.now) < self.settings.timings.lease
        {
            turn.wake(sight.unchanged_since.after(self.settings.timings.lease));
            return turn.hold(HoldReason::HandedTo { node: to.clone() });
        }
        // P16: the last holder may always take its right up again.
        match folder {
            Folder::Absent | Folder::Incomplete if sight.lease.position.is_none() => {
                // Nobody has ever served: the founder ended while it created the database.
                self.acquire(
                    turn,
                    TransitionKind::Bootstrap,
                    Timeline::FIRST,
                    Grounds::certain(),
                );
            }
            Folder::Absent | Folder::Incomplete => turn.hold(HoldReason::DataMissing),
            Folder::Primary { timeline, .. } => {
                self.acquire(turn, TransitionKind::Retake, timeline, Grounds::certain());
            }
            // We ended between taking the right and promoting: the standby has to come up first.
            Folder::Standby { .. } => self.enter(turn, State::Rejoining),
        }
    }

    /// There is no record: the database was never created, or the store has lost it.
    fn found(&mut self, turn: &mut Turn, folder: &Folder) {
        match folder {
            Folder::Primary { .. } | Folder::Standby { .. } => turn.hold(HoldReason::StoreForgot),
            Folder::Absent | Folder::Incomplete if self.settings.founder == self.settings.node => {
                self.acquire(
                    turn,
                    TransitionKind::Bootstrap,
                    Timeline::FIRST,
                    Grounds::certain(),
                );
            }
            Folder::Absent | Folder::Incomplete => {
                turn.hold(HoldReason::AwaitingFounder {
                    founder: self.settings.founder.clone(),
                });
            }
        }
    }

    fn rejoining(&mut self, turn: &mut Turn) {
        if self.sights.shutdown && !self.database_busy() {
            return self.enter(turn, State::Stopping);
        }
        if let Some(Guard::Running { .. }) = self.sights.guard {
            return self.enter(turn, State::Following);
        }
        if !self.may_act(turn) || !self.store_is_reached(turn) {
            return;
        }
        let Some(sight) = self.sights.lease().cloned() else {
            return self.enter(turn, State::Starting);
        };
        let primary = self.serving(turn.now, &sight);
        if self.folder_is_fresh {
            let upstream = primary.or_else(|| self.upstream_guess(&sight));
            return self.act(turn, Doing::Starting, Action::StartStandby { upstream });
        }
        let Some(folder) = self.sights.folder.clone() else {
            return self.act(turn, Doing::Inspecting, Action::InspectFolder);
        };
        if sight.lease.holder == self.settings.node {
            return match folder {
                Folder::Standby { .. } => {
                    let upstream = self.upstream_guess(&sight);
                    self.act(turn, Doing::Starting, Action::StartStandby { upstream });
                }
                Folder::Absent | Folder::Incomplete | Folder::Primary { .. } => {
                    self.enter(turn, State::Starting);
                }
            };
        }
        let no_primary = HoldReason::NoPrimary {
            holder: sight.lease.holder.clone(),
            epoch: sight.lease.epoch,
        };
        let plan = if self.clone_only {
            RejoinPlan::Clone
        } else {
            plan_rejoin(&folder, sight.lease.timeline, &self.sights.forks)
        };
        match (plan, primary) {
            (RejoinPlan::Start, primary) => {
                let upstream = primary.or_else(|| Some(sight.lease.holder.clone()));
                self.act(turn, Doing::Starting, Action::StartStandby { upstream });
            }
            // A standby may be needed before anybody serves: what it holds is judged when it would
            // take over, not when it starts.
            (RejoinPlan::Unknown | RejoinPlan::Rewind(_), None)
                if matches!(folder, Folder::Standby { .. }) =>
            {
                let upstream = Some(sight.lease.holder.clone());
                self.act(turn, Doing::Starting, Action::StartStandby { upstream });
            }
            (_, None) => turn.hold(no_primary),
            (RejoinPlan::Rewind(fork), Some(source)) => {
                self.record_then(
                    turn,
                    &sight,
                    &folder,
                    fork,
                    Doing::Rewinding,
                    Action::Rewind { source },
                );
            }
            (RejoinPlan::Unknown, Some(source)) => {
                let fork = self.last_known_fork(&folder, sight.lease.timeline);
                self.record_then(
                    turn,
                    &sight,
                    &folder,
                    fork,
                    Doing::Cloning,
                    Action::Clone { source },
                );
            }
            (RejoinPlan::Clone, Some(source)) => {
                self.act(turn, Doing::Cloning, Action::Clone { source });
            }
        }
    }

    /// What a server has and its successor has not is written down before it is gone (P14).
    fn record_then(
        &mut self,
        turn: &mut Turn,
        sight: &LeaseSight,
        folder: &Folder,
        fork: Fork,
        doing: Doing,
        action: Action,
    ) {
        let wrote = matches!(folder, Folder::Primary { .. });
        if wrote && !self.surplus_recorded {
            let epoch = sight.lease.epoch;
            self.act(
                turn,
                Doing::Recording,
                Action::RecordSurplus { epoch, fork },
            );
        } else {
            self.act(turn, doing, action);
        }
    }

    /// For a history the store knows nothing about: where it may have left the known one at the latest.
    /// Position zero means: everything the folder still has.
    fn last_known_fork(&self, folder: &Folder, timeline: Timeline) -> Fork {
        let parent = match folder {
            Folder::Primary { timeline, .. } | Folder::Standby { timeline, .. } => *timeline,
            Folder::Absent | Folder::Incomplete => timeline,
        };
        self.sights
            .forks
            .iter()
            .filter(|fork| fork.parent == parent)
            .min_by_key(|fork| fork.position)
            .copied()
            .unwrap_or(Fork {
                parent,
                timeline,
                position: Lsn::ZERO,
            })
    }

    /// The present primary, when it is seen to serve under the present epoch.
    fn serving(&self, now: Timestamp, sight: &LeaseSight) -> Option<Node> {
        let peer = self.sights.peers.get(&sight.lease.holder)?;
        let serves = now.since(peer.seen_at) < self.settings.timings.lease
            && peer.peer.role == PeerRole::Primary
            && peer.peer.epoch == Some(sight.lease.epoch)
            && sight.lease.state == LeaseState::Held;
        serves.then(|| sight.lease.holder.clone())
    }

    fn upstream_guess(&self, sight: &LeaseSight) -> Option<Node> {
        Some(&sight.lease.holder)
            .filter(|holder| **holder != self.settings.node)
            .cloned()
            .or_else(|| self.settings.others().into_iter().next())
    }

    fn following(&mut self, turn: &mut Turn) {
        if self.sights.shutdown {
            return self.enter(turn, State::Stopping);
        }
        if self.sights.guard == Some(Guard::Idle) {
            self.sights.folder = None;
            return self.enter(turn, State::Rejoining);
        }
        if let Database::Primary { .. } = self.sights.database {
            return self.fence(turn, "the server accepts writes without the right to");
        }
        if !self.store_is_reached(turn) {
            return;
        }
        let Some(sight) = self.sights.lease().cloned() else {
            return;
        };
        let Database::Standby {
            timeline, received, ..
        } = self.sights.database
        else {
            if sight.still_for(turn.now) >= takeover::missed_after(&self.settings) {
                turn.hold(HoldReason::NotAStandby);
            }
            return;
        };
        if let Some(primary) = self.serving(turn.now, &sight) {
            if !self.may_act(turn) {
                return;
            }
            let past_the_fork = timeline != sight.lease.timeline
                && leaves(timeline, sight.lease.timeline, &self.sights.forks)
                    .is_none_or(|fork| received > fork.position);
            if past_the_fork {
                return self.act(turn, Doing::Stopping, Action::StopStandby);
            }
            if self.upstream.as_ref() != Some(&primary) {
                self.upstream = Some(primary.clone());
                return self.act(turn, Doing::Changing, Action::Follow { upstream: primary });
            }
        }
        self.consider_taking_over(turn, &sight, Candidate { timeline, received });
    }

    fn consider_taking_over(&mut self, turn: &mut Turn, sight: &LeaseSight, candidate: Candidate) {
        match takeover::examine(turn.now, &self.settings, &self.sights, sight, candidate) {
            Verdict::Quiet => {
                self.decided_at = None;
                self.detected_at = None;
                turn.wake(
                    sight
                        .unchanged_since
                        .after(takeover::missed_after(&self.settings)),
                );
            }
            Verdict::Hold {
                reasons,
                look_again_at,
            } => {
                self.detected_at.get_or_insert(turn.now);
                if reasons
                    .iter()
                    .all(|reason| matches!(reason, HoldReason::LeaseRunning { .. }))
                {
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
            Verdict::Go {
                kind,
                loss_max,
                diagnosis,
            } => {
                if self.lease_busy || !self.may_act(turn) {
                    return;
                }
                let Some(timeline) = sight.lease.timeline_reserved.next() else {
                    return;
                };
                let detected_at = *self.detected_at.get_or_insert(turn.now);
                let decided_at = *self.decided_at.get_or_insert(turn.now);
                let instants = Instants {
                    last_seen_at: sight.unchanged_since,
                    detected_at,
                    decided_at,
                    fenced_at: turn.now,
                };
                let grounds = Grounds {
                    diagnosis,
                    loss_max,
                    instants: Some(instants),
                };
                self.acquire(turn, kind, timeline, grounds);
            }
        }
    }

    /// An operator who named a region is told at once when only the loss stands in the way.
    fn refuse_hopeless_request(&mut self, turn: &mut Turn, reasons: &[HoldReason]) {
        let Some(request) = &self.sights.request else {
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
            self.answer(turn, RequestOutcome::Refused(why.join("; ")));
        }
    }

    fn acquire(
        &mut self,
        turn: &mut Turn,
        kind: TransitionKind,
        timeline: Timeline,
        grounds: Grounds,
    ) {
        if self.lease_busy {
            return;
        }
        let sight = self.sights.lease();
        let former = sight.map_or(Epoch::ZERO, |sight| sight.lease.epoch);
        let Some(epoch) = former.next() else { return };
        let reserved = sight.map_or(Timeline::FIRST, |sight| sight.lease.timeline_reserved);
        let acquisition = Acquisition {
            revision: sight.map_or(0, |sight| sight.revision),
            lease: Lease {
                epoch,
                holder: self.settings.node.clone(),
                incarnation: String::new(),
                renewal: 0,
                state: LeaseState::Held,
                timeline,
                timeline_reserved: reserved.max(timeline),
                position: sight.and_then(|sight| sight.lease.position),
            },
            kind,
            diagnosis: grounds.diagnosis,
            evidence: self.sights.evidence(turn.now, &self.settings),
            loss_max: grounds.loss_max,
            instants: grounds.instants.unwrap_or(Instants {
                last_seen_at: turn.now,
                detected_at: turn.now,
                decided_at: turn.now,
                fenced_at: turn.now,
            }),
        };
        self.enter(turn, State::Acquiring);
        self.lease_busy = true;
        self.acquisition = Some(acquisition.clone());
        turn.act(Action::Acquire(Box::new(acquisition)));
    }

    fn acquiring(&mut self, turn: &mut Turn) {
        if self.holding.is_some() {
            self.prepared = false;
            return self.enter(turn, State::Promoting);
        }
        if self.lease_busy {
            return;
        }
        // Not ours, or nobody knows: the record tells. Not to be asked for again before it was read.
        let retry_at = turn.now.after(self.settings.timings.renew_every);
        let next = match self.sights.guard {
            Some(Guard::Running { .. }) => State::Following,
            Some(Guard::Idle) | None => State::Starting,
        };
        self.enter(turn, next);
        self.retry_at = Some(retry_at);
    }

    fn promoting(&mut self, turn: &mut Turn) {
        let Some(holding) = self.holding.clone() else {
            return;
        };
        if let (Some(Guard::Running { .. }), Database::Primary { .. }) =
            (&self.sights.guard, &self.sights.database)
            && !self.database_busy()
        {
            return self.enter(turn, State::Leading);
        }
        if turn.now.since(self.since) > PROMOTE_PATIENCE {
            return self.fence(turn, "promotion took too long");
        }
        if !self.may_act(turn) {
            return;
        }
        let epoch = holding.lease.epoch;
        match (&self.sights.guard, &self.sights.database) {
            (Some(Guard::Running { .. }), Database::Standby { .. }) => {
                let action = Action::Promote {
                    epoch,
                    timeline: holding.lease.timeline,
                    incarnation: holding.lease.incarnation,
                    deadline: holding.deadline,
                };
                self.act(turn, Doing::Promoting, action);
            }
            (Some(Guard::Running { .. }), _) | (None, _) => {}
            (Some(Guard::Idle), _) => match self.sights.folder.clone() {
                None => self.act(turn, Doing::Inspecting, Action::InspectFolder),
                Some(Folder::Absent | Folder::Incomplete) => {
                    let founding = self
                        .acquisition
                        .as_ref()
                        .is_some_and(|taken| taken.kind == TransitionKind::Bootstrap);
                    if founding {
                        self.act(turn, Doing::Initialising, Action::Initialise { epoch });
                    } else {
                        self.fence(turn, "the data is gone");
                    }
                }
                Some(Folder::Primary { .. }) => self.start_primary(turn),
                Some(Folder::Standby { .. }) => {
                    // The standby ended meanwhile: as a standby again, then to be promoted.
                    self.act(
                        turn,
                        Doing::Starting,
                        Action::StartStandby { upstream: None },
                    );
                }
            },
        }
    }

    fn start_primary(&mut self, turn: &mut Turn) {
        let Some(holding) = &self.holding else { return };
        let action = Action::StartPrimary {
            epoch: holding.lease.epoch,
            incarnation: holding.lease.incarnation.clone(),
            deadline: holding.deadline,
        };
        self.act(turn, Doing::Starting, action);
    }

    fn leading(&mut self, turn: &mut Turn) {
        let Some(holding) = &self.holding else { return };
        let epoch = holding.lease.epoch;
        if self.sights.guard == Some(Guard::Idle) {
            self.starts = 0;
            self.sights.folder = None;
            self.doing = None;
            return self.enter(turn, State::Recovering);
        }
        if self.sights.shutdown && !self.database_busy() {
            self.enter(turn, State::Stopping);
            let action = Action::StepDown {
                epoch,
                within: STEP_DOWN_WITHIN,
            };
            return self.act(turn, Doing::Stopping, action);
        }
        if let Database::Standby { .. } = self.sights.database {
            return self.fence(turn, "the server follows although it should lead");
        }
        self.store_is_reached(turn);
        if !self.may_act(turn) {
            return;
        }
        if !self.prepared && matches!(self.sights.database, Database::Primary { .. }) {
            let standbys = self.settings.others();
            return self.act(turn, Doing::Preparing, Action::Prepare { epoch, standbys });
        }
        self.consider_handing_over(turn, epoch);
    }

    /// P8: a primary that can be asked hands over and loses nothing, whatever the operator called it.
    fn consider_handing_over(&mut self, turn: &mut Turn, epoch: Epoch) {
        let Some(request) = self.sights.request.clone() else {
            return;
        };
        if self.answered.as_ref() == Some(&request.id) {
            return;
        }
        let to = request.kind.to();
        if self.settings.region_of(&self.settings.node) == Some(to) {
            let why = format!("the primary, {}, is in {to} already", self.settings.node);
            return self.answer(turn, RequestOutcome::Refused(why));
        }
        match self.successor_in(turn.now, to) {
            Ok(successor) => {
                self.answer(turn, RequestOutcome::Begun);
                self.successor = Some(successor);
                self.enter(turn, State::SteppingDown);
                let action = Action::StepDown {
                    epoch,
                    within: STEP_DOWN_WITHIN,
                };
                self.act(turn, Doing::Stopping, action);
            }
            Err(why) => self.answer(turn, RequestOutcome::Refused(why)),
        }
    }

    /// The most advanced standby of a region that is close enough for a switchover.
    fn successor_in(&self, now: Timestamp, to: &standfast_units::Region) -> Result<Node, String> {
        let Database::Primary { timeline, position } = self.sights.database else {
            return Err("the primary does not serve at present; try again".to_owned());
        };
        let mut seen = Vec::new();
        let mut best: Option<(Lsn, Node)> = None;
        for (node, _) in self
            .settings
            .nodes
            .iter()
            .filter(|(_, region)| *region == to)
        {
            let Some(sight) = self.sights.peers.get(node) else {
                seen.push(format!("{node} was never seen"));
                continue;
            };
            let peer = &sight.peer;
            let received = peer.position.unwrap_or(Lsn::ZERO);
            let lag = position.since(received);
            if now.since(sight.seen_at) >= self.settings.timings.lease {
                seen.push(format!("{node} is silent"));
            } else if peer.role != PeerRole::Standby
                || !peer.streaming
                || peer.timeline != Some(timeline)
            {
                seen.push(format!("{node} does not follow"));
            } else if lag > SWITCHOVER_LAG_MAX {
                seen.push(format!(
                    "{node} lacks {lag}, at most {SWITCHOVER_LAG_MAX} are waited for"
                ));
            } else if best.as_ref().is_none_or(|(most, _)| received > *most) {
                best = Some((received, node.clone()));
            }
        }
        best.map(|(_, node)| node).ok_or_else(|| {
            if seen.is_empty() {
                format!("the database has no node in {to}")
            } else {
                format!("no standby in {to} can take over: {}", seen.join(", "))
            }
        })
    }

    fn answer(&mut self, turn: &mut Turn, outcome: RequestOutcome) {
        let Some(request) = &self.sights.request else {
            return;
        };
        if self.answered.as_ref() == Some(&request.id) {
            return;
        }
        self.answered = Some(request.id.clone());
        turn.act(Action::Answer {
            id: request.id.clone(),
            outcome,
        });
    }

    /// P15. A standby of the same region that has everything is quicker than recovery; one elsewhere is
    /// turned to only when recovery takes long.
    fn recovering(&mut self, turn: &mut Turn) {
        if let (Some(Guard::Running { .. }), Database::Primary { .. }) =
            (&self.sights.guard, &self.sights.database)
        {
            return self.enter(turn, State::Leading);
        }
        if !self.may_act(turn) {
            turn.wake(self.since.after(RECOVERY_PATIENCE));
            return;
        }
        let patient = turn.now.since(self.since) < RECOVERY_PATIENCE;
        let near = self.has_standby(turn.now, patient);
        if near && self.sights.folder.is_none() && self.log_end.is_none() {
            return self.act(turn, Doing::Inspecting, Action::InspectFolder);
        }
        let safe = self.log_end.and_then(|end| {
            self.safe_candidate(turn.now, end, patient)
                .map(|node| (end, node))
        });
        match (&self.sights.guard, safe) {
            (Some(Guard::Idle), Some((end, node))) => {
                self.release_to = Some((Some(end), Some(node)));
                self.enter(turn, State::Releasing);
            }
            (Some(Guard::Running { .. }), Some((end, node))) => {
                self.release_to = Some((Some(end), Some(node)));
                self.fence(turn, "recovery takes long and a safe candidate exists");
            }
            (Some(Guard::Idle), None) if self.starts >= STARTS_MAX => {
                self.release_to = Some((self.log_end, None));
                self.enter(turn, State::Releasing);
            }
            (Some(Guard::Idle), None) => {
                self.starts += 1;
                self.start_primary(turn);
            }
            (Some(Guard::Running { .. }) | None, None) | (None, Some(_)) => {
                turn.wake(self.since.after(RECOVERY_PATIENCE));
            }
        }
    }

    fn has_standby(&self, now: Timestamp, same_region_only: bool) -> bool {
        self.safe_candidate(now, Lsn::ZERO, same_region_only)
            .is_some()
    }

    fn safe_candidate(&self, now: Timestamp, end: Lsn, same_region_only: bool) -> Option<Node> {
        let timeline = self.holding.as_ref().map(|holding| holding.lease.timeline);
        self.sights
            .peers
            .values()
            .filter(|sight| now.since(sight.seen_at) < self.settings.timings.lease)
            .map(|sight| &sight.peer)
            .filter(|peer| peer.role == PeerRole::Standby && peer.timeline == timeline)
            .filter(|peer| {
                !same_region_only || self.settings.same_region(&peer.node, &self.settings.node)
            })
            .find(|peer| peer.position.is_some_and(|position| position >= end))
            .map(|peer| peer.node.clone())
    }

    fn stepping_down(&mut self, turn: &mut Turn) {
        if self.database_busy() {
            return;
        }
        match (&self.sights.guard, self.stopped_at.take()) {
            (Some(Guard::Idle), Some(end)) => {
                self.release_to = Some((Some(end), self.successor.take()));
                self.enter(turn, State::Releasing);
            }
            // The clean stop was late and P5 ended it: nobody else holds the right, so the primary is
            // restored under it.
            (Some(Guard::Idle), None) => {
                self.sights.folder = None;
                self.enter(turn, State::Recovering);
            }
            (Some(Guard::Running { .. }) | None, _) => self.enter(turn, State::Leading),
        }
    }

    fn fencing(&mut self, turn: &mut Turn) {
        if self.database_busy() {
            return;
        }
        if self.sights.guard != Some(Guard::Idle) {
            if self.may_act(turn) {
                self.act(
                    turn,
                    Doing::Fencing,
                    Action::Fence {
                        reason: "the fence has to be completed",
                    },
                );
            }
            return;
        }
        if self.holding.is_some() && self.release_to.is_some() {
            return self.enter(turn, State::Releasing);
        }
        self.holding = None;
        if self.sights.shutdown {
            self.stop(turn);
        } else {
            self.enter(turn, State::Starting);
        }
    }

    fn releasing(&mut self, turn: &mut Turn) {
        if self.lease_busy {
            return;
        }
        let Some(holding) = &self.holding else {
            self.release_to = None;
            if self.sights.shutdown {
                return self.stop(turn);
            }
            return self.enter(turn, State::Starting);
        };
        // A fence was reported for every process of the folder: only then may the right be given up (P5).
        assert_eq!(
            self.sights.guard,
            Some(Guard::Idle),
            "the right is released while a server runs"
        );
        let (position, to) = self.release_to.clone().unwrap_or((None, None));
        let mut lease = holding.lease.clone();
        lease.state = LeaseState::Released { position, to };
        let revision = self.own_revision(holding);
        self.lease_busy = true;
        turn.act(Action::Release { revision, lease });
    }

    fn stopping(&mut self, turn: &mut Turn) {
        if self.database_busy() {
            return;
        }
        match (&self.sights.guard, &self.holding) {
            (Some(Guard::Running { .. }), None) => {
                if self.may_act(turn) {
                    if self.trouble.is_some() {
                        return self.fence(turn, "the server did not stop in order");
                    }
                    self.act(turn, Doing::Stopping, Action::StopStandby);
                }
            }
            (Some(Guard::Running { .. }), Some(_)) => {
                self.fence(turn, "the primary did not stop in order");
            }
            (Some(Guard::Idle), Some(_)) => {
                self.release_to = Some((self.stopped_at.take(), None));
                self.enter(turn, State::Releasing);
            }
            (Some(Guard::Idle) | None, None) | (None, Some(_)) => self.stop(turn),
        }
    }

    fn stop(&mut self, turn: &mut Turn) {
        self.enter(turn, State::Stopped);
        turn.act(Action::Exit);
    }

    fn store_is_reached(&self, turn: &mut Turn) -> bool {
        let reached = self.sights.store == Some(Store::Reached);
        if !reached {
            turn.hold(HoldReason::StoreLost);
        }
        reached
    }
}

/// What an acquisition rests on.
struct Grounds {
    diagnosis: Diagnosis,
    loss_max: Option<std::time::Duration>,
    instants: Option<Instants>,
}

impl Grounds {
    /// The taker is the last holder or the founder: there is nobody to lose anything to.
    fn certain() -> Self {
        Self {
            diagnosis: Diagnosis::GivenUp,
            loss_max: None,
            instants: None,
        }
    }
}
