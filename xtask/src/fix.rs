//! `cargo xtask fix`: what a program can put right by itself, and generated files written anew.

use std::process::ExitCode;

use crate::program::{cargo, run as run_program};
use crate::steps::Steps;

pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("fix");
    steps.take("apply clippy's suggestions", || {
        run_program(&mut cargo([
            "clippy",
            "--fix",
            "--allow-dirty",
            "--allow-staged",
            "--workspace",
            "--all-targets",
        ]))
    });
    steps.take("format", || run_program(&mut cargo(["fmt", "--all"])));
    steps.take("write generated files and snapshots anew", || {
        // The tests that compare them write them when told to; look at the difference before committing.
        run_program(
            cargo(["test", "--no-fail-fast"])
                .args(
                    crate::rules::GENERATORS
                        .iter()
                        .flat_map(|name| ["--package", name]),
                )
                .env("STANDFAST_UPDATE", "1")
                .env("INSTA_UPDATE", "always"),
        )
    });
    steps.finish()
}
