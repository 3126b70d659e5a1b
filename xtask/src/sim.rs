//! `cargo xtask sim`: whole systems in one thread, many seeds. CI runs a fixed set, whose coverage must be
//! whole, and a rolling one that follows from the commit, so that every change is tried with seeds of its
//! own. Where there is no commit, the rolling set is passed over by name.

use std::process::{Command, ExitCode};

use crate::commit;
use crate::program::{cargo, run as run_program};
use crate::steps::Steps;

/// How many seeds unless told otherwise: some minutes on one core.
pub(crate) const SEEDS: u64 = 10_000;

/// The seeds of every run of CI, half a minute on a quiet core.
const FIXED: u64 = 1_000;

/// How many further seeds follow from the commit.
const ROLLING: u64 = 1_000;

/// What is told of a run: how many seeds, or what to do with one of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Further arguments of the simulation, as `-- --trace 7`; see `crates/standfast-sim/examples/simulate.rs`.
    #[arg(last = true)]
    further: Vec<String>,
}

/// The command of its own.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut steps = Steps::of("sim");
    let range = range(arguments.from, arguments.seeds);
    let what = format!("simulate seeds {range}");
    steps.take(what, || {
        run_program(
            simulation()
                .args(&arguments.further)
                .args(["--keep-going", &range]),
        )
    });
    steps.finish()
}

/// The two sets of CI.
pub(crate) fn take(steps: &mut Steps) {
    steps.take("build the simulation", || {
        run_program(&mut cargo(BUILD.iter().copied()))
    });
    steps.take(format!("simulation: the {FIXED} fixed seeds"), || {
        run_program(simulation().args(["--keep-going", "--coverage", &range(0, FIXED)]))
    });
    match commit::number() {
        Ok(commit) => {
            // Beyond the fixed ones, and the same for one commit everywhere.
            let range = range(FIXED + commit * ROLLING, ROLLING);
            steps.take(format!("simulation: seeds {range} of this commit"), || {
                run_program(simulation().args(["--keep-going", &range]))
            });
        }
        Err(_) => steps.skip(
            "the simulation's rolling seeds",
            "there is no commit to draw them from",
        ),
    }
}

fn range(from: u64, count: u64) -> String {
    format!("{from}..{}", from.saturating_add(count))
}

const BUILD: [&str; 8] = [
    "build",
    "--locked",
    "--profile",
    "simulation",
    "--package",
    "standfast-sim",
    "--example",
    "simulate",
];

/// Optimised, as all of the time goes into steps of the machines.
fn simulation() -> Command {
    cargo([
        "run",
        "--locked",
        "--profile",
        "simulation",
        "--quiet",
        "--package",
        "standfast-sim",
        "--example",
        "simulate",
        "--",
    ])
}
