//! What goes wrong, and its end.

use standfast_failover::{Input, Observation, Request, RequestKind, RequestState};
use std::time::Duration;

use super::node::{Disk, Holds, Phase, Server};
use super::world::{Event, Weather, World, region};

impl World {
    /// One thing goes wrong; the next one in a while.
    pub(super) fn fault(&mut self) {
        if self.weather == Weather::Fair {
            return;
        }
        self.plan_ms(500, 12_000, Event::Fault);
        let node = usize::try_from(self.rng.below(self.machines.len() as u64)).unwrap();
        match self.rng.below(17) {
            0 => {
                self.stop_agent(node);
                self.agent_back(node, 50, 8_000);
            }
            1 | 2 => {
                self.note(format_args!("the server of machine {node} crashes"));
                self.server_ends(node);
            }
            3 => self.lose_guard(node),
            4 | 5 => {
                self.lose_power(node);
                self.agent_back(node, 500, 40_000);
            }
            6 => {
                let span = self.rng.between_ms(200, 15_000);
                self.note(format_args!("machine {node} freezes for {span:?}"));
                self.freeze(node, span);
            }
            7 => {
                let span = self.rng.between_ms(200, 15_000);
                self.note(format_args!(
                    "the agent of machine {node} freezes for {span:?}"
                ));
                self.freeze_agent(node, span);
            }
            8 | 9 => self.cut_off(node),
            10 => self.cut_region(node),
            11 => {
                let other = usize::try_from(self.rng.below(self.machines.len() as u64)).unwrap();
                self.note(format_args!("no log gets from machine {node} to {other}"));
                self.cut.push((node, other));
                self.plan_ms(500, 20_000, Event::Mend(node));
            }
            12 => {
                if self.store.up {
                    self.note(format_args!("the store crashes"));
                    self.store.up = false;
                    for each in 0..self.machines.len() {
                        self.plan_ms(1, 1_000, Event::LinkLost(each));
                    }
                    self.plan_ms(100, 9_000, Event::StoreUp);
                }
            }
            13 => self.ask(node),
            14 => {
                let paused = !self.store.now.paused && self.rng.chance(500);
                self.store.pause(paused);
                self.store_changed();
            }
            15 => {
                self.note(format_args!("machine {node} is asked to end"));
                self.tell(node, 1, 1, Input::Observed(Observation::Shutdown));
            }
            _ => {
                let at = usize::try_from(self.rng.below(3)).unwrap();
                let up = self.controllers[at].up;
                self.controllers[at].up = !up;
            }
        }
    }

    /// Everything on a machine stands still but its clock. Never made shorter: what waits for the thaw
    /// was told when it comes.
    fn freeze(&mut self, node: usize, span: Duration) {
        let until = self.now + as_nanos(span);
        let machine = &mut self.machines[node];
        machine.frozen_until = machine.frozen_until.max(until);
    }

    fn freeze_agent(&mut self, node: usize, span: Duration) {
        let until = self.now + as_nanos(span);
        let machine = &mut self.machines[node];
        machine.agent_frozen_until = machine.agent_frozen_until.max(until);
    }

    fn agent_back(&mut self, node: usize, from_ms: u64, to_ms: u64) {
        let life = self.machines[node].life;
        self.plan_ms(from_ms, to_ms, Event::AgentBack(node, life));
    }

    /// The guard dies: the kernel ends what it had started, and a new one begins by looking.
    fn lose_guard(&mut self, node: usize) {
        self.note(format_args!("the guard of machine {node} dies"));
        let machine = &mut self.machines[node];
        machine.guard.alive = false;
        machine.guard.life += 1;
        machine.server = Server::Down;
        machine.streaming = false;
        let waiters = std::mem::take(&mut machine.waiters);
        for waiter in waiters {
            let reason = "the guard does not answer".to_owned();
            let outcome = standfast_failover::Outcome::Failed { reason };
            let event = Event::Outcome(node, waiter.life, waiter.generation, Box::new(outcome));
            self.plan_ms(1, 5, event);
        }
        self.plan_ms(20, 3_000, Event::GuardBack(node));
    }

    fn lose_power(&mut self, node: usize) {
        self.note(format_args!("machine {node} loses its power"));
        self.stop_agent(node);
        let machine = &mut self.machines[node];
        machine.guard.alive = false;
        machine.guard.phase = Phase::Idle;
        machine.guard.life += 1;
        machine.guard.deadline = None;
        machine.server = Server::Down;
        machine.streaming = false;
        machine.waiters.clear();
        // One disk in a storm, and never the only one that can be started from.
        let elsewhere = (0..self.machines.len()).any(|other| {
            let holds = self.machines[other].disk.holds;
            other != node && matches!(holds, Holds::Primary | Holds::Standby)
        });
        if self.disks_lost == 0 && elsewhere && self.rng.chance(100) {
            self.note(format_args!("the disk of machine {node} is lost"));
            self.disks_lost += 1;
            self.machines[node].disk = Disk::default();
        }
    }

    fn cut_off(&mut self, node: usize) {
        self.note(format_args!("machine {node} does not reach the store"));
        self.machines[node].mirror.linked = false;
        self.plan_ms(1, 1_000, Event::LinkLost(node));
        self.plan_ms(500, 20_000, Event::Mend(node));
    }

    /// A whole region reaches neither the store nor the other regions.
    fn cut_region(&mut self, of: usize) {
        let here = self.machines[of].region;
        self.note(format_args!("region {} is cut off", region(here)));
        let span = self.rng.between_ms(1_000, 45_000);
        for node in 0..self.machines.len() {
            if self.machines[node].region != here {
                continue;
            }
            self.machines[node].mirror.linked = false;
            self.plan_ms(1, 1_000, Event::LinkLost(node));
            for other in 0..self.machines.len() {
                if self.machines[other].region != here {
                    self.cut.push((node, other));
                }
            }
            self.plan(span, Event::Mend(node));
        }
    }

    pub(super) fn mend(&mut self, node: usize) {
        self.machines[node].mirror.linked = true;
        self.cut
            .retain(|(one, other)| *one != node && *other != node);
        self.plan_watch(node);
    }

    pub(super) fn store_up(&mut self) {
        if !self.store.up {
            self.note(format_args!("the store is back"));
            self.store.restart();
            self.lease_changed_at = self.now;
            self.store_changed();
        }
    }

    /// An operator asks for something.
    fn ask(&mut self, node: usize) {
        let to = region(self.machines[node].region);
        let kind = match self.rng.below(4) {
            0 | 1 => RequestKind::Switchover { to },
            2 => RequestKind::Failover {
                to,
                accept_loss: None,
            },
            _ => RequestKind::Failover {
                to,
                accept_loss: Some(Duration::from_secs(self.rng.below(90))),
            },
        };
        self.request(kind);
    }

    pub(super) fn request(&mut self, kind: RequestKind) {
        if self.store.now.request.is_some() {
            return;
        }
        self.note(format_args!("an operator asks: {kind:?}"));
        self.requests += 1;
        let id = format!("request-{}", self.requests);
        self.store.put_request(Some(Request {
            id,
            kind,
            state: RequestState::Open,
        }));
        self.store_changed();
    }
}

pub(super) fn as_nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap()
}
