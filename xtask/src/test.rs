//! `cargo xtask test`: what CI runs. `.ci/run` is this and nothing else.
//!
//! Two builds are unavoidable: one that only checks, for clippy and documentation, and one that the tests
//! run. The end-to-end drills run on the second; an optimised build is made of the simulation alone, and of
//! the functions, as they are shipped. On two cores and from nothing it has to take less than an hour: what grows past
//! that is sampled here, by the commit, and whole in a command of its own.

use std::process::{Command, ExitCode};

use crate::busy::Load;
use crate::machine::Profile;
use crate::packages::{self, Need};
use crate::program::{cargo, run as run_program, works};
use crate::steps::Steps;
use crate::{cloud, creations, e2e, functions, mutants, package, rules, sim};

/// With `busy`, that many loops and some writers run beside the tests.
pub(crate) fn run(busy: Option<u32>) -> ExitCode {
    let mut steps = Steps::of("test");
    let linux = cfg!(target_os = "linux");
    let installed = linux
        && steps.take(
            "install what tests need: PostgreSQL, MariaDB, dig and Python",
            || packages::install(&[Need::Postgres, Need::Dig, Need::Mariadb, Need::Python]),
        );
    let (variables, terraform) = cloud::prepare(&mut steps);
    rules::take(&mut steps);
    sim::take(&mut steps);
    mutants::take(&mut steps);
    let load = busy.and_then(|loops| beside(&mut steps, loops));
    steps.take("tests", || run_program(&mut workspace(&[])));
    if terraform {
        creations::take(&mut steps, &variables);
    }
    functions::test(&mut steps, &variables);
    drop(load);
    package::take(&mut steps);
    steps.take("documentation tests", || {
        run_program(&mut cargo(["test", "--locked", "--workspace", "--doc"]))
    });
    if installed {
        e2e::once(&mut steps, Profile::Dev);
    } else if !linux {
        steps.skip("tests on PostgreSQL, end-to-end drills", "they need Linux");
    } else {
        steps.skip("end-to-end drills", "there is no PostgreSQL server");
    }
    steps.finish()
}

/// A load, begun after everything that runs beside it was built.
fn beside(steps: &mut Steps, loops: u32) -> Option<Load> {
    steps.take("build the tests before the machine is busy", || {
        run_program(&mut workspace(&["--no-run"]))
    });
    functions::build_tests(steps);
    let mut load = None;
    steps.take("make the machine busy", || {
        load = Some(Load::start(loops)?);
        Ok(())
    });
    load
}

/// All tests of the workspace but those that need Terraform.
fn workspace(further: &[&str]) -> Command {
    let mut tests = if works("cargo", &["nextest", "--version"]) {
        cargo([
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--no-fail-fast",
            // Those run alone: they would take the processors from systems with short leases.
            "--filterset",
            "not binary(terraform)",
        ])
    } else {
        cargo([
            "test",
            "--locked",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ])
    };
    if cfg!(target_os = "linux") {
        // A test that finds no server or no dig must fail here, not pass without a word.
        tests
            .env("STANDFAST_REQUIRE_POSTGRES", "1")
            .env("STANDFAST_REQUIRE_DIG", "1");
    }
    tests.args(further).env("INSTA_UPDATE", "no");
    tests
}
