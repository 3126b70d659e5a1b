//! Scenarios told as text: `tests/scenarios/*.txt`. Each begins with a comment that tells its story;
//! then come blocks of steps, each with the transcript of what the core answered below `----`. The
//! transcript is the assertion, as in the test data of etcd's raft.
//!
//! `STANDFAST_UPDATE=1 cargo test -p standfast-failover --test it scenarios` writes them anew.
//!
//! The steps are one per line (see `vocabulary.rs` for all of them):
//!
//! ```text
//! given standby west-1          a member that follows east-1, which serves under epoch 3
//! wait 5s                       lets time pass, stepping whenever the core wants to be stepped
//! store lost                    an observation
//! done promoted 1>2@0/1000      an outcome of the action last asked for
//! ```

mod coverage;
mod print;
mod stage;
mod vocabulary;

use std::path::{Path, PathBuf};

use standfast_scenarios::Story;

use coverage::Coverage;
use stage::Stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Plays a scenario; returns it with the transcript of this run, and what that tells of.
fn play(text: &str) -> (String, Coverage) {
    let mut stage = Stage::new();
    let played = standfast_scenarios::play(&mut stage, text);
    (played, stage.coverage)
}

#[test]
fn every_scenario_goes_as_it_is_told() {
    let different = standfast_scenarios::differences(&folder(), |text| play(text).0).unwrap();
    assert!(
        different.is_empty(),
        "scenarios go otherwise; STANDFAST_UPDATE=1 writes them anew:\n{}",
        different.join("\n")
    );
}

fn check(what: &str, missing: impl FnOnce(&Coverage) -> Vec<String>) {
    let mut told = Coverage::default();
    for story in Story::all(&folder()).unwrap() {
        told.add(play(&story.text).1);
    }
    let missing = missing(&told);
    assert!(
        missing.is_empty(),
        "no scenario tells of these {what}:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_row_of_the_table_has_a_scenario() {
    check("transitions", Coverage::missing_rows);
}

#[test]
fn every_action_has_a_scenario() {
    check("actions", Coverage::missing_actions);
}

#[test]
fn every_reason_to_hold_has_a_scenario() {
    check("reasons to hold", Coverage::missing_holds);
}

#[test]
fn every_diagnosis_has_a_scenario() {
    check("diagnoses", Coverage::missing_diagnoses);
}
