//! Scenarios told as text: `tests/scenarios/*.txt`. Each begins with a comment that tells its story;
//! then come blocks of steps, each with the transcript of what the core answered below `----`. The
//! transcript is the assertion, as in the test data of etcd's raft.
//!
//! `STANDFAST_UPDATE=1 cargo test -p standfast-failover --test it scenarios` writes them anew.
//!
//! The steps are one per line (see `words.rs` for all of them):
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

use std::fs;
use std::path::{Path, PathBuf};

use coverage::Coverage;
use stage::Stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// All scenarios, by their files.
fn stories() -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are no scenarios");
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        (file, text)
    };
    files.into_iter().map(read).collect()
}

/// Plays a scenario; returns it with the transcript of this run, and what that tells of.
fn play(text: &str) -> (String, Coverage) {
    let mut out = String::new();
    let mut stage = Stage::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "----" {
            out.push_str("----\n");
            out.push_str(&stage.transcript());
            // What was expected so far ends with the next empty line.
            while lines.next_if(|line| !line.is_empty()).is_some() {}
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if !line.is_empty() && !line.starts_with('#') {
            stage.perform(line);
        }
    }
    (out, stage.coverage)
}

#[test]
fn every_scenario_goes_as_it_is_told() {
    let update = std::env::var_os("STANDFAST_UPDATE").is_some();
    let mut different = Vec::new();
    for (file, told) in stories() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(told.starts_with("# "), "{name} does not tell its story");
        // Shown only when a step panics.
        println!("playing {name}");
        let (played, _) = play(&told);
        if played == told {
            continue;
        }
        if update {
            fs::write(&file, played).unwrap();
        } else {
            different.push(format!("{name}\n{}", first_difference(&told, &played)));
        }
    }
    assert!(
        different.is_empty(),
        "scenarios go otherwise; STANDFAST_UPDATE=1 writes them anew:\n{}",
        different.join("\n")
    );
}

fn check(what: &str, missing: impl FnOnce(&Coverage) -> Vec<String>) {
    let mut told = Coverage::default();
    for (_, story) in stories() {
        told.add(play(&story).1);
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

fn first_difference(told: &str, played: &str) -> String {
    told.lines()
        .zip(played.lines())
        .enumerate()
        .find(|(_, (told, played))| told != played)
        .map_or_else(
            || "  one is longer than the other".to_owned(),
            |(at, (told, played))| format!("  line {}:\n  - {told}\n  + {played}", at + 1),
        )
}
