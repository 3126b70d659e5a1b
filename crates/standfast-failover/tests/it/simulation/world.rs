//! The whole system in one thread: machines, store, controllers, clients, and the order of events.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use standfast_failover::{
    Action, Input, Member, Mode, Outcome, RegionCore, RegionInput, RegionSettings, Settings, State,
    Timings, TransitionKind,
};
use standfast_units::{Epoch, Node as Name, Region, Timeline, Timestamp};

use super::invariants::{self, Judge};
use super::node::{Agent, Machine, Phase, Seen, Server};
use super::rng::Rng;
use super::store::{Contents, Store};

pub(super) const MS: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000 * MS;

/// The longest the store's watch lags behind while a link is up.
const WATCH_DELAY_MAX_MS: u64 = 60;

/// The longest an answer of the database lags behind what it tells of.
const OBSERVE_EVERY: u64 = 200 * MS;

/// Something that is about to happen.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The core wants to be stepped.
    Wake(usize, u64),
    /// Something reaches an agent.
    Input(usize, u64, Box<Input>),
    /// An outcome of an act on the database, with the number the act was begun under.
    Outcome(usize, u64, u64, Box<Outcome>),
    /// An act on the database gets under way.
    Act(usize, u64, u64, Box<Action>),
    /// The store gets a transaction about the lease.
    Exchange(usize, u64, Box<Action>, Timestamp),
    /// The store's answer to it gets back.
    Answered(usize, u64, Box<Action>, Timestamp, Option<u64>, String),
    /// A watcher gets what the store held.
    Watch(usize, Rc<Contents>),
    LinkLost(usize),
    Observe(usize, u64),
    Publish(usize, u64),
    GuardDeadline(usize, u64),
    GuardDone(usize, u64),
    GuardBack(usize),
    ServerUp(usize, u64, Server),
    Promoted(usize, u64, u64, u64, Timeline, Epoch),
    ForkWritten(usize, u64, u64, Epoch),
    Replicate,
    Write,
    Flush,
    StoreUp,
    AgentBack(usize, u64),
    Controller(usize),
    ControllerStep(usize, RegionInput),
    Redirect(usize, Epoch),
    Fault,
    /// Ends what a fault has cut.
    Mend(usize),
}

/// Which of the faults may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Stormy,
    Fair,
}

pub(super) struct Controller {
    pub(super) region: Region,
    pub(super) core: RegionCore,
    pub(super) up: bool,
}

pub(super) struct World {
    pub(super) now: u64,
    sequence: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    pub(super) rng: Rng,
    pub(super) weather: Weather,
    pub(super) store: Store,
    pub(super) lease_changed_at: u64,
    pub(super) machines: Vec<Machine>,
    pub(super) controllers: Vec<Controller>,
    /// Links between machines that are cut.
    pub(super) cut: Vec<(usize, usize)>,
    pub(super) judge: Judge,
    pub(super) timings: Timings,
    pub(super) record_ids: u64,
    /// Epochs begun because an operator accepted their loss by name.
    pub(super) accepted: BTreeSet<u64>,
    /// The loss each epoch said it may bring.
    pub(super) losses: BTreeMap<u64, Option<Duration>>,
    pub(super) disks_lost: u32,
    pub(super) requests: u64,
    trace: String,
    loud: bool,
    /// Counts what the simulation has been through, to know that it is not idle.
    pub(super) tally: BTreeMap<&'static str, u64>,
}

pub(super) fn region(index: usize) -> Region {
    Region::new(["east", "west", "witness"][index]).unwrap()
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let timings = timings(&mut rng);
        let machines = machines(&mut rng, timings);
        let controllers = (0..3)
            .map(|at| Controller {
                region: region(at),
                core: RegionCore::new(RegionSettings {
                    region: region(at),
                    regions: (0..3).map(region).collect(),
                }),
                up: true,
            })
            .collect();
        let mut world = Self {
            now: 0,
            sequence: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            rng,
            weather: Weather::Stormy,
            store: Store::new(),
            lease_changed_at: 0,
            machines,
            controllers,
            cut: Vec::new(),
            judge: Judge::default(),
            timings,
            record_ids: 0,
            accepted: BTreeSet::new(),
            losses: BTreeMap::new(),
            disks_lost: 0,
            requests: 0,
            trace: String::new(),
            loud: std::env::var_os("STANDFAST_TRACE").is_some(),
            tally: BTreeMap::new(),
        };
        for node in 0..world.machines.len() {
            world.start_agent(node);
        }
        for (event, ms) in [
            (Event::Replicate, 10),
            (Event::Write, 20),
            (Event::Flush, 1000),
            (Event::Fault, 5000),
            (Event::Controller(0), 5),
            (Event::Controller(1), 6),
            (Event::Controller(2), 7),
        ] {
            world.plan(Duration::from_millis(ms), event);
        }
        world
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub(super) fn trace(&self) -> &str {
        &self.trace
    }

    pub(super) fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let (seconds, rest) = (self.now / SECOND, self.now % SECOND / 1_000);
        let _ = writeln!(self.trace, "{seconds:>4}.{rest:06} {what}");
        if self.loud {
            eprintln!("{seconds:>4}.{rest:06} {what}");
        }
    }

    pub(super) fn plan(&mut self, after: Duration, event: Event) {
        let at = self.now + u64::try_from(after.as_nanos()).unwrap();
        self.plan_at(at, event);
    }

    pub(super) fn plan_at(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((at.max(self.now), self.sequence)));
        self.events.insert(self.sequence, event);
    }

    pub(super) fn plan_ms(&mut self, from: u64, to: u64, event: Event) {
        let after = self.rng.between_ms(from, to);
        self.plan(after, event);
    }

    pub(super) fn run_until(&mut self, end: u64) {
        while let Some(Reverse((at, sequence))) = self.queue.peek().copied() {
            if at > end {
                break;
            }
            self.queue.pop();
            self.now = at;
            let Some(event) = self.events.remove(&sequence) else {
                continue;
            };
            if let Some(thaw_at) = self.delayed_until(&event) {
                // What reaches a frozen process waits for it, in its order.
                self.queue.push(Reverse((thaw_at, sequence)));
                self.events.insert(sequence, event);
                continue;
            }
            self.happen(event);
        }
        self.now = end;
    }

    fn delayed_until(&self, event: &Event) -> Option<u64> {
        let (node, agent_only) = match event {
            Event::Wake(node, _)
            | Event::Input(node, ..)
            | Event::Outcome(node, ..)
            | Event::Act(node, ..)
            | Event::Answered(node, ..)
            | Event::Observe(node, _)
            | Event::Publish(node, _)
            | Event::Watch(node, _)
            | Event::LinkLost(node)
            | Event::ForkWritten(node, ..) => (*node, true),
            Event::GuardDeadline(node, _)
            | Event::GuardDone(node, _)
            | Event::ServerUp(node, ..)
            | Event::Promoted(node, ..) => (*node, false),
            Event::Exchange(..)
            | Event::GuardBack(_)
            | Event::Replicate
            | Event::Write
            | Event::Flush
            | Event::StoreUp
            | Event::AgentBack(..)
            | Event::Controller(_)
            | Event::ControllerStep(..)
            | Event::Redirect(..)
            | Event::Fault
            | Event::Mend(_) => return None,
        };
        let machine = &self.machines[node];
        let until = if agent_only {
            machine.frozen_until.max(machine.agent_frozen_until)
        } else {
            machine.frozen_until
        };
        (until > self.now).then_some(until)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(node, life) => self.wake(node, life),
            Event::Input(node, life, input) => {
                if self.machines[node].life == life {
                    self.step(node, *input);
                }
            }
            Event::Outcome(node, life, generation, outcome) => {
                if self
                    .alive(node, life)
                    .is_some_and(|agent| agent.generation == generation)
                {
                    self.step(node, Input::Done(*outcome));
                }
            }
            Event::Act(node, life, generation, action) => {
                if self
                    .alive(node, life)
                    .is_some_and(|agent| agent.generation == generation)
                {
                    self.carry_out(node, generation, &action);
                }
            }
            Event::Exchange(node, life, action, sent_at) => {
                self.exchange(node, life, action, sent_at);
            }
            Event::Answered(node, life, action, sent_at, revision, incarnation) => {
                if self.alive(node, life).is_some() {
                    self.answered(node, &action, sent_at, revision, incarnation);
                }
            }
            Event::Watch(node, contents) => self.watch(node, &contents),
            Event::LinkLost(node) => self.link_lost(node),
            Event::Observe(node, life) => self.observe(node, life),
            Event::Publish(node, life) => self.publish(node, life),
            Event::GuardDeadline(node, life) => self.guard_deadline(node, life),
            Event::GuardDone(node, life) => self.guard_done(node, life),
            Event::GuardBack(node) => self.guard_back(node),
            Event::ServerUp(node, life, server) => self.server_up(node, life, server),
            Event::Promoted(node, guard_life, life, generation, timeline, epoch) => {
                self.promoted(node, guard_life, life, generation, timeline, epoch);
            }
            Event::ForkWritten(node, life, generation, epoch) => {
                self.fork_written(node, life, generation, epoch);
            }
            Event::Replicate => self.replicate(),
            Event::Write => self.write(),
            Event::Flush => {
                self.store.flush();
                self.plan(Duration::from_secs(1), Event::Flush);
            }
            Event::StoreUp => self.store_up(),
            Event::AgentBack(node, life) => {
                if self.machines[node].agent.is_none() && self.machines[node].life == life {
                    self.start_agent(node);
                }
            }
            Event::Controller(at) => self.controller_tick(at),
            Event::ControllerStep(at, input) => self.controller_step(at, input),
            Event::Redirect(at, epoch) => self.redirect(at, epoch),
            Event::Fault => self.fault(),
            Event::Mend(node) => self.mend(node),
        }
        self.judge.writer_never_goes_back(self.store.now.writer);
    }

    fn wake(&mut self, node: usize, life: u64) {
        let now = self.now;
        let due = self.alive(node, life).is_some_and(|agent| {
            let due = agent.wake_planned <= now;
            if due {
                agent.wake_planned = u64::MAX;
            }
            due
        });
        if due {
            self.step(node, Input::Tick);
        }
    }

    pub(super) fn alive(&mut self, node: usize, life: u64) -> Option<&mut Agent> {
        let machine = &mut self.machines[node];
        machine.agent.as_mut().filter(|_| machine.life == life)
    }

    pub(super) fn start_agent(&mut self, node: usize) {
        let now = self.now;
        let machine = &mut self.machines[node];
        machine.life += 1;
        let life = machine.life;
        machine.agent = Some(Agent {
            member: Member::new(machine.settings.clone(), machine.clock(now)),
            generation: 0,
            pace: standfast_failover::Pace::Calm,
            seen: Seen::default(),
            wake_planned: u64::MAX,
            published: self.rng.below(1000),
        });
        machine.waiters.clear();
        if !machine.guard.alive {
            self.plan_ms(20, 200, Event::GuardBack(node));
        }
        self.note(format_args!("agent of machine {node} starts"));
        self.plan_ms(1, 50, Event::Observe(node, life));
        self.plan_ms(1, 50, Event::Publish(node, life));
        self.step(node, Input::Tick);
        self.tell_guard(node);
        self.plan_watch(node);
    }

    pub(super) fn stop_agent(&mut self, node: usize) {
        self.machines[node].agent = None;
        self.machines[node].waiters.clear();
        self.note(format_args!("agent of machine {node} is gone"));
    }

    /// Steps the core of one node and sets in motion what it decided.
    pub(super) fn step(&mut self, node: usize, input: Input) {
        let now = self.now;
        let machine = &mut self.machines[node];
        let local = machine.clock(now);
        let life = machine.life;
        let Some(agent) = machine.agent.as_mut() else {
            return;
        };
        let before = agent.member.state();
        let decision = agent.member.step(local, input);
        let after = agent.member.state();
        agent.pace = decision.pace;
        invariants::no_right_is_held_past_its_deadline(&self.machines[node], local);
        // A core that always wants to be stepped at once turns in circles.
        let wake = self.machines[node]
            .when(decision.wake_at)
            .max(now + MS / 100);
        if self
            .alive(node, life)
            .is_some_and(|agent| wake < agent.wake_planned)
        {
            self.machines[node].agent.as_mut().unwrap().wake_planned = wake;
            self.plan_at(wake, Event::Wake(node, life));
        }
        if before != after {
            self.note(format_args!(
                "machine {node}: {before} -> {after} ({})",
                decision.diagnosis
            ));
            if after == State::Leading {
                self.count("led");
            }
            if matches!(before, State::Leading | State::SteppingDown) || after == State::Leading {
                self.publish_now(node);
            }
        }
        for action in decision.actions {
            self.begin(node, action);
        }
    }

    /// Tells an agent something after a while.
    pub(super) fn tell(&mut self, node: usize, from_ms: u64, to_ms: u64, input: Input) {
        let life = self.machines[node].life;
        self.plan_ms(from_ms, to_ms, Event::Input(node, life, Box::new(input)));
    }

    pub(super) fn linked(&self, one: usize, other: usize) -> bool {
        !self
            .cut
            .iter()
            .any(|(a, b)| (*a == one && *b == other) || (*a == other && *b == one))
    }

    pub(super) fn store_reachable(&self, node: usize) -> bool {
        self.store.up && self.machines[node].mirror.linked
    }

    /// Sends what the store holds now to one watcher.
    pub(super) fn plan_watch(&mut self, node: usize) {
        if self.machines[node].mirror.planned || !self.store_reachable(node) {
            return;
        }
        self.machines[node].mirror.planned = true;
        let contents = self.store.snapshot();
        let delay = if self.weather == Weather::Stormy && self.rng.chance(20) {
            self.rng.between_ms(1, WATCH_DELAY_MAX_MS * 5)
        } else {
            self.rng.between_ms(1, WATCH_DELAY_MAX_MS)
        };
        self.plan(delay, Event::Watch(node, contents));
    }

    pub(super) fn store_changed(&mut self) {
        for node in 0..self.machines.len() {
            self.plan_watch(node);
        }
    }

    /// Clients write wherever they are let in, at every node, on direct connections.
    fn write(&mut self) {
        for node in 0..self.machines.len() {
            if self.machines[node].accepts_writes(self.now) && !self.rng.chance(300) {
                self.accept_write(node);
            }
        }
        self.plan_ms(20, 250, Event::Write);
    }

    /// One write is acknowledged by one node.
    pub(super) fn accept_write(&mut self, node: usize) {
        let local = self.machines[node].clock(self.now);
        self.judge
            .write_is_accepted(&self.machines[node], local, &self.store.epochs);
        self.record_ids += 1;
        let id = self.record_ids;
        self.machines[node].append(id);
        self.judge.acknowledged.insert(id, (self.now, node));
    }

    pub(super) fn judge_promotion(&mut self, node: usize, epoch: Epoch) {
        let Some(transition) = self.store.now.transitions.get(&epoch.get()).cloned() else {
            return;
        };
        let machine = &self.machines[node];
        if self.accepted.contains(&epoch.get()) {
            return self.judge.loss_was_accepted(machine);
        }
        // What a record says is seen late by as much as the watch and the observer lag, and one clock
        // counts what another one wrote.
        let slack = Duration::from_millis(WATCH_DELAY_MAX_MS * 6)
            + Duration::from_nanos(OBSERVE_EVERY)
            + invariants::KILL_BUDGET
            + self.timings.lease / 100;
        let loss_max = self.losses.get(&epoch.get()).copied().flatten();
        let kind = transition.kind;
        let retaken = kind == TransitionKind::Retake || kind == TransitionKind::Bootstrap;
        let loss_max = if retaken { None } else { loss_max };
        self.judge
            .loss_is_within_what_was_said(machine, kind, loss_max, slack);
    }

    pub(super) fn guard_is_idle(&self, node: usize) -> bool {
        let guard = &self.machines[node].guard;
        guard.alive && guard.phase == Phase::Idle
    }
}

fn timings(rng: &mut Rng) -> Timings {
    let (lease_ms, self_fence_after_ms) = *rng.pick(&[(2_000, 1_600), (5_000, 4_600)]);
    let ms = Duration::from_millis;
    Timings {
        lease: ms(lease_ms),
        self_fence_after: ms(self_fence_after_ms),
        renew_every: ms(self_fence_after_ms / 4),
        hold_down: ms(*rng.pick(&[500, 10_000])),
        cool_down: ms(*rng.pick(&[0, 30_000])),
        max_loss: ms(*rng.pick(&[5_000, 30_000])),
    }
}

fn machines(rng: &mut Rng, timings: Timings) -> Vec<Machine> {
    // Two or three machines: one or two at home, one elsewhere.
    let regions: &[usize] = if rng.chance(500) { &[0, 1] } else { &[0, 0, 1] };
    let names: Vec<Name> = ["main-east-1", "main-east-2", "main-west-1"]
        .iter()
        .filter(|name| regions.len() == 3 || !name.ends_with("east-2"))
        .map(|name| Name::new(name).unwrap())
        .collect();
    let nodes: BTreeMap<Name, Region> = names
        .iter()
        .zip(regions)
        .map(|(name, at)| (name.clone(), region(*at)))
        .collect();
    names
        .iter()
        .zip(regions)
        .map(|(name, at)| {
            let settings = Settings {
                node: name.clone(),
                nodes: nodes.clone(),
                founder: names[0].clone(),
                timings,
                mode: Mode::Automatic,
            };
            // Two clocks drift apart by a hundredth at most, as the settings assume.
            let drift_ppm = i64::try_from(rng.below(9_800)).unwrap() - 4_900;
            Machine::new(settings, *at, drift_ppm, rng.below(1_000_000) * MS)
        })
        .collect()
}
