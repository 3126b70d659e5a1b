//! Phase two: everything is mended, and the system has to come to rest.

use std::fmt::Write as _;
use std::time::Duration;

use standfast_failover::{RequestKind, State};

use super::faults::as_nanos;
use super::node::Server;
use super::world::{MS, SECOND, Weather, World, region};

impl World {
    /// Phase two: everything is well again.
    pub(super) fn clear_up(&mut self) {
        self.note(format_args!("everything is mended"));
        self.weather = Weather::Fair;
        self.store_up();
        self.store.pause(false);
        self.cut.clear();
        for at in 0..self.controllers.len() {
            self.controllers[at].up = true;
        }
        for node in 0..self.machines.len() {
            self.machines[node].mirror.linked = true;
            if self.machines[node].agent.is_none() {
                self.start_agent(node);
            }
        }
        self.store_changed();
    }

    /// Waits until one serves and all others follow; returns how long it took, `None` when it did not
    /// come about.
    pub(super) fn settle(&mut self, within: Duration) -> Option<Duration> {
        let began = self.now;
        let end = began + as_nanos(within);
        while self.now < end {
            let next = self.now + 500 * MS;
            self.run_until(next);
            if self.settled().is_some() {
                return Some(Duration::from_nanos(self.now - began));
            }
        }
        None
    }

    /// An operator who has to name the loss.
    pub(super) fn override_loss(&mut self) {
        for at in [1, 0] {
            // It takes the place of what was asked before.
            self.store.put_request(None);
            self.request(RequestKind::Failover {
                to: region(at),
                accept_loss: Some(Duration::from_hours(24)),
            });
            let next = self.now + 30 * SECOND;
            self.run_until(next);
            if self.settled().is_some() {
                return;
            }
            self.store.put_request(None);
            self.store_changed();
        }
    }

    /// Who serves with everybody else behind it; `None` while that is not so.
    pub(super) fn settled(&self) -> Option<usize> {
        let (lease, _) = self.store.now.lease.as_ref()?;
        let primary = self.machines.iter().position(|machine| {
            machine.name == lease.holder
                && machine.accepts_writes(self.now)
                && machine
                    .agent
                    .as_ref()
                    .is_some_and(|agent| agent.member.state() == State::Leading)
        })?;
        let others = (0..self.machines.len()).filter(|node| *node != primary);
        let follow = others.into_iter().all(|node| {
            let machine = &self.machines[node];
            machine.server == Server::Standby
                && machine.streaming
                && machine.upstream == Some(primary)
                && machine.disk.timeline == self.machines[primary].disk.timeline
        });
        let named = self.store.now.writer == lease.epoch;
        (follow && named && self.store.now.request.is_none()).then_some(primary)
    }

    /// What everybody is about, for the one who has to find out why it did not settle.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        for machine in &self.machines {
            let state = machine.agent.as_ref().map_or_else(
                || "no agent".to_owned(),
                |agent| agent.member.state().to_string(),
            );
            let _ = writeln!(
                text,
                "{}: {state}, {:?}, {:?}, guard {:?}, streaming {}, timeline {:?}, log {}",
                machine.name,
                machine.server,
                machine.disk.holds,
                machine.guard.phase,
                machine.streaming,
                machine.disk.timeline,
                machine.disk.log.len()
            );
        }
        let _ = writeln!(text, "lease: {:?}", self.store.now.lease);
        let _ = writeln!(
            text,
            "request: {:?}, writer: {}",
            self.store.now.request, self.store.now.writer
        );
        text
    }
}
