//! The workspace of the Lambda functions, which has a lock file and a tree of its own: the AWS SDK is in it,
//! and stays out of everything else.

use std::process::Command;

use crate::cloud::Variables;
use crate::program::{cargo, run as run_program};
use crate::steps::Steps;

/// Its folder.
const FOLDER: &str = "functions";

fn within(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.current_dir(FOLDER);
    command
}

/// What can be said of it without running its tests.
pub(crate) fn check(steps: &mut Steps) {
    steps.take("functions: format (rustfmt)", || {
        run_program(&mut within(&["fmt", "--all", "--check"]))
    });
    steps.take("functions: lints (clippy)", || {
        run_program(&mut within(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "--deny=warnings",
        ]))
    });
}

/// Builds its tests, so that they only have to run.
pub(crate) fn build_tests(steps: &mut Steps) {
    if !cfg!(target_os = "linux") {
        return;
    }
    steps.take("functions: build the tests", || {
        run_program(&mut within(&[
            "test",
            "--locked",
            "--workspace",
            "--no-run",
        ]))
    });
}

/// Its tests, with servers and the emulator.
pub(crate) fn test(steps: &mut Steps, variables: &Variables) {
    if !cfg!(target_os = "linux") {
        steps.skip("functions: tests", "they start servers, on Linux");
        return;
    }
    steps.take("functions: tests", || {
        let mut tests = within(&["test", "--locked", "--workspace", "--no-fail-fast"]);
        tests
            .env("STANDFAST_REQUIRE_POSTGRES", "1")
            .env("STANDFAST_REQUIRE_MARIADB", "1");
        for (variable, value) in variables {
            tests.env(variable, value);
        }
        run_program(&mut tests)
    });
}
