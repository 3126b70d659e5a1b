//! Whole systems in one thread under one seed, running the real steps of every process.
//!
//! What runs is the product: the agent, the decision core, the controller, the guard, the store, the
//! proxy's validity, the mirror's view and the zone are the very machines that the binary runs, over models
//! of what is outside them: `PostgreSQL` with its folder and its log, the network, disks, clocks, clients and
//! operators.
//!
//! Phase one injects faults and checks every invariant at every event; phase two mends everything and
//! demands that one node serves, all others follow and the name means it, within the computed time and
//! without a person. The same seed gives the same trace, byte for byte. A seed that fails is replayed by
//! the command it prints, and its schedule of faults is made as short as it gets.
//!
//! How a fault, an invariant or a process is added: `docs/simulation.md`.
//!
//! Deliberately not modelled: a machine that is paused without its clock telling (P3), and the reply that
//! is under way when a frozen server thaws; both are what the commit gate is for (P19).

mod agents;
mod clock;
mod controller;
pub mod coverage;
mod databases;
mod dense;
mod dispatch;
mod engine;
mod exchange;
mod fault;
mod folder;
mod guards;
mod happening;
mod invariant;
mod known;
mod link;
mod network;
mod node;
mod proxies;
mod proxy;
mod queue;
mod region;
mod rng;
mod schedule;
mod server;
mod setting;
mod settling;
mod store;
mod trace;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

pub use invariant::Violation;
pub use known::{KNOWN, Known};
pub use schedule::{FAULTS, Fault, Storm, Strike};
pub use trace::Telling;

use clock::nanos;
use world::World;

/// How often each thing happened, by class and name.
pub type Counts = BTreeMap<&'static str, BTreeMap<String, u64>>;

/// How a simulation is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The faults of phase one.
    pub storm: Storm,
    /// Instead of a storm: the primary's region is lost this many times, each time until all is well again.
    pub failovers: Option<u32>,
    /// Faults that are left out, by name.
    pub without: Vec<&'static str>,
    /// Whether the trace is kept.
    pub telling: Telling,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            storm: Storm {
                lasts: Duration::from_mins(1),
                every: Duration::from_secs(4),
            },
            failovers: None,
            without: Vec::new(),
            telling: Telling::Counts,
        }
    }
}

/// What came of a simulation.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The faults that were to strike.
    pub schedule: Vec<Strike>,
    /// The first rule that did not hold.
    pub violation: Option<Violation>,
    /// The known fault of the product whose doing that is.
    pub known: Option<&'static str>,
    /// How often each thing happened.
    pub counts: Counts,
    /// What happened, in words, when it was kept.
    pub trace: String,
    /// How much time passed in it.
    pub simulated: Duration,
}

/// Runs one seed.
pub fn simulate(seed: u64, options: &Options) -> Report {
    if let Some(times) = options.failovers {
        let mut world = World::new(seed, Vec::new(), options.telling, Some(dense::SETTING));
        world.fail_over(times);
        return report(seed, Vec::new(), world);
    }
    let schedule = schedule::draw(seed, options.storm, &options.without);
    simulate_schedule(seed, schedule, options)
}

/// Runs one seed with a schedule of one's own.
pub fn simulate_schedule(seed: u64, schedule: Vec<Strike>, options: &Options) -> Report {
    let mut world = World::new(seed, schedule.clone(), options.telling, None);
    world.run_until(nanos(options.storm.lasts));
    if world.violation.is_none() {
        world.heal();
        world.settle();
    }
    report(seed, schedule, world)
}

fn report(seed: u64, schedule: Vec<Strike>, mut world: World) -> Report {
    let violation = world.violation.take();
    Report {
        seed,
        known: violation
            .as_ref()
            .and_then(|violation| known::explain(violation, &schedule)),
        schedule,
        violation,
        counts: world.trace.counts().clone(),
        trace: world.trace.text().to_owned(),
        simulated: Duration::from_nanos(world.now),
    }
}

/// Leaves out one fault after the other for as long as the same rule is still broken; what is left is the
/// shortest schedule found.
pub fn shrink(report: &Report, options: &Options) -> Report {
    let Some(violation) = &report.violation else {
        return simulate_schedule(report.seed, report.schedule.clone(), options);
    };
    let mut schedule = report.schedule.clone();
    let mut best = simulate_schedule(report.seed, schedule.clone(), options);
    let mut size = schedule.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut shortened = false;
        while start < schedule.len() {
            let end = (start + size).min(schedule.len());
            let mut shorter = schedule.clone();
            shorter.drain(start..end);
            let tried = simulate_schedule(report.seed, shorter.clone(), options);
            if tried.violation.as_ref().map(|tried| tried.rule) == Some(violation.rule) {
                schedule = shorter;
                best = tried;
                shortened = true;
            } else {
                start = end;
            }
        }
        if size == 1 && !shortened {
            return best;
        }
        size = (size / 2).max(1);
    }
}
