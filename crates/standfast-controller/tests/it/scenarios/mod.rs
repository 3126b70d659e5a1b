//! Scenarios told as text: `tests/scenarios/*.txt`. Each begins with a comment that tells its story;
//! then come blocks of steps, each with the transcript of what the controller asked for below `----`.
//! The transcript is the assertion.
//!
//! `STANDFAST_UPDATE=1 cargo test -p standfast-controller --test it scenarios` writes them anew.
//!
//! The steps are one per line (see `steps.rs` for all of them):
//!
//! ```text
//! given controller west      a controller that has seen east-1 serve and the writer name mean it
//! lease west-1 epoch 4       the store holds this record from now on
//! seen                       the mirror shows what the store holds
//! answer verify              the oldest open effect of that name is carried out
//! wait 5s                    lets time pass, stepping whenever the controller wants to be stepped
//! ```

mod print;
mod shelf;
mod stage;
mod steps;
mod warnings;

use std::fs;
use std::path::{Path, PathBuf};

use stage::Stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Plays a scenario; returns it with the transcript of this run.
fn play(text: &str) -> String {
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
    out
}

#[test]
fn every_scenario_goes_as_it_is_told() {
    let update = std::env::var_os("STANDFAST_UPDATE").is_some();
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are no scenarios");
    let mut different = Vec::new();
    for file in files {
        let told = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(told.starts_with("# "), "{name} does not tell its story");
        // Shown only when a step panics.
        println!("playing {name}");
        let played = play(&told);
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
