//! The controllers: the real core, over a model of what it sees and does (P13).

use standfast_failover::{PeerRole, RegionAction, RegionInput, WriterView};
use standfast_units::{Epoch, Node as Name, Timestamp};

use super::node::Server;
use super::world::{Event, SECOND, Weather, World, region};

impl World {
    pub(super) fn controller_tick(&mut self, at: usize) {
        self.plan_ms(40, 120, Event::Controller(at));
        if !self.controllers[at].up || !self.store.up {
            return;
        }
        let unreachable: Vec<Name> = self
            .machines
            .iter()
            .filter(|machine| machine.server == Server::Down || machine.frozen(self.now))
            .map(|machine| machine.name.clone())
            .collect();
        if self.rng.chance(80) {
            let region = self.controllers[at].region.clone();
            self.store.put_controller(region, unreachable);
            self.store_changed();
        }
        let writer = self.store.now.writer;
        let view = WriterView { epoch: writer };
        self.controller_step(at, RegionInput::Writer(view));
        let serving = self.store.now.lease.as_ref().and_then(|(lease, _)| {
            let (peer, _) = self.store.now.members.get(&lease.holder)?;
            let serves = peer.role == PeerRole::Primary && peer.epoch == Some(lease.epoch);
            let node = self
                .machines
                .iter()
                .find(|machine| machine.name == lease.holder)?;
            serves.then(|| RegionInput::Serving {
                epoch: lease.epoch,
                node: lease.holder.clone(),
                region: region(node.region),
            })
        });
        self.controller_step(at, serving.unwrap_or(RegionInput::NotServing));
    }

    pub(super) fn controller_step(&mut self, at: usize, input: RegionInput) {
        // Every controller has a clock of its own; what counts here are only spans.
        let now = Timestamp::from_nanos(self.now + 7 * SECOND * at as u64);
        let (action, wake_at) = self.controllers[at].core.step(now, input);
        if let Some(wake_at) = wake_at {
            let after = wake_at.since(now);
            self.plan(after, Event::ControllerStep(at, RegionInput::Tick));
        }
        match action {
            None => {}
            Some(RegionAction::Verify { epoch, node }) => {
                let input = self.verify(at, epoch, &node);
                self.plan_ms(2, 40, Event::ControllerStep(at, input));
            }
            Some(RegionAction::Redirect { epoch, .. }) => {
                self.judge.name_moves_forward(at, epoch);
                // A slow one may arrive after a newer one has been carried out.
                let slow = self.weather == Weather::Stormy && self.rng.chance(50);
                let to_ms = if slow { 20_000 } else { 30 };
                self.plan_ms(2, to_ms, Event::Redirect(at, epoch));
            }
        }
    }

    /// The store gets a controller's wish to move the writer name.
    pub(super) fn redirect(&mut self, at: usize, epoch: Epoch) {
        let done = self.store.up && !self.rng.chance(50);
        if done {
            self.store.redirect(epoch);
            self.store_changed();
        }
        let input = if done {
            RegionInput::Redirected(epoch)
        } else {
            RegionInput::NotRedirected(epoch)
        };
        self.plan_ms(2, 40, Event::ControllerStep(at, input));
    }

    /// Writes as a client would, under that very epoch, and reads it back (P13).
    fn verify(&mut self, at: usize, epoch: Epoch, name: &Name) -> RegionInput {
        let found = self
            .machines
            .iter()
            .position(|machine| machine.name == *name);
        let node = found.filter(|node| {
            let machine = &self.machines[*node];
            machine.accepts_writes(self.now)
                && self.store.epochs.get(&machine.guard.label) == Some(&epoch.get())
        });
        match node {
            Some(node) => {
                self.accept_write(node);
                self.judge.verified(at, epoch);
                RegionInput::Verified(epoch)
            }
            None => RegionInput::NotVerified {
                epoch,
                reason: "no write was accepted".to_owned(),
            },
        }
    }
}
