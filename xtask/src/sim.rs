//! `cargo xtask sim`: the simulation of the decision core with more seeds than the tests have time for.

use std::process::{Command, ExitCode};

use anyhow::ensure;

use crate::program::{cargo, output, run as run_program};
use crate::steps::Steps;

/// How many seeds unless told otherwise: some minutes on two cores.
pub(crate) const SEEDS: u32 = 20_000;

pub(crate) fn run(seeds: u32) -> ExitCode {
    let mut steps = Steps::of("sim");
    let built = steps.take("build the simulation", || {
        // Where no test has the name, nothing would run and all would seem well.
        let tests = output(simulation().arg("--list"))?;
        ensure!(
            tests.contains(": test"),
            "the tests of standfast-failover have no simulation"
        );
        Ok(())
    });
    if built {
        steps.take(format!("simulate {seeds} seeds"), || {
            // A failure names its seed and the command that replays it.
            run_program(
                simulation()
                    .arg("--nocapture")
                    .env("STANDFAST_SIM_SEEDS", seeds.to_string()),
            )
        });
    }
    steps.finish()
}

/// Optimised, as all of the time goes into steps of the core.
fn simulation() -> Command {
    cargo([
        "test",
        "--locked",
        "--release",
        "--package=standfast-failover",
        "--tests",
        "--",
        "simulation",
    ])
}
