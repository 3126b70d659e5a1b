//! `cargo xtask e2e`: each drill once, on the example, with a real database and everything real around it.
//!
//! By default with the binary of the development profile: after the tests next to nothing is left to
//! build, and debug assertions and overflow checks are on while the system is broken. How fast it is,
//! `cargo xtask bench` tells, with a release build.

use std::process::ExitCode;

use anyhow::ensure;

use crate::machine::{self, Machine, Profile};
use crate::metadata::Metadata;
use crate::packages::{self, Need};
use crate::steps::Steps;

/// Each drill once, the gentlest first.
const ONCE: [(&str, u32); 3] = [("switchover", 1), ("region-loss", 1), ("freeze", 1)];

/// The command of its own.
pub(crate) fn run(release: bool) -> ExitCode {
    let mut steps = Steps::of("e2e");
    if !cfg!(target_os = "linux") {
        steps.skip("drills on the example", "they need Linux");
        return steps.finish();
    }
    let profile = if release {
        Profile::Release
    } else {
        Profile::Dev
    };
    if steps.take("install what is missing: a PostgreSQL server", || {
        packages::install(&[Need::Postgres])
    }) {
        once(&mut steps, profile);
    }
    steps.finish()
}

/// Each drill once, as steps of any command.
pub(crate) fn once(steps: &mut Steps, profile: Profile) {
    drills(steps, profile, &ONCE);
}

/// Builds, brings the example up, drills it, and brings it down again.
pub(crate) fn drills(steps: &mut Steps, profile: Profile, plan: &[(&str, u32)]) {
    if !steps.take("build standfast", || machine::build(profile)) {
        return;
    }
    let mut prepared = None;
    let ready = steps.take("remove what an interrupted run left", || {
        let machine = Machine::of_copy(&Metadata::read()?, profile)?;
        if machine.exists() {
            machine.down()?;
        }
        prepared = Some(machine);
        Ok(())
    });
    let Some(machine) = prepared.filter(|_| ready) else {
        return;
    };
    machine.session(steps, |steps| {
        for &(scenario, runs) in plan {
            let name = match runs {
                1 => format!("drill: {scenario}"),
                _ => format!("drill: {scenario}, {runs} runs"),
            };
            steps.take(name, || {
                let status = machine.drill(scenario, runs)?;
                ensure!(status.success(), "the drill ended with {status}");
                Ok(())
            });
        }
    });
}
