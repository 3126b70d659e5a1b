//! Runs seeds and tells what they went through:
//!
//! ```text
//! cargo run --profile simulation -p standfast-sim --example simulate -- [OPTIONS] [FROM..TO]
//!
//!   FROM..TO            the seeds; 0..1000 unless said otherwise
//!   --keep-going        goes on after a seed that breaks a rule
//!   --dense             instead of storms, 20 failovers one after the other in each seed, as fast as a core
//!                       can: what `docs/benchmarks.md` measures
//!   --outcomes          prints what came of each seed, a line each, and nothing else
//!   --first             with that, ends at the first seed that breaks a rule
//!   --without A,B       leaves faults out, by name
//!   --coverage          fails when a fault, state, transition or reason to hold occurs in no seed
//!   --trace SEED        one seed, step by step
//!   --shrink SEED       one seed, its schedule made as short as it gets, step by step
//! ```
//!
//! Known faults of the product are expected failures: they are counted by name and do not fail a run.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use standfast_sim::{Counts, FAULTS, KNOWN, Options, Report, Telling};
use standfast_sim::{coverage, shrink, simulate, simulate_schedule};

/// A fifth of its time would go into the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many failovers a seed is that is dense.
const DENSE: u32 = 20;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(10);

enum What {
    Many {
        seeds: Range<u64>,
        keep_going: bool,
        coverage: bool,
    },
    /// The outcome of each.
    Outcomes {
        seeds: Range<u64>,
        first: bool,
    },
    One {
        seed: u64,
        shorter: bool,
    },
}

fn main() -> ExitCode {
    match arguments() {
        Ok((options, What::One { seed, shorter })) => show(seed, shorter, &options),
        Ok((
            options,
            What::Many {
                seeds,
                keep_going,
                coverage,
            },
        )) => run(seeds, &options, keep_going, coverage),
        Ok((options, What::Outcomes { seeds, first })) => {
            tell_outcomes(seeds, first, &options);
            ExitCode::SUCCESS
        }
        Err(complaint) => {
            eprintln!("{complaint}; see the top of examples/simulate.rs");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<(Options, What), String> {
    let mut options = Options::default();
    let (mut seeds, mut keep_going, mut coverage, mut one) = (0..1_000, false, false, None);
    let (mut outcomes, mut first) = (false, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--keep-going" => keep_going = true,
            "--outcomes" => outcomes = true,
            "--first" => first = true,
            "--coverage" => coverage = true,
            "--dense" => options.failovers = Some(DENSE),
            "--without" => {
                let names = words.next().unwrap_or_default();
                for name in names.split(',') {
                    let fault = FAULTS.iter().find(|fault| **fault == name);
                    let fault = fault.ok_or_else(|| format!("there is no fault `{name}`"))?;
                    options.without.push(fault);
                }
            }
            "--trace" | "--shrink" => {
                let seed = words.next().and_then(|seed| seed.parse().ok());
                let seed = seed.ok_or_else(|| format!("`{word}` wants a seed"))?;
                one = Some((seed, word == "--shrink"));
            }
            range => {
                let parsed = range
                    .split_once("..")
                    .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
                seeds = parsed.ok_or_else(|| format!("`{range}` is not FROM..TO"))?;
            }
        }
    }
    Ok(match one {
        Some((seed, shorter)) => (options, What::One { seed, shorter }),
        None if outcomes => (options, What::Outcomes { seeds, first }),
        None => (
            options,
            What::Many {
                seeds,
                keep_going,
                coverage,
            },
        ),
    })
}

fn show(seed: u64, shorter: bool, options: &Options) -> ExitCode {
    let told = Options {
        telling: Telling::Everything,
        ..options.clone()
    };
    let report = if shorter {
        let short = shrink(&simulate(seed, options), options);
        simulate_schedule(seed, short.schedule, &told)
    } else {
        simulate(seed, &told)
    };
    println!("{}", report.trace);
    for strike in &report.schedule {
        println!("{strike}");
    }
    let Some(violation) = &report.violation else {
        println!("seed {seed} holds");
        return ExitCode::SUCCESS;
    };
    println!("seed {seed} breaks {violation}");
    if let Some(name) = report.known {
        println!("known: {name}");
    }
    ExitCode::FAILURE
}

fn tell_outcomes(seeds: Range<u64>, first: bool, options: &Options) {
    for seed in seeds {
        let report = simulate(seed, options);
        match (report.violation, report.known) {
            (None, _) => println!("{seed} holds"),
            (Some(_), Some(known)) => println!("{seed} known {known}"),
            (Some(violation), None) => {
                println!("{seed} breaks {}", violation.rule);
                if first {
                    return;
                }
            }
        }
    }
}

/// What many seeds came to.
#[derive(Default)]
struct Total {
    counts: Counts,
    known: BTreeMap<&'static str, (u64, u64)>,
    broken: Vec<u64>,
    simulated: Duration,
    done: u64,
}

impl Total {
    fn add(&mut self, report: Report) {
        self.done += 1;
        self.simulated += report.simulated;
        match (&report.violation, report.known) {
            (Some(_), Some(name)) => {
                self.known.entry(name).or_insert((report.seed, 0)).1 += 1;
            }
            (Some(violation), None) => {
                let seed = report.seed;
                println!(
                    "seed {seed} breaks {violation}\n  see it again: cargo run --profile simulation -p standfast-sim \
                     --example simulate -- --shrink {seed}"
                );
                self.broken.push(seed);
            }
            (None, _) => {}
        }
        coverage::add(&mut self.counts, report.counts);
    }

    fn sum(&self, class: &str) -> u64 {
        let kinds = self.counts.get(class);
        kinds.map_or(0, |kinds| kinds.values().sum())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how fast it runs is part of what it tells"
)]
fn run(seeds: Range<u64>, options: &Options, keep_going: bool, wants_coverage: bool) -> ExitCode {
    let began = Instant::now();
    let mut told = began;
    let mut total = Total::default();
    let count = seeds.end.saturating_sub(seeds.start);
    for seed in seeds {
        total.add(simulate(seed, options));
        if !total.broken.is_empty() && !keep_going {
            break;
        }
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            let rate = rate(total.done, began.elapsed());
            eprintln!("{} of {count} seeds, {rate} a second", total.done);
        }
    }
    tell(&total, began.elapsed());
    let gaps = match options.failovers {
        Some(_) => BTreeMap::new(),
        None => coverage::gaps(&total.counts),
    };
    for (class, missing) in &gaps {
        println!("never seen, {class}: {}", missing.join(", "));
    }
    if total.broken.is_empty() && (!wants_coverage || gaps.is_empty()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(total: &Total, took: Duration) {
    for (class, things) in &total.counts {
        let things: Vec<String> = things
            .iter()
            .map(|(thing, times)| format!("{thing} {times}"))
            .collect();
        println!("{class}: {}", things.join(", "));
    }
    for known in KNOWN {
        if let Some((first, times)) = total.known.get(known.name) {
            println!(
                "expected failure {}: {times} seeds, the first is {first} ({})",
                known.name, known.what
            );
        }
    }
    println!(
        "{} seeds, {} s simulated in {:.1} s: {} seeds and {} changes of primary a second; {} broke a rule",
        total.done,
        total.simulated.as_secs(),
        took.as_secs_f64(),
        rate(total.done, took),
        rate(total.sum("succession"), took),
        total.broken.len(),
    );
    let whole = total.sum("failover");
    if whole > 0 {
        let rate = rate(whole, took);
        println!("{whole} whole failovers, {rate} a second");
    }
}

fn rate(count: u64, took: Duration) -> u64 {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1_000) / ms
}
