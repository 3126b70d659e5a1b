//! The guards: they start servers, keep one number, and end everything when it has passed (P4, P5).

use std::time::Duration;

use standfast_failover::{Guard, Input, Observation, Outcome};
use standfast_units::{Epoch, Timestamp};

use super::invariants::KILL_BUDGET;
use super::node::{Holds, Phase, Server};
use super::world::{Event, Weather, World};

impl World {
    /// Pushes the guard's deadline; never back, and never once it has passed (P4).
    pub(super) fn arm(&mut self, node: usize, at: Timestamp, label: &str) -> bool {
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

    pub(super) fn start_server(
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

    /// Ends every process: at once when the deadline has long passed, else within the kill budget.
    pub(super) fn guard_fences(&mut self, node: usize) {
        let now = self.machines[node].clock(self.now);
        let guard = &mut self.machines[node].guard;
        if guard.phase != Phase::Running {
            return;
        }
        guard.phase = Phase::Fencing;
        guard.life += 1;
        let life = guard.life;
        let by = guard.deadline.map_or(now, |deadline| deadline.min(now));
        let left = by
            .after(KILL_BUDGET.saturating_sub(Duration::from_millis(10)))
            .since(now);
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
}
