//! `cargo xtask creations`: the tests of the output for AWS that need Terraform. Most of them validate; some
//! create a whole system at an emulator, for minutes each, which are spent waiting for the provider. CI creates
//! a sample that follows from the commit, this command creates them all.

use std::process::ExitCode;

use crate::cloud::{self, Variables};
use crate::commit;
use crate::program::{cargo, run as run_program, works};
use crate::steps::Steps;

/// The tests that create a whole system (`crates/standfast-cli/tests/terraform/apply.rs`).
const CREATIONS: [&str; 5] = [
    "aurora_mysql_failover",
    "payments",
    "ecommerce",
    "multi_az_postgres",
    "transactions",
];

/// How many of them CI runs.
const SAMPLE: usize = 2;

/// The command of its own: all of them.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("creations");
    let (variables, terraform) = cloud::prepare(&mut steps);
    if terraform {
        steps.take("tests of the output for AWS, with Terraform", || {
            run_tests(&variables, &[])
        });
    }
    steps.finish()
}

/// What CI takes: all that validate, and a sample of those that create. Without a commit, all.
pub(crate) fn take(steps: &mut Steps, variables: &Variables) {
    let left_out = commit::number().map_or_else(|_| Vec::new(), left_out);
    steps.take(
        "tests of the output for AWS, with Terraform: a sample",
        || run_tests(variables, &left_out),
    );
    for name in left_out {
        steps.skip(
            format!("the creation of {name}"),
            "not in this commit's sample; `cargo xtask creations` runs them all",
        );
    }
}

fn left_out(commit: u64) -> Vec<&'static str> {
    let first = usize::try_from(commit % 5).unwrap_or(0);
    let mut all = CREATIONS;
    all.rotate_left(first);
    all[SAMPLE..].to_vec()
}

fn run_tests(variables: &Variables, left_out: &[&str]) -> anyhow::Result<()> {
    let mut tests = if works("cargo", &["nextest", "--version"]) {
        cargo(["nextest", "run", "--locked", "--no-fail-fast"])
    } else {
        cargo(["test", "--locked", "--no-fail-fast"])
    };
    tests.args(["--package", "standfast-cli", "--test", "terraform", "--"]);
    for name in left_out {
        tests.args(["--skip", &format!("{name}_is_created")]);
    }
    for (variable, value) in variables {
        tests.env(variable, value);
    }
    run_program(&mut tests)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_creation_is_in_a_sample_and_has_its_test() {
        let source = include_str!("../../crates/standfast-cli/tests/terraform/apply.rs");
        let mut sampled: BTreeSet<&str> = BTreeSet::new();
        for commit in 0..5 {
            let left_out = left_out(commit);
            assert_eq!(left_out.len(), CREATIONS.len() - SAMPLE);
            sampled.extend(
                CREATIONS
                    .into_iter()
                    .filter(|name| !left_out.contains(name)),
            );
        }
        assert_eq!(sampled.len(), CREATIONS.len());
        let written = source.matches("_is_created()").count();
        assert_eq!(
            written,
            CREATIONS.len(),
            "a creation is missing in the list"
        );
        for name in CREATIONS {
            assert!(
                source.contains(&format!("fn {name}_is_created()")),
                "{name}"
            );
        }
    }
}
