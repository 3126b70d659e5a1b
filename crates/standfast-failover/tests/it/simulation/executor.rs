//! Carries out what the cores decide, late, in part, or not at all.

use std::time::Duration;

use standfast_failover::{
    Acquisition, Action, Folder, Fork, Guard, Input, Lease, Observation, Outcome, RequestKind,
    RequestOutcome,
};
use standfast_units::{Epoch, Lsn, Timeline, Timestamp};

use super::invariants::{self, KILL_BUDGET};
use super::node::{Holds, Phase, Server, Waiter};
use super::store::Transition;
use super::world::{Event, Weather, World, region};

/// How long an agent waits for the store's answer.
const ANSWER_WITHIN_MS: u64 = 1_000;

impl World {
    /// Lets what a core decided get under way, as the agent does: acts on the database one at a time,
    /// those on the right to write beside them.
    pub(super) fn begin(&mut self, node: usize, action: Action) {
        let life = self.machines[node].life;
        match action {
            Action::Exit => {
                self.stop_agent(node);
                let back = self.rng.between_ms(200, 5_000);
                self.plan(back, Event::AgentBack(node, life));
            }
            Action::Answer { id, outcome } => {
                if self.store_reachable(node) && !self.rng.chance(20) {
                    self.note(format_args!("machine {node} answers {id}: {outcome:?}"));
                    self.store
                        .answer(&id, matches!(outcome, RequestOutcome::Begun));
                    self.store_changed();
                }
            }
            Action::Acquire(_) | Action::Renew { .. } | Action::Release { .. } => {
                self.send_exchange(node, action);
            }
            Action::InspectFolder
            | Action::Initialise { .. }
            | Action::StartPrimary { .. }
            | Action::StartStandby { .. }
            | Action::Follow { .. }
            | Action::Promote { .. }
            | Action::Prepare { .. }
            | Action::StepDown { .. }
            | Action::StopStandby
            | Action::Fence { .. }
            | Action::RecordSurplus { .. }
            | Action::Rewind { .. }
            | Action::Clone { .. } => {
                let (from, to) = span_ms(&action);
                let Some(agent) = self.machines[node].agent.as_mut() else {
                    return;
                };
                agent.generation += 1;
                let generation = agent.generation;
                self.plan_ms(
                    from,
                    to,
                    Event::Act(node, life, generation, Box::new(action)),
                );
            }
        }
    }

    fn send_exchange(&mut self, node: usize, mut action: Action) {
        let life = self.machines[node].life;
        let sent_at = self.machines[node].clock(self.now);
        if let Action::Acquire(acquisition) = &mut action {
            self.record_ids += 1;
            acquisition.lease.incarnation = format!("m{node}-{}", self.record_ids);
        }
        let stormy = self.weather == Weather::Stormy;
        let late = stormy && self.rng.chance(15);
        let lost = stormy && self.rng.chance(10);
        let unanswered = stormy && self.rng.chance(10);
        let action = Box::new(action);
        if !self.store_reachable(node) || lost || late || unanswered {
            let nobody = Event::Answered(node, life, action.clone(), sent_at, None, String::new());
            self.plan_ms(ANSWER_WITHIN_MS, ANSWER_WITHIN_MS + 10, nobody);
            if late {
                self.plan_ms(500, 6_000, Event::Exchange(node, 0, action, sent_at));
            } else if unanswered && !lost {
                self.plan_ms(1, 30, Event::Exchange(node, 0, action, sent_at));
            }
            return;
        }
        self.plan_ms(1, 30, Event::Exchange(node, life, action, sent_at));
    }

    /// The store decides on a transaction about the right. `life` 0: nobody hears the answer.
    pub(super) fn exchange(
        &mut self,
        node: usize,
        life: u64,
        action: Box<Action>,
        sent_at: Timestamp,
    ) {
        if !self.store_reachable(node) {
            if life != 0 {
                let nobody = Event::Answered(node, life, action, sent_at, None, String::new());
                self.plan_ms(ANSWER_WITHIN_MS, ANSWER_WITHIN_MS + 10, nobody);
            }
            return;
        }
        let (revision, incarnation) = match action.as_ref() {
            Action::Acquire(acquisition) => {
                let incarnation = acquisition.lease.incarnation.clone();
                (self.apply_acquisition(node, acquisition), incarnation)
            }
            Action::Renew { revision, lease } => {
                (self.swap(*revision, lease.clone(), false), String::new())
            }
            Action::Release { revision, lease } => {
                let swapped = self.swap(*revision, lease.clone(), true);
                if swapped.is_some() {
                    invariants::nothing_runs_when_released(&self.machines[node]);
                    self.note(format_args!("machine {node} releases: {:?}", lease.state));
                    self.count("released");
                }
                (swapped, String::new())
            }
            _ => return,
        };
        if life != 0 {
            let answer = Some(revision.unwrap_or(0));
            let event = Event::Answered(node, life, action, sent_at, answer, incarnation);
            self.plan_ms(1, 30, event);
        }
    }

    fn swap(&mut self, revision: u64, lease: Lease, durable: bool) -> Option<u64> {
        let swapped = self.store.swap_lease(revision, lease, durable);
        if swapped.is_some() {
            self.lease_changed_at = self.now;
            self.store_changed();
        }
        swapped
    }

    fn apply_acquisition(&mut self, node: usize, acquisition: &Acquisition) -> Option<u64> {
        let old = self.store.now.lease.clone();
        let changed_at = self.lease_changed_at;
        let revision = self.swap(acquisition.revision, acquisition.lease.clone(), true)?;
        invariants::nothing_is_taken_early(
            old.as_ref().map(|(lease, _)| (lease, changed_at)),
            &acquisition.lease,
            self.now,
            self.timings.lease,
            self.timings.lease / 100,
        );
        let epoch = acquisition.lease.epoch;
        let kind = acquisition.kind;
        self.note(format_args!(
            "machine {node} takes epoch {epoch} by {kind:?}, at most {:?} lost",
            acquisition.loss_max
        ));
        self.count(match kind {
            standfast_failover::TransitionKind::Bootstrap => "bootstraps",
            standfast_failover::TransitionKind::Switchover => "switchovers",
            standfast_failover::TransitionKind::Failover => "failovers",
            standfast_failover::TransitionKind::Retake => "retakes",
        });
        self.losses.insert(epoch.get(), acquisition.loss_max);
        let here = region(self.machines[node].region);
        let named = self.store.now.request.as_ref().is_some_and(|(request, _)| {
            matches!(&request.kind, RequestKind::Failover { to, accept_loss: Some(_) } if *to == here)
        });
        if named {
            self.accepted.insert(epoch.get());
        }
        let at = self.now;
        let transition = Transition {
            kind,
            fork: None,
            at,
        };
        self.store.put_transition(epoch, transition);
        self.store_changed();
        Some(revision)
    }

    /// The agent hears what came of it: `Some(0)` refused, `None` nobody knows.
    pub(super) fn answered(
        &mut self,
        node: usize,
        action: &Action,
        sent_at: Timestamp,
        revision: Option<u64>,
        incarnation: String,
    ) {
        let deadline = sent_at.after(self.timings.self_fence_after);
        let granted = revision.filter(|revision| *revision > 0);
        let outcome = match (action, granted) {
            (Action::Acquire(_), Some(revision)) => {
                if self.guard_is_idle(node) || self.arm(node, deadline, &incarnation) {
                    Outcome::Acquired {
                        incarnation,
                        revision,
                        deadline,
                    }
                } else {
                    Outcome::AcquisitionUnknown
                }
            }
            (Action::Acquire(_), None) if revision == Some(0) => Outcome::NotAcquired,
            (Action::Acquire(_), None) => Outcome::AcquisitionUnknown,
            (Action::Renew { lease, .. }, Some(revision)) => {
                let label = lease.incarnation.clone();
                if self.guard_is_idle(node) || self.arm(node, deadline, &label) {
                    Outcome::Renewed {
                        revision,
                        renewal: lease.renewal,
                        deadline,
                    }
                } else {
                    Outcome::NotRenewed
                }
            }
            (Action::Renew { .. }, None) => Outcome::NotRenewed,
            (Action::Release { .. }, Some(_)) => Outcome::Released,
            (_, _) => Outcome::NotReleased,
        };
        self.step(node, Input::Done(outcome));
    }

    /// Pushes the guard's deadline; never back, and never once it has passed (P4).
    fn arm(&mut self, node: usize, at: Timestamp, label: &str) -> bool {
        let now = self.machines[node].clock(self.now);
        let guard = &mut self.machines[node].guard;
        let late = guard
            .deadline
            .is_some_and(|deadline| deadline <= now || at < deadline);
        if !guard.alive || guard.phase != Phase::Running || late || at <= now {
            return false;
        }
        guard.deadline = Some(at);
        label.clone_into(&mut guard.label);
        let life = guard.life;
        let when = self.machines[node].when(at);
        self.plan_at(when, Event::GuardDeadline(node, life));
        true
    }

    fn conclude(&mut self, node: usize, generation: u64, outcome: Outcome) {
        let life = self.machines[node].life;
        let event = Event::Outcome(node, life, generation, Box::new(outcome));
        self.plan_ms(0, 5, event);
    }

    fn fail(&mut self, node: usize, generation: u64, why: &str) {
        let reason = why.to_owned();
        self.conclude(node, generation, Outcome::Failed { reason });
    }

    fn index(&self, name: &standfast_units::Node) -> usize {
        self.machines
            .iter()
            .position(|machine| machine.name == *name)
            .unwrap()
    }

    /// An act on the database happens.
    pub(super) fn carry_out(&mut self, node: usize, generation: u64, action: &Action) {
        let stormy = self.weather == Weather::Stormy;
        let must_work = matches!(action, Action::Fence { .. });
        if stormy && !must_work && self.rng.chance(40) {
            return self.fail(node, generation, "it failed");
        }
        match action {
            Action::InspectFolder => {
                let folder = self.folder(node);
                self.conclude(node, generation, Outcome::Inspected(folder));
            }
            Action::Initialise { .. } => {
                let id = self.marker();
                let disk = &mut self.machines[node].disk;
                disk.holds = Holds::Primary;
                disk.timeline = Some(Timeline::FIRST);
                disk.log.clear();
                self.machines[node].append(id);
                self.conclude(node, generation, Outcome::Completed);
            }
            Action::StartPrimary {
                incarnation,
                deadline,
                ..
            } => {
                let right = Some((*deadline, incarnation.clone()));
                let started = self.start_server(node, Server::Primary, right);
                self.started(node, generation, started);
            }
            Action::StartStandby { upstream } => {
                self.machines[node].upstream = upstream.as_ref().map(|name| self.index(name));
                let started = self.start_server(node, Server::Standby, None);
                self.started(node, generation, started);
            }
            Action::Follow { upstream } => {
                self.machines[node].upstream = Some(self.index(upstream));
                self.conclude(node, generation, Outcome::Completed);
            }
            Action::Promote {
                epoch,
                timeline,
                incarnation,
                deadline,
            } => self.promote(node, generation, *epoch, *timeline, incarnation, *deadline),
            Action::Prepare { .. } => self.conclude(node, generation, Outcome::Completed),
            Action::StepDown { .. } | Action::StopStandby => self.stop(node, generation, action),
            Action::Fence { .. } => self.fence(node, generation),
            Action::RecordSurplus { fork, .. } => self.record_surplus(node, generation, *fork),
            Action::Rewind { source } | Action::Clone { source } => {
                let source = self.index(source);
                let whole = matches!(action, Action::Clone { .. });
                self.copy(node, generation, source, whole);
            }
            Action::Acquire(_)
            | Action::Renew { .. }
            | Action::Release { .. }
            | Action::Answer { .. }
            | Action::Exit => {}
        }
    }

    /// A record that no client wrote.
    fn marker(&mut self) -> u64 {
        self.record_ids += 1;
        self.record_ids
    }

    fn folder(&mut self, node: usize) -> Folder {
        let shortened = self.rng.chance(200);
        let disk = &self.machines[node].disk;
        let timeline = disk.timeline.unwrap_or(Timeline::FIRST);
        match disk.holds {
            Holds::Nothing => Folder::Absent,
            Holds::Unfinished => Folder::Incomplete,
            Holds::Primary => Folder::Primary {
                timeline,
                end: disk.end(),
            },
            // Of a standby at times only the last checkpoint is known.
            Holds::Standby => Folder::Standby {
                timeline,
                end: if shortened {
                    Lsn::new(disk.end().get().saturating_sub(7))
                } else {
                    disk.end()
                },
            },
        }
    }

    fn started(&mut self, node: usize, generation: u64, started: bool) {
        if started {
            self.conclude(node, generation, Outcome::Completed);
        } else {
            self.fail(node, generation, "the guard refused");
        }
    }

    fn start_server(
        &mut self,
        node: usize,
        kind: Server,
        right: Option<(Timestamp, String)>,
    ) -> bool {
        let now = self.machines[node].clock(self.now);
        let machine = &mut self.machines[node];
        if matches!(machine.disk.holds, Holds::Nothing | Holds::Unfinished) {
            return false;
        }
        let guard = &mut machine.guard;
        let late = right.as_ref().is_some_and(|(at, _)| {
            *at <= now || guard.deadline.is_some_and(|deadline| *at < deadline)
        });
        if !guard.alive || guard.phase != Phase::Idle || late {
            return false;
        }
        guard.phase = Phase::Running;
        guard.life += 1;
        guard.deadline = right.as_ref().map(|(at, _)| *at);
        guard.label = right.map(|(_, label)| label).unwrap_or_default();
        let (life, deadline) = (guard.life, guard.deadline);
        machine.server = Server::Busy;
        machine.streaming = false;
        machine.disk.holds = if kind == Server::Primary {
            Holds::Primary
        } else {
            Holds::Standby
        };
        let stormy = self.weather == Weather::Stormy;
        let took = match kind {
            Server::Primary if stormy && self.rng.chance(100) => self.rng.between_ms(1_000, 9_000),
            Server::Primary => self.rng.between_ms(50, 300),
            _ => self.rng.between_ms(20, 150),
        };
        let ends = stormy && self.rng.chance(60);
        let becomes = if ends { Server::Down } else { kind };
        self.plan(took, Event::ServerUp(node, life, becomes));
        if let Some(deadline) = deadline {
            let when = self.machines[node].when(deadline);
            self.plan_at(when, Event::GuardDeadline(node, life));
        }
        self.tell_guard(node);
        true
    }

    pub(super) fn server_up(&mut self, node: usize, life: u64, becomes: Server) {
        // A machine that thaws past the deadline: the guard looks at the clock before all else (P4).
        let deadline_life = self.machines[node].guard.life;
        self.guard_deadline(node, deadline_life);
        let guard = &self.machines[node].guard;
        if guard.life != life || guard.phase != Phase::Running {
            return;
        }
        if becomes == Server::Down {
            return self.server_ends(node);
        }
        self.machines[node].server = becomes;
        self.machines[node].admits = true;
        if becomes == Server::Primary {
            let id = self.marker();
            self.machines[node].append(id);
            let label = self.machines[node].guard.label.clone();
            let epoch = self.store.epochs.get(&label).copied().unwrap_or(0);
            self.judge_promotion(node, Epoch::new(epoch));
        }
    }

    /// The server's processes end by themselves; the guard makes certain of it.
    pub(super) fn server_ends(&mut self, node: usize) {
        let guard = &mut self.machines[node].guard;
        if !guard.alive || guard.phase != Phase::Running {
            return;
        }
        guard.phase = Phase::Fencing;
        guard.life += 1;
        let life = guard.life;
        self.machines[node].server = Server::Down;
        self.machines[node].streaming = false;
        self.plan_ms(1, 40, Event::GuardDone(node, life));
    }

    fn promote(
        &mut self,
        node: usize,
        generation: u64,
        epoch: Epoch,
        timeline: Timeline,
        incarnation: &str,
        deadline: Timestamp,
    ) {
        let guard = &self.machines[node].guard;
        let armed = guard.label == incarnation && guard.deadline.is_some_and(|at| at >= deadline);
        if !armed && !self.arm(node, deadline, incarnation) {
            return self.fail(node, generation, "the guard refused the deadline");
        }
        let machine = &self.machines[node];
        let (life, guard_life) = (machine.life, machine.guard.life);
        match machine.server {
            Server::Standby => {
                let stalls = self.weather == Weather::Stormy && self.rng.chance(50);
                let took = if stalls { (1_000, 5_000) } else { (40, 100) };
                let event = Event::Promoted(node, guard_life, life, generation, timeline, epoch);
                self.plan_ms(took.0, took.1, event);
            }
            Server::Primary if machine.disk.timeline == Some(timeline) => {
                self.plan_ms(1, 20, Event::ForkWritten(node, life, generation, epoch));
            }
            Server::Primary | Server::Busy | Server::Down => {
                self.fail(node, generation, "it cannot be promoted");
            }
        }
    }

    /// The server leaves recovery, whoever still waits for it.
    pub(super) fn promoted(
        &mut self,
        node: usize,
        guard_life: u64,
        life: u64,
        generation: u64,
        timeline: Timeline,
        epoch: Epoch,
    ) {
        let deadline_life = self.machines[node].guard.life;
        self.guard_deadline(node, deadline_life);
        let machine = &self.machines[node];
        if machine.guard.life != guard_life || machine.guard.phase != Phase::Running {
            return self.fail(node, generation, "the server ended");
        }
        if machine.server == Server::Standby {
            let id = self.marker();
            let machine = &mut self.machines[node];
            let at = machine.disk.log.len();
            let parent = machine.disk.timeline.unwrap_or(Timeline::FIRST);
            machine.disk.promoted_at = Some((parent, timeline, at));
            machine.disk.timeline = Some(timeline);
            machine.disk.holds = Holds::Primary;
            machine.server = Server::Primary;
            machine.admits = true;
            machine.append(id);
            self.note(format_args!(
                "machine {node} promoted onto {timeline} at {at}"
            ));
            self.judge.timelines_are_used_once(node, timeline, at);
            self.judge_promotion(node, epoch);
        }
        self.plan_ms(1, 20, Event::ForkWritten(node, life, generation, epoch));
    }

    /// The store learns of the fork before anybody hears that the node serves.
    pub(super) fn fork_written(&mut self, node: usize, life: u64, generation: u64, epoch: Epoch) {
        if self.machines[node].life != life {
            return;
        }
        let fork = self.machines[node].disk.promoted_at;
        let Some((parent, timeline, at)) = fork.filter(|_| self.store_reachable(node)) else {
            return self.fail(node, generation, "the fork could not be written down");
        };
        if self.weather == Weather::Stormy && self.rng.chance(50) {
            return self.fail(node, generation, "the fork could not be written down");
        }
        let fork = Fork {
            parent,
            timeline,
            position: Lsn::new(at as u64),
        };
        self.store.put_fork(epoch, fork);
        self.store_changed();
        self.conclude(node, generation, Outcome::Promoted { fork });
    }

    /// A clean stop. What was written reaches the standbys that are connected before the end.
    fn stop(&mut self, node: usize, generation: u64, action: &Action) {
        let guard = &self.machines[node].guard;
        if !guard.alive || guard.phase != Phase::Running {
            return self.fail(node, generation, "nothing runs");
        }
        let stormy = self.weather == Weather::Stormy;
        let leads = matches!(action, Action::StepDown { .. });
        if leads && stormy && self.rng.chance(100) {
            return self.fail(node, generation, "the checkpoint takes too long");
        }
        if leads && stormy && self.rng.chance(100) {
            // Killed late: the guard did it, and nothing is known of the end.
            self.server_ends(node);
            return self.fail(node, generation, "the server did not stop in order");
        }
        if self.machines[node].server == Server::Primary {
            let id = self.marker();
            self.machines[node].append(id);
            self.ship(node);
        }
        let machine = &mut self.machines[node];
        machine.server = Server::Down;
        machine.streaming = false;
        machine.guard.phase = Phase::Idle;
        machine.guard.life += 1;
        let position = machine.disk.end();
        self.tell_guard(node);
        let outcome = if leads {
            Outcome::SteppedDown { position }
        } else {
            Outcome::Completed
        };
        self.conclude(node, generation, outcome);
    }

    fn fence(&mut self, node: usize, generation: u64) {
        let life = self.machines[node].life;
        match (
            self.machines[node].guard.alive,
            self.machines[node].guard.phase,
        ) {
            (false, _) => self.fail(node, generation, "the guard does not answer"),
            (true, Phase::Idle) => self.conclude(node, generation, Outcome::Fenced),
            (true, Phase::Running | Phase::Fencing) => {
                self.machines[node]
                    .waiters
                    .push(Waiter { life, generation });
                self.guard_fences(node);
            }
        }
    }

    /// Ends every process: at once when the deadline has long passed, else within the kill budget.
    fn guard_fences(&mut self, node: usize) {
        let now = self.machines[node].clock(self.now);
        let guard = &mut self.machines[node].guard;
        if guard.phase != Phase::Running {
            return;
        }
        guard.phase = Phase::Fencing;
        guard.life += 1;
        let life = guard.life;
        let by = guard.deadline.map_or(now, |deadline| deadline.min(now));
        let left = by.after(KILL_BUDGET - Duration::from_millis(10)).since(now);
        if left.is_zero() {
            return self.guard_done(node, life);
        }
        let took = self.rng.below(u64::try_from(left.as_nanos()).unwrap());
        self.plan(Duration::from_nanos(took), Event::GuardDone(node, life));
    }

    pub(super) fn guard_deadline(&mut self, node: usize, life: u64) {
        let now = self.machines[node].clock(self.now);
        let guard = &self.machines[node].guard;
        let passed = guard.deadline.is_some_and(|deadline| deadline <= now);
        if guard.alive && guard.life == life && guard.phase == Phase::Running && passed {
            self.note(format_args!(
                "the guard of machine {node} fences at its deadline"
            ));
            self.count("fenced at the deadline");
            self.guard_fences(node);
        }
    }

    pub(super) fn guard_done(&mut self, node: usize, life: u64) {
        let machine = &mut self.machines[node];
        if machine.guard.life != life || !machine.guard.alive {
            return;
        }
        machine.guard.phase = Phase::Idle;
        machine.guard.life += 1;
        machine.server = Server::Down;
        machine.streaming = false;
        machine.admits = true;
        let waiters = std::mem::take(&mut machine.waiters);
        self.tell_guard(node);
        for waiter in waiters {
            if self.machines[node].life == waiter.life {
                self.conclude(node, waiter.generation, Outcome::Fenced);
            }
        }
    }

    /// A new guard begins by making certain that nothing is left.
    pub(super) fn guard_back(&mut self, node: usize) {
        let machine = &mut self.machines[node];
        if !machine.guard.alive {
            machine.guard.alive = true;
            machine.guard.phase = Phase::Fencing;
            machine.guard.deadline = None;
            machine.guard.life += 1;
            let life = machine.guard.life;
            self.guard_done(node, life);
        }
    }

    /// The guard's word on itself, in order.
    pub(super) fn tell_guard(&mut self, node: usize) {
        let guard = &self.machines[node].guard;
        if !guard.alive {
            return;
        }
        let word = match guard.phase {
            Phase::Idle => Guard::Idle,
            Phase::Running => Guard::Running {
                armed: guard.deadline.map(|at| (at, guard.label.clone())),
            },
            Phase::Fencing => return,
        };
        self.tell(node, 1, 1, Input::Observed(Observation::Guard(word)));
    }

    fn record_surplus(&mut self, node: usize, generation: u64, fork: Fork) {
        if !self.store_reachable(node) {
            return self.fail(node, generation, "the ledger cannot be written");
        }
        let from = usize::try_from(fork.position.get()).unwrap();
        let log = &self.machines[node].disk.log;
        let surplus = log.iter().skip(from).map(|record| record.id);
        self.judge.ledger.extend(surplus);
        self.count("surplus recorded");
        self.conclude(node, generation, Outcome::Completed);
    }

    fn copy(&mut self, node: usize, generation: u64, source: usize, whole: bool) {
        let stormy = self.weather == Weather::Stormy;
        let reachable = self.machines[source].server == Server::Primary
            && !self.machines[source].frozen(self.now)
            && self.linked(node, source);
        if !reachable {
            return self.fail(node, generation, "the source does not answer");
        }
        let common = self.machines[node].disk.common(&self.machines[source].disk);
        if !whole {
            if common == self.machines[node].disk.log.len() {
                return self.fail(node, generation, "no rewind required");
            }
            if stormy && self.rng.chance(200) {
                self.machines[node].disk.holds = Holds::Unfinished;
                return self.fail(node, generation, "rewinding failed");
            }
        }
        self.judge
            .nothing_is_thrown_away_unrecorded(node, &self.machines[node], common);
        self.count(if whole { "cloned" } else { "rewound" });
        let mut disk = self.machines[source].disk.clone();
        disk.holds = Holds::Standby;
        disk.promoted_at = None;
        self.machines[node].disk = disk;
        self.conclude(node, generation, Outcome::Completed);
    }
}

/// How long an act takes to happen.
fn span_ms(action: &Action) -> (u64, u64) {
    match action {
        Action::Initialise { .. } => (100, 500),
        Action::StepDown { .. } => (50, 600),
        Action::Clone { .. } => (300, 2_000),
        Action::Rewind { .. } => (100, 800),
        Action::InspectFolder => (2, 60),
        Action::Acquire(_)
        | Action::Renew { .. }
        | Action::Release { .. }
        | Action::StartPrimary { .. }
        | Action::StartStandby { .. }
        | Action::Follow { .. }
        | Action::Promote { .. }
        | Action::Prepare { .. }
        | Action::StopStandby
        | Action::Fence { .. }
        | Action::RecordSurplus { .. }
        | Action::Answer { .. }
        | Action::Exit => (0, 20),
    }
}
