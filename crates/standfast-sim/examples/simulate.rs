//! Runs seeds, with progress, until one breaks a rule:
//! `cargo run --release -p standfast-sim --example simulate -- [--without FAULT,…] [--keep-going] FROM..TO`,
//! or shows one: `… -- --trace SEED`, `… -- --shrink SEED`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use standfast_sim::{Counts, FAULTS, Options, Report, Telling, shrink, simulate};

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut keep_going = false;
    let mut seeds = 0..100;
    let mut one = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--keep-going" => keep_going = true,
            "--without" => {
                let names = arguments.next().unwrap_or_default();
                options.without = FAULTS
                    .iter()
                    .copied()
                    .filter(|fault| names.split(',').any(|name| name == *fault))
                    .collect();
            }
            "--trace" | "--shrink" => {
                one = arguments
                    .next()
                    .and_then(|seed| seed.parse().ok())
                    .map(|seed| (seed, argument == "--shrink"));
            }
            range => match range
                .split_once("..")
                .map(|(from, to)| (from.parse(), to.parse()))
            {
                Some((Ok(from), Ok(to))) => seeds = from..to,
                _ => {
                    eprintln!("`{range}` is not FROM..TO");
                    return ExitCode::from(2);
                }
            },
        }
    }
    match one {
        Some((seed, shorter)) => show(seed, shorter, &options),
        None => run(seeds, &options, keep_going),
    }
}

fn show(seed: u64, shorter: bool, options: &Options) -> ExitCode {
    let told = Options {
        telling: Telling::Everything,
        ..options.clone()
    };
    let report = if shorter {
        let short = shrink(&simulate(seed, options), options);
        standfast_sim::simulate_schedule(seed, short.schedule, &told)
    } else {
        simulate(seed, &told)
    };
    println!("{}", report.trace);
    for strike in &report.schedule {
        println!("{strike}");
    }
    verdict(&report)
}

fn verdict(report: &Report) -> ExitCode {
    match &report.violation {
        Some(violation) => {
            println!("seed {} breaks {violation}", report.seed);
            ExitCode::FAILURE
        }
        None => {
            println!("seed {} holds", report.seed);
            ExitCode::SUCCESS
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for people: how fast it runs is part of what it tells"
)]
fn run(seeds: std::ops::Range<u64>, options: &Options, keep_going: bool) -> ExitCode {
    let began = Instant::now();
    let mut total: Counts = BTreeMap::new();
    let mut broken = Vec::new();
    let mut known: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut simulated = 0;
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let report = simulate(seed, options);
        simulated += report.simulated.as_secs();
        if let Some(violation) = &report.violation {
            let text = violation.to_string();
            if let Some(name) = report.known {
                *known.entry(name).or_default() += 1;
            } else {
                println!("seed {seed}: {text}");
                broken.push(seed);
                if !keep_going {
                    break;
                }
            }
        }
        for (class, things) in report.counts {
            let into = total.entry(class).or_default();
            for (thing, times) in things {
                *into.entry(thing).or_default() += times;
            }
        }
    }
    let took = began.elapsed().as_secs_f64();
    for (class, things) in &total {
        println!("{class}: {things:?}");
    }
    let failovers: u64 = total
        .get("succession")
        .map_or(0, |kinds| kinds.values().sum());
    println!(
        "{count} seeds, {simulated} s simulated in {took:.1} s; {:.0} changes of primary a second",
        failovers as f64 / took
    );
    println!("known faults: {known:?}");
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        println!("{} seeds broke a rule: {broken:?}", broken.len());
        ExitCode::FAILURE
    }
}
