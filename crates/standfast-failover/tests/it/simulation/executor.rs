//! Carries out what the cores decide, late, in part, or not at all.

use standfast_failover::{Action, Folder, Fork, Outcome, RequestOutcome};
use standfast_units::{Epoch, Lsn, Timeline, Timestamp};

use super::node::{Holds, Phase, Server, Waiter};
use super::world::{Event, Weather, World};

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

    pub(super) fn conclude(&mut self, node: usize, generation: u64, outcome: Outcome) {
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
                disk.provisioned = false;
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
            Action::Prepare { .. } => {
                self.machines[node].disk.provisioned = true;
                self.conclude(node, generation, Outcome::Completed);
            }
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
    pub(super) fn marker(&mut self) -> u64 {
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
