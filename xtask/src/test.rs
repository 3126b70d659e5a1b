//! `cargo xtask test`: what CI runs. `.ci/run` is this and nothing else.
//!
//! Two builds are unavoidable: one that only checks, for clippy and documentation, and one that the tests
//! run. The end-to-end drills run on the second, so that no optimised build is a third. On two cores and
//! from nothing it all takes some ten minutes.

use std::process::ExitCode;

use crate::machine::Profile;
use crate::packages::{self, Need};
use crate::program::{cargo, run as run_program, works};
use crate::steps::Steps;
use crate::{check, e2e};

pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("test");
    let linux = cfg!(target_os = "linux");
    let installed = linux
        && steps.take(
            "install what tests need: a PostgreSQL server and dig",
            || packages::install(&[Need::Postgres, Need::Dig]),
        );
    check::take(&mut steps);
    steps.take("tests", || {
        let mut tests = if works("cargo", &["nextest", "--version"]) {
            cargo([
                "nextest",
                "run",
                "--locked",
                "--workspace",
                "--no-fail-fast",
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
        if linux {
            // A test that finds no server or no dig must fail here, not pass without a word.
            tests
                .env("STANDFAST_REQUIRE_POSTGRES", "1")
                .env("STANDFAST_REQUIRE_DIG", "1");
        }
        run_program(tests.env("INSTA_UPDATE", "no"))
    });
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
