//! `cargo xtask e2e`: each drill once, on the example, with a real database and everything real around it.
//!
//! By default with the binary of the development profile: after the tests next to nothing is left to
//! build, and debug assertions and overflow checks are on while the system is broken. How fast it is,
//! `cargo xtask bench` tells, with a release build.
//!
//! Which drills there are, and which of them the product is known to miss its promise in, the built
//! command says (`drill --list`). A known miss is run too, and must be missed: that it is kept is news.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::machine::{self, Machine, Profile};
use crate::metadata::Metadata;
use crate::packages::{self, Need};
use crate::program::output;
use crate::steps::Steps;

/// The exit status of a drill that could be carried out and whose promise was missed.
const MISSED: i32 = 1;

/// A drill as the built command describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedDrill {
    name: String,
    benchmark_runs: u32,
    missed_because: Option<String>,
}

/// What `drill --list --format json` prints.
#[derive(Debug, Deserialize)]
struct DrillList {
    scenarios: Vec<ListedDrill>,
}

/// How often each drill is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Once, the known misses included.
    Once,
    /// As often as it takes to see a spread; a known miss is passed over by name.
    Benchmark,
}

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
    drills(steps, profile, Repeat::Once);
}

/// Builds, brings the example up, drills it, and brings it down again.
pub(crate) fn drills(steps: &mut Steps, profile: Profile, repeat: Repeat) {
    if !steps.take("build standfast", || machine::build(profile)) {
        return;
    }
    let mut prepared = None;
    let ready = steps.take("remove what an interrupted run left", || {
        let metadata = Metadata::read()?;
        let machine = Machine::of_copy(&metadata, profile)?;
        if machine.exists() {
            machine.down()?;
        }
        prepared = Some((machine, list(&metadata, profile)?));
        Ok(())
    });
    let Some((machine, drills)) = prepared.filter(|_| ready) else {
        return;
    };
    machine.session(steps, |steps| {
        for drill in &drills {
            match repeat {
                Repeat::Once => carry_out(steps, &machine, drill, 1),
                Repeat::Benchmark => match &drill.missed_because {
                    None => carry_out(steps, &machine, drill, drill.benchmark_runs),
                    Some(reason) => {
                        steps.skip(format!("drill: {}", drill.name), reason.as_str());
                    }
                },
            }
        }
    });
}

/// Which drills the built command knows, in its order.
fn list(metadata: &Metadata, profile: Profile) -> anyhow::Result<Vec<ListedDrill>> {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    let program = metadata.target_directory.join(folder).join("standfast");
    let text = output(Command::new(program).args(["drill", "--list", "--format", "json"]))?;
    read_list(&text)
}

fn read_list(text: &str) -> anyhow::Result<Vec<ListedDrill>> {
    let list: DrillList =
        serde_json::from_str(text).context("cannot read what `drill --list` prints")?;
    ensure!(!list.scenarios.is_empty(), "`drill --list` names no drill");
    Ok(list.scenarios)
}

fn carry_out(steps: &mut Steps, machine: &Machine, drill: &ListedDrill, runs: u32) {
    steps.take(step_name(drill, runs), || {
        let status = machine.drill(&drill.name, runs)?;
        judge(drill, status.code()).with_context(|| format!("the drill ended with {status}"))
    });
}

fn step_name(drill: &ListedDrill, runs: u32) -> String {
    let name = &drill.name;
    let runs = match runs {
        1 => String::new(),
        _ => format!(", {runs} runs"),
    };
    match &drill.missed_because {
        None => format!("drill: {name}{runs}"),
        Some(reason) => format!("drill: {name}{runs}, a known miss: {reason}"),
    }
}

/// Whether a drill ended as it must.
fn judge(drill: &ListedDrill, code: Option<i32>) -> anyhow::Result<()> {
    match &drill.missed_because {
        None => ensure!(code == Some(0), "the promise must be kept"),
        Some(reason) => {
            ensure!(
                code != Some(0),
                "the promise is kept now; take the known miss ({reason}) out of the scenario"
            );
            ensure!(code == Some(MISSED), "the drill could not be carried out");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<ListedDrill> {
        let text = r#"{"version":1,"scenarios":[
            {"name":"freeze","summary":"stops","benchmark_runs":20,"missed_because":null},
            {"name":"hang","summary":"stops less","benchmark_runs":0,"missed_because":"no probe yet"}]}"#;
        read_list(text).unwrap()
    }

    #[test]
    fn a_drill_that_should_be_kept_fails_the_step_unless_it_is() {
        let freeze = &listed()[0];
        assert!(judge(freeze, Some(0)).is_ok());
        for code in [Some(1), Some(4), None] {
            assert!(judge(freeze, code).is_err());
        }
    }

    #[test]
    fn a_known_miss_must_be_missed_and_not_merely_fail() {
        let hang = &listed()[1];
        assert!(judge(hang, Some(MISSED)).is_ok());
        for code in [Some(0), Some(4), None] {
            assert!(judge(hang, code).is_err());
        }
        let kept = judge(hang, Some(0)).unwrap_err().to_string();
        assert!(kept.contains("no probe yet"), "{kept}");
    }

    #[test]
    fn the_name_of_a_step_says_how_often_and_what_is_known_to_be_missed() {
        let drills = listed();
        assert_eq!(step_name(&drills[0], 20), "drill: freeze, 20 runs");
        assert_eq!(
            step_name(&drills[1], 1),
            "drill: hang, a known miss: no probe yet"
        );
        assert!(read_list(r#"{"scenarios":[]}"#).is_err());
    }
}
