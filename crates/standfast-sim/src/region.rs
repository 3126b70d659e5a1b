//! The controllers: the real machine, its events and its effects.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_controller::{Controller as Machine, Effect, Event, Ticket};
use standfast_record::Ids;
use standfast_units::{Epoch, Node as Name};
use standfast_zone::DnsZone;

use crate::happening::{Happening, StoreQuestion};
use crate::link::{Call, Link};
use crate::network::Endpoint;
use crate::server::Does;
use crate::store::Process;
use crate::world::World;

impl World {
    pub(crate) fn controller_starts(&mut self, region: usize, life: u64) {
        let now = self.now;
        let ids = Ids::new(self.rng.next());
        let own = &mut self.controllers[region];
        if own.life != life || own.machine.is_some() {
            return;
        }
        let moment = own.clock.moment(now);
        own.machine = Some(Machine::new(own.settings.clone(), ids, moment));
        own.wake_planned = 0;
        let process = Process::Controller(region);
        self.plan_in(Duration::ZERO, Happening::Connect { process, life });
        self.plan_in(Duration::from_millis(1), Happening::Probe { region, life });
        self.step_controller(region, Event::Tick);
    }

    pub(crate) fn stop_controller(&mut self, region: usize) {
        let own = &mut self.controllers[region];
        if own.machine.take().is_some() {
            own.life += 1;
            own.link = Link::new();
            self.store.watchers.remove(&Process::Controller(region));
        }
    }

    pub(crate) fn controller_comes_back(&mut self, region: usize, from_ms: u64, to_ms: u64) {
        let life = self.controllers[region].life;
        let after = self.rng.millis(from_ms, to_ms);
        self.plan_in(after, Happening::ControllerStarts { region, life });
    }

    pub(crate) fn controller_hears(&mut self, region: usize, life: u64, event: Event) {
        if self.controllers[region].life == life {
            self.step_controller(region, event);
        }
    }

    pub(crate) fn controller_wakes(&mut self, region: usize, life: u64, at: u64) {
        let own = &self.controllers[region];
        if own.life == life && own.wake_planned == at {
            self.step_controller(region, Event::Tick);
        }
    }

    pub(crate) fn step_controller(&mut self, region: usize, event: Event) {
        let now = self.now;
        let own = &mut self.controllers[region];
        let Some(machine) = own.machine.as_mut() else {
            return;
        };
        let effects = machine.step(own.clock.moment(now), event);
        let wake_at = own.clock.when(machine.wake_at()).max(now + 1);
        let life = own.life;
        if own.wake_planned <= now || wake_at < own.wake_planned {
            own.wake_planned = wake_at;
            let wakes = Happening::ControllerWakes {
                region,
                life,
                at: wake_at,
            };
            self.plan_at(wake_at, wakes);
        }
        for effect in effects {
            self.controller_wants(region, life, effect);
        }
    }

    fn controller_wants(&mut self, region: usize, life: u64, effect: Effect) {
        let process = Process::Controller(region);
        match effect {
            Effect::Read { ticket, key } => {
                let call = self.controllers[region].link.call(Call::Read, ticket);
                self.ask_store(process, call, StoreQuestion::Read(key));
            }
            Effect::Transact {
                ticket,
                transaction,
            } => {
                let call = self.controllers[region].link.call(Call::Transact, ticket);
                self.ask_store(process, call, StoreQuestion::Transact(transaction));
            }
            Effect::Verify {
                ticket,
                node,
                server: _,
                epoch,
            } => {
                let after = self.network.delay(&mut self.rng) + self.rng.millis(2, 30);
                let acts = Happening::VerifyActs {
                    region,
                    life,
                    ticket,
                    node,
                    epoch,
                };
                self.plan_in(after, acts);
            }
            Effect::Serve(zone) => self.serve(region, life, &zone),
            Effect::Tell { ticket, text: _ } => {
                let result = if self.mishap(100) {
                    Err("the webhook does not answer".to_owned())
                } else {
                    Ok(())
                };
                let event = Box::new(Event::Told { ticket, result });
                let after = self.rng.millis(5, 500);
                let hears = Happening::ControllerHears {
                    region,
                    life,
                    event,
                };
                self.plan_in(after, hears);
            }
            Effect::TrimJournal { keep: _ } => {
                let event = Box::new(Event::Trimmed { result: Ok(0) });
                let after = self.rng.millis(1, 20);
                let hears = Happening::ControllerHears {
                    region,
                    life,
                    event,
                };
                self.plan_in(after, hears);
            }
        }
    }

    fn serve(&mut self, region: usize, life: u64, zone: &DnsZone) {
        let name =
            standfast_zone::writer_name(&self.controllers[region].settings.zone, &self.database);
        let epoch = name.ok().and_then(|name| zone.epoch(&name));
        let epoch = epoch.unwrap_or(Epoch::ZERO);
        let verdict = self.judges.writer.serve(region, life, epoch);
        self.judge(verdict);
        let event = Box::new(Event::Served(Ok(())));
        let hears = Happening::ControllerHears {
            region,
            life,
            event,
        };
        self.plan_in(Duration::from_micros(10), hears);
    }

    /// A write as a client would make it, read back.
    pub(crate) fn verify_acts(
        &mut self,
        region: usize,
        life: u64,
        ticket: Ticket,
        name: &Name,
        epoch: Epoch,
    ) {
        if self.controllers[region].life != life {
            return;
        }
        let accepted = self.index(name).filter(|node| {
            self.network
                .connects(Endpoint::Region(region), Endpoint::Node(*node))
                && self.nodes[*node].accepts_writes(self.now)
        });
        let result = match accepted.filter(|_| !self.mishap(30)) {
            Some(node) => {
                self.accept_write(node);
                self.judges.writer.verify(epoch);
                Ok(())
            }
            None => Err("no write was accepted".to_owned()),
        };
        let event = Box::new(Event::Verified { ticket, result });
        let after = self.network.delay(&mut self.rng);
        let hears = Happening::ControllerHears {
            region,
            life,
            event,
        };
        self.plan_in(after, hears);
    }

    /// Whether each database answers this region's place.
    pub(crate) fn probe(&mut self, region: usize, life: u64) {
        if self.controllers[region].life != life || self.controllers[region].machine.is_none() {
            return;
        }
        let seen: BTreeMap<Name, bool> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let answers = matches!(
                    node.server.does,
                    Does::Follows | Does::Leads | Does::LeavesRecovery
                ) && !node.server.hangs
                    && !node.is_frozen(self.now)
                    && self
                        .network
                        .connects(Endpoint::Region(region), Endpoint::Node(index));
                (node.name.clone(), answers)
            })
            .collect();
        let event = Box::new(Event::Probed(seen));
        let after = self.rng.millis(1, 100);
        let hears = Happening::ControllerHears {
            region,
            life,
            event,
        };
        self.plan_in(after, hears);
        let every = self.controllers[region].settings.publish_every;
        self.plan_in(every, Happening::Probe { region, life });
    }
}
