//! `cargo xtask bench`: each drill many times, with a release build.
//!
//! It prints the reports and, after each scenario, their summary, and writes nothing. The published
//! numbers, with machine and method, are in `docs/benchmarks.md`; what has no benchmark there has none.

use std::process::ExitCode;

use crate::e2e::{self, Repeat};
use crate::machine::Profile;
use crate::packages::{self, Need};
use crate::steps::{Steps, say};

pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("bench");
    if !cfg!(target_os = "linux") {
        steps.skip("drills on the example", "they need Linux");
        return steps.finish();
    }
    say("what is measured here is explained in docs/benchmarks.md; close other programs first");
    if steps.take("install what is missing: a PostgreSQL server", || {
        packages::install(&[Need::Postgres])
    }) {
        e2e::drills(&mut steps, Profile::Release, Repeat::Benchmark);
    }
    steps.finish()
}
