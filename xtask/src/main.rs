//! Repository chores, under the few words that people and CI share: `cargo xtask <command>`.
//!
//! Every command is a list of [`steps`]: each says what it does, how long it took and how it ended, what
//! it runs is streamed, and the exit status is non-zero when any step failed. Words about the work go to
//! stderr; stdout belongs to what is run (a drill's report).
//!
//! What it deliberately does not do: decide anything about the product. It runs the toolchain, this
//! repository's own rules ([`rules`]) and the `standfast` command, as a person would.

mod bench;
mod busy;
mod clock;
mod cloud;
mod commit;
mod creations;
mod e2e;
mod fix;
mod functions;
mod machine;
mod metadata;
mod mutants;
mod package;
mod packages;
mod program;
mod quickstart;
mod rules;
mod signals;
mod sim;
mod steps;
mod test;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Repository chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From a clone to a failover: install `PostgreSQL`, build, bring the example up, break it, report
    Quickstart,
    /// Everything that can be said without running tests; writes nothing
    Check,
    /// What CI runs: install what tests need, check, all tests, end-to-end drills
    Test {
        /// Run the tests beside a load of this many loops and some writers, to find those that assume speed
        #[arg(
            long,
            value_name = "LOOPS",
            num_args = 0..=1,
            default_missing_value = busy::LOOPS,
            value_parser = clap::value_parser!(u32).range(1..=1024)
        )]
        busy: Option<u32>,
    },
    /// The simulation of whole systems, with more seeds than CI has time for.
    Sim(sim::Arguments),
    /// The tests that create systems at an emulator of AWS with Terraform: all, where `test` takes a sample
    Creations,
    /// One deliberate bug for each rule of the safety protocol: how many seeds of the simulation find it
    Mutants(mutants::Arguments),
    /// Each drill once against the example
    E2e {
        /// Measure the binary that is shipped instead of the one with debug assertions
        #[arg(long)]
        release: bool,
    },
    /// Each drill many times against the example, in a release build; prints, writes nothing
    Bench,
    /// The Lambda functions of `functions/`, as the archives that are uploaded
    Package,
    /// Format, apply clippy's suggestions, write generated files anew
    Fix,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            steps::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    signals::watch().context("cannot watch for Ctrl-C")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("this crate lies in the workspace")?;
    std::env::set_current_dir(root)
        .with_context(|| format!("cannot work in {}", root.display()))?;
    match command {
        Command::Quickstart => quickstart::run(),
        Command::Check => Ok(rules::run()),
        Command::Test { busy } => Ok(test::run(*busy)),
        Command::Sim(arguments) => Ok(sim::run(arguments)),
        Command::Creations => Ok(creations::run()),
        Command::Mutants(arguments) => Ok(mutants::run(arguments)),
        Command::E2e { release } => Ok(e2e::run(*release)),
        Command::Bench => Ok(bench::run()),
        Command::Package => Ok(package::run()),
        Command::Fix => Ok(fix::run()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(words: &[&str]) -> Option<u32> {
        let words = ["cargo xtask", "test"].iter().chain(words);
        match Arguments::try_parse_from(words).unwrap().command {
            Command::Test { busy } => busy,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_load_has_a_size_of_its_own() {
        assert_eq!(busy(&[]), None);
        assert_eq!(busy(&["--busy"]), Some(8));
        assert_eq!(busy(&["--busy", "3"]), Some(3));
    }
}
