//! The whole system in one thread: machines, controllers, the store, clients, and the order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use standfast_failover::Timings;
use standfast_record::{Lease, key};
use standfast_units::{Database, Node as Name, System};

use crate::clock::nanos;
use crate::controller::Controller;
use crate::happening::Happening;
use crate::invariant::Violation;
use crate::invariant::lease::Former;
use crate::invariant::ledger::Ledger;
use crate::invariant::loss::Acknowledged;
use crate::invariant::timeline::Timelines;
use crate::invariant::writer::WriterName;
use crate::invariant::writes::Writes;
use crate::network::Network;
use crate::node::Node;
use crate::proxies::Sight;
use crate::proxy::ProxyProcess;
use crate::queue::{Queue, SECOND, Time};
use crate::rng::Rng;
use crate::schedule::Strike;
use crate::setting::{REGIONS, Setting, clock, named, nodes};
use crate::store::{Process, Store};
use crate::trace::{Telling, Trace};

/// Far more than ever happens within a second.
const HAPPENINGS_MAX: u64 = 100_000;

/// Which things may go wrong by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Stormy,
    Fair,
}

/// Everything the invariants remember.
#[derive(Debug, Default)]
pub(crate) struct Judges {
    pub(crate) writes: Writes,
    pub(crate) timelines: Timelines,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) ledger: Ledger,
    pub(crate) writer: WriterName,
    pub(crate) former: Option<Former>,
    /// The epoch of each acquisition, by what the guard is told it is for.
    pub(crate) epochs: BTreeMap<String, u64>,
    /// Epochs that were handed over: their holder was named by the one before it.
    pub(crate) handed: BTreeSet<u64>,
    /// When the last request of an operator expires.
    pub(crate) asked_until: Option<Time>,
    /// Epochs begun because an operator accepted their loss by name.
    pub(crate) accepted: BTreeSet<u64>,
}

/// Where the records lie that are looked at most.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) lease: String,
    pub(crate) writer: String,
}

pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) queue: Queue<Happening>,
    pub(crate) rng: Rng,
    pub(crate) weather: Weather,
    pub(crate) system: System,
    pub(crate) database: Database,
    pub(crate) keys: Keys,
    pub(crate) timings: Timings,
    pub(crate) network: Network,
    pub(crate) store: Store,
    pub(crate) store_disk_slow: bool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) controllers: Vec<Controller>,
    pub(crate) proxies: Vec<ProxyProcess>,
    pub(crate) sight: Option<Sight>,
    pub(crate) schedule: Vec<Strike>,
    pub(crate) judges: Judges,
    pub(crate) trace: Trace,
    pub(crate) records: u64,
    pub(crate) requests: u64,
    pub(crate) violation: Option<Violation>,
    /// The second of true time, and how much has happened within it.
    second: Time,
    happenings: u64,
    /// Something was put back or lost that only a person can answer for (P16).
    pub(crate) needs_person: bool,
}

impl World {
    pub(crate) fn new(
        seed: u64,
        schedule: Vec<Strike>,
        telling: Telling,
        setting: Option<Setting>,
    ) -> Self {
        let mut rng = Rng::new(seed);
        let setting = setting.unwrap_or_else(|| Setting::draw(&mut rng));
        let timings = setting.timings;
        let system: System = named("sim");
        let database: Database = named("main");
        let nodes = nodes(&mut rng, setting, &system, &database);
        let controllers = (0..REGIONS.len())
            .map(|index| Controller::new(index, &nodes, &system, &database, timings, &mut rng))
            .collect();
        let proxies = (0..2)
            .map(|_| ProxyProcess::new(timings.lease, clock(&mut rng)))
            .collect();
        let mut world = Self {
            now: 0,
            queue: Queue::new(),
            rng,
            weather: Weather::Stormy,
            store: Store::new(&system),
            keys: Keys {
                lease: key::lease(&system, &database),
                writer: key::writer(&system, &database),
            },
            system,
            database,
            timings,
            network: Network::default(),
            store_disk_slow: false,
            nodes,
            controllers,
            proxies,
            sight: None,
            schedule,
            judges: Judges::default(),
            trace: Trace::new(telling),
            records: 0,
            requests: 0,
            violation: None,
            second: 0,
            happenings: 0,
            needs_person: false,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        for node in 0..self.nodes.len() {
            self.plan_in(Duration::ZERO, Happening::AgentStarts { node, life: 0 });
        }
        for region in 0..self.controllers.len() {
            let happening = Happening::ControllerStarts { region, life: 0 };
            self.plan_in(Duration::ZERO, happening);
        }
        for region in 0..self.proxies.len() {
            self.plan_in(Duration::from_millis(5), Happening::ProxyPolls { region });
        }
        self.plan_in(Duration::from_millis(10), Happening::Replicate);
        self.plan_in(Duration::from_millis(20), Happening::ClientsWrite);
        self.plan_in(Duration::from_secs(1), Happening::Flush);
        for (index, strike) in self.schedule.iter().enumerate() {
            self.queue.plan(strike.at, Happening::Strike(index));
        }
    }

    pub(crate) fn plan_in(&mut self, after: Duration, what: Happening) {
        self.queue.plan(self.now + nanos(after), what);
    }

    pub(crate) fn plan_at(&mut self, at: Time, what: Happening) {
        self.queue.plan(at.max(self.now), what);
    }

    pub(crate) fn note(&mut self, what: std::fmt::Arguments<'_>) {
        self.trace.note(self.now, what);
    }

    pub(crate) fn violate(&mut self, violation: Violation) {
        self.note(format_args!("VIOLATION {violation}"));
        self.violation.get_or_insert(violation);
    }

    pub(crate) fn judge(&mut self, verdict: Result<(), Violation>) {
        if let Err(violation) = verdict {
            self.violate(violation);
        }
    }

    pub(crate) fn stormy(&self) -> bool {
        self.weather == Weather::Stormy
    }

    /// True `permille` times in a thousand, in a storm.
    pub(crate) fn mishap(&mut self, permille: u64) -> bool {
        self.stormy() && self.rng.chance(permille)
    }

    /// Lets things happen until then, or until a rule is broken.
    pub(crate) fn run_until(&mut self, end: Time) {
        while self.violation.is_none() {
            let Some((at, what)) = self.queue.next(end) else {
                self.now = end;
                return;
            };
            self.now = at;
            self.demand_rest(&what);
            match self.deaf_until(&what) {
                // What reaches a process that stands still waits for it, in its order.
                Some(until) => self.queue.plan(until, what),
                None => self.happen(what),
            }
        }
    }

    /// A process that is never done would let no time pass.
    fn demand_rest(&mut self, what: &Happening) {
        let second = self.now / SECOND;
        if self.second != second {
            (self.second, self.happenings) = (second, 0);
        }
        self.happenings += 1;
        if self.happenings > HAPPENINGS_MAX {
            let what = format!("more than {HAPPENINGS_MAX} things in a second, at last {what:?}");
            self.violate(Violation::new("P14, P16", what));
        }
    }

    /// Until when the process that is meant stands still, if it does.
    fn deaf_until(&self, what: &Happening) -> Option<Time> {
        let until = match what {
            Happening::AgentWakes { node, .. }
            | Happening::AgentHears { node, .. }
            | Happening::Observe { node, .. }
            | Happening::GuardSays { node, .. }
            | Happening::GuardIsLate { node, .. }
            | Happening::GuardConnects { node, .. }
            | Happening::EngineActs { node, .. }
            | Happening::EngineAnswers { node, .. }
            | Happening::PromotionIsSeen { node, .. } => self.nodes[*node].agent_deaf_until(),
            Happening::GuardWakes { node, .. } | Happening::GuardHears { node, .. } => {
                self.nodes[*node].guard_deaf_until()
            }
            Happening::ServerIsUp { node, .. }
            | Happening::ServerStops { node, .. }
            | Happening::LeavesRecovery { node, .. }
            | Happening::EndOfRecovery { node, .. }
            | Happening::GuardStarts { node }
            | Happening::AgentStarts { node, .. } => self.nodes[*node].frozen_until,
            Happening::ControllerWakes { region, .. }
            | Happening::ControllerHears { region, .. }
            | Happening::ControllerStarts { region, .. }
            | Happening::VerifyActs { region, .. }
            | Happening::Probe { region, .. } => self.controllers[*region].frozen_until,
            Happening::StoreAnswers { process, .. }
            | Happening::CallIsLate { process, .. }
            | Happening::SnapshotArrives { process, .. }
            | Happening::BatchArrives { process, .. }
            | Happening::ConnectionIsGone { process, .. }
            | Happening::Silence { process, .. }
            | Happening::Connect { process, .. } => self.process_deaf_until(*process),
            Happening::ProxyPolls { region }
            | Happening::ProxyHears { region, .. }
            | Happening::AnswerArrives { region, .. } => self.proxies[*region].frozen_until,
            Happening::StoreHears { .. }
            | Happening::StoreIsRead { .. }
            | Happening::CommitIsDone { .. }
            | Happening::Flush
            | Happening::StoreIsBack
            | Happening::Replicate
            | Happening::ClientsWrite
            | Happening::Strike(_)
            | Happening::Mend(_) => return None,
        };
        (until > self.now).then_some(until)
    }

    fn process_deaf_until(&self, process: Process) -> Time {
        match process {
            Process::Agent(node) => self.nodes[node].agent_deaf_until(),
            Process::Controller(region) => self.controllers[region].frozen_until,
            Process::Operator => 0,
        }
    }

    pub(crate) fn life(&self, process: Process) -> u64 {
        match process {
            Process::Agent(node) => self.nodes[node].life,
            Process::Controller(region) => self.controllers[region].life,
            Process::Operator => 0,
        }
    }

    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.judges.former.as_ref().map(|former| &former.lease)
    }

    pub(crate) fn index(&self, name: &Name) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == *name)
    }

    /// The next record of any log.
    pub(crate) fn record(&mut self) -> u64 {
        self.records += 1;
        self.records
    }
}
