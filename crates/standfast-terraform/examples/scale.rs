//! How long synthesis takes, for the examples of the repository and for blueprints of many databases.
//!
//! `cargo run --release -p standfast-terraform --example scale` prints a table; `docs/benchmarks.md` says
//! what it showed. Each figure is the least of several runs, since a busy machine only ever adds to it.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program that measures and prints"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use standfast_blueprint::parse;
use standfast_terraform::{Options, synthesize};

const RUNS: u32 = 7;

/// A blueprint of this many databases, each with an alarm.
fn blueprint(databases: usize) -> String {
    let mut text =
        "standfast: 1\nname: scale\npromise: { rto: 9m, rpo: 10s }\nregions: { us-east-1: { home: \
                    true }, us-west-2: {}, us-east-2: { witness: true } }\n"
            .to_owned();
    let mut alarms = String::from("alarms:\n");
    text.push_str("databases:\n");
    for number in 0..databases {
        let _ = writeln!(
            text,
            "  d{number}: {{ engine: aurora-mysql, version: '8.0.mysql_aurora.3.04.0' }}"
        );
        let _ = writeln!(
            alarms,
            "  a{number}: {{ metric: replication-lag, of: databases.d{number}, above: 1s }}"
        );
    }
    text + &alarms
}

/// The least time of several runs: reading, synthesis, and the bytes that came out.
fn measured(text: &str) -> (Duration, Duration, usize, usize) {
    let (mut reading, mut synthesis) = (Duration::MAX, Duration::MAX);
    let (mut bytes, mut resources) = (0, 0);
    for _ in 0..RUNS {
        let begun = Instant::now();
        let (blueprint, _) = parse(text, &|_| None);
        let blueprint = blueprint.expect("the blueprint is valid");
        reading = reading.min(begun.elapsed());
        let begun = Instant::now();
        let output = synthesize(&blueprint, &Options::default()).expect("it is synthesized");
        synthesis = synthesis.min(begun.elapsed());
        bytes = output.files.values().map(String::len).sum();
        resources = output
            .files
            .values()
            .map(|text| text.matches("\n      \"").count())
            .sum();
    }
    (reading, synthesis, bytes, resources)
}

fn row(name: &str, text: &str) {
    let (reading, synthesis, bytes, blocks) = measured(text);
    let ms = |span: Duration| span.as_secs_f64() * 1000.0;
    println!(
        "{name:<24} {:>9.2} ms {:>9.2} ms {:>8} KiB {blocks:>8}",
        ms(reading),
        ms(synthesis),
        bytes / 1024
    );
}

fn main() {
    println!(
        "{:<24} {:>12} {:>12} {:>12} {:>8}",
        "blueprint", "read", "synthesize", "output", "blocks"
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the examples are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("an example is text");
        row(
            &path.file_stem().unwrap_or_default().to_string_lossy(),
            &text,
        );
    }
    for databases in [10, 100, 1_000, 10_000] {
        row(&format!("{databases} databases"), &blueprint(databases));
    }
}
