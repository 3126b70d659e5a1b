//! What agents see: the store through a watch, the database through questions, and what they publish.
//! And how logs get from one machine to another.

use standfast_failover::{
    Database, Fork, Input, Lease, Observation, Pace, Peer, PeerRole, State, Store, TransitionKind,
};
use standfast_units::Timestamp;

use super::node::{Phase, Server};
use super::store::Contents;
use super::world::{Event, Weather, World};

impl World {
    /// Turns what changed in the store into observations, in the order in which the agent's feed does.
    pub(super) fn watch(&mut self, node: usize, contents: &std::rc::Rc<Contents>) {
        self.machines[node].mirror.planned = false;
        if !self.store_reachable(node) {
            return;
        }
        self.machines[node].mirror.view = Some(contents.clone());
        let observations = self.changes(node, contents);
        for observation in observations {
            self.step(node, Input::Observed(observation));
        }
        if self.store.now.revision > contents.revision {
            self.plan_watch(node);
        }
    }

    fn changes(&mut self, node: usize, contents: &Contents) -> Vec<Observation> {
        let mut seen_now = Vec::new();
        let local = self.machines[node].clock(self.now);
        let now = self.now;
        let own = self.machines[node].name.clone();
        let Some(agent) = self.machines[node].agent.as_mut() else {
            return seen_now;
        };
        let seen = &mut agent.seen;
        if seen.transitions != contents.transitions_revision {
            seen.transitions = contents.transitions_revision;
            let forks: Vec<Fork> = contents
                .transitions
                .values()
                .filter_map(|each| each.fork)
                .collect();
            seen_now.push(Observation::Forks(forks));
            let last = contents
                .transitions
                .values()
                .rev()
                .find(|each| each.kind != TransitionKind::Retake)
                .filter(|each| each.kind == TransitionKind::Failover)
                .map(|each| Timestamp::from_nanos(local.as_nanos() - (now - each.at)));
            seen_now.push(Observation::LastFailover(last));
        }
        for (name, (peer, revision)) in &contents.members {
            if *name != own && seen.members.insert(name.clone(), *revision) != Some(*revision) {
                seen_now.push(Observation::Peer(peer.clone()));
            }
        }
        for (region, (unreachable, revision)) in &contents.controllers {
            let news = seen.controllers.insert(region.to_string(), *revision) != Some(*revision);
            if news {
                seen_now.push(Observation::Controller {
                    region: region.clone(),
                    unreachable: unreachable.clone(),
                });
            }
        }
        let request = contents.request.as_ref().map_or(0, |(_, at)| *at);
        if request != seen.request {
            seen.request = request;
            let request = contents.request.clone().map(|(request, _)| request);
            seen_now.push(Observation::Request(request));
        }
        if contents.paused != seen.paused {
            seen.paused = contents.paused;
            seen_now.push(Observation::Paused(contents.paused));
        }
        let lease: Option<(Lease, u64)> = contents.lease.clone();
        let revision = lease.as_ref().map_or(0, |(_, at)| *at);
        if seen.lease != Some(revision) {
            seen.lease = Some(revision);
            let lease = lease.map(|(lease, _)| lease);
            seen_now.push(Observation::Lease { lease, revision });
        }
        if seen.store_reached != Some(true) {
            seen.store_reached = Some(true);
            seen_now.push(Observation::Store(Store::Reached));
        }
        seen_now
    }

    pub(super) fn link_lost(&mut self, node: usize) {
        if self.store_reachable(node) {
            return;
        }
        let Some(agent) = self.machines[node].agent.as_mut() else {
            return;
        };
        if agent.seen.store_reached == Some(true) {
            agent.seen.store_reached = Some(false);
            self.step(node, Input::Observed(Observation::Store(Store::Lost)));
        }
    }

    /// Asks the database; the answer may be out of date when it is heard.
    pub(super) fn observe(&mut self, node: usize, life: u64) {
        let machine = &self.machines[node];
        let Some(agent) = machine.agent.as_ref().filter(|_| machine.life == life) else {
            return;
        };
        let eager = agent.pace == Pace::Eager;
        if machine.guard.alive && machine.guard.phase == Phase::Running {
            let seen = self.database(node);
            let slow = self.weather == Weather::Stormy && self.rng.chance(30);
            let to_ms = if slow { 150 } else { 8 };
            self.tell(node, 1, to_ms, Input::Observed(Observation::Database(seen)));
        }
        let between = if eager { (8, 20) } else { (150, 200) };
        self.plan_ms(between.0, between.1, Event::Observe(node, life));
    }

    fn database(&self, node: usize) -> Database {
        let machine = &self.machines[node];
        let (Some(timeline), end) = (machine.disk.timeline, machine.disk.end()) else {
            return Database::Silent;
        };
        match machine.server {
            Server::Down => Database::Silent,
            Server::Busy => Database::Busy,
            Server::Standby => Database::Standby {
                timeline,
                received: end,
                streaming: machine.streaming,
            },
            Server::Primary => Database::Primary {
                timeline,
                position: end,
            },
        }
    }

    pub(super) fn publish(&mut self, node: usize, life: u64) {
        if self.machines[node].life != life || self.machines[node].agent.is_none() {
            return;
        }
        self.publish_now(node);
        let every = self.machines[node].renew_every();
        self.plan(every, Event::Publish(node, life));
    }

    pub(super) fn publish_now(&mut self, node: usize) {
        if !self.store_reachable(node) {
            return;
        }
        let machine = &mut self.machines[node];
        let follows = machine
            .mirror
            .view
            .as_ref()
            .and_then(|view| view.lease.as_ref().map(|(lease, _)| lease.epoch));
        let Some(agent) = machine.agent.as_mut() else {
            return;
        };
        agent.published += 1;
        let leads = agent.member.state() == State::Leading && machine.server == Server::Primary;
        let role = match machine.server {
            Server::Primary if leads => PeerRole::Primary,
            Server::Standby => PeerRole::Standby,
            Server::Primary | Server::Busy | Server::Down => PeerRole::None,
        };
        let said = role != PeerRole::None;
        let peer = Peer {
            node: machine.name.clone(),
            published: agent.published,
            role,
            epoch: if leads { agent.member.epoch() } else { follows },
            timeline: machine.disk.timeline.filter(|_| said),
            position: said.then(|| machine.disk.end()),
            streaming: machine.streaming,
        };
        self.store.put_member(peer);
        self.store_changed();
    }

    pub(super) fn replicate(&mut self) {
        for node in 0..self.machines.len() {
            if self.machines[node].server == Server::Standby
                && !self.machines[node].frozen(self.now)
            {
                let lags = self.weather == Weather::Stormy && self.rng.chance(100);
                if !lags {
                    self.receive(node);
                }
            }
        }
        self.plan_ms(20, 80, Event::Replicate);
    }

    /// One standby takes what its upstream has, when its own log is a beginning of that.
    fn receive(&mut self, node: usize) {
        let Some(upstream) = self.machines[node].upstream else {
            self.machines[node].streaming = false;
            return;
        };
        let runs = matches!(
            self.machines[upstream].server,
            Server::Primary | Server::Standby
        ) && !self.machines[upstream].frozen(self.now)
            && upstream != node
            && self.linked(node, upstream);
        let own = self.machines[node].disk.log.len();
        let fits = runs
            && self.machines[node]
                .disk
                .common(&self.machines[upstream].disk)
                == own;
        self.machines[node].streaming = fits;
        if !fits {
            return;
        }
        let source = &self.machines[upstream].disk;
        let (news, timeline) = (source.log[own..].to_vec(), source.timeline);
        let provisioned = source.provisioned;
        let disk = &mut self.machines[node].disk;
        disk.log.extend(news);
        disk.timeline = timeline;
        disk.provisioned = provisioned;
    }

    /// Everything a primary has reaches the standbys that stream from it.
    pub(super) fn ship(&mut self, primary: usize) {
        for node in 0..self.machines.len() {
            let machine = &self.machines[node];
            if machine.server == Server::Standby
                && machine.upstream == Some(primary)
                && !machine.frozen(self.now)
                && !self.rng.chance(50)
            {
                self.receive(node);
            }
        }
    }
}
