//! A few seeds, in the tests' own profile. The many run optimised: `cargo xtask sim`.

use std::time::Duration;

use standfast_sim::{KNOWN, Options, Storm, Telling, shrink, simulate};

/// The seed of each known fault, as `docs/simulation.md` lists them. One that holds is mended: its entry goes.
const SEEDS: &[(&str, u64)] = &[
    ("an-older-store-is-believed", 18),
    ("an-older-folder-is-served", 13),
    ("a-hand-over-is-not-verified", 36),
    ("a-loss-bound-is-too-small", 221),
    ("a-promotion-that-was-cut-off-never-starts", 141),
    ("a-fork-is-never-recorded", 281),
    ("a-surplus-is-thrown-away-unrecorded", 12_956),
    ("a-frozen-guard-is-unknown-to-a-new-agent", 1289),
];

/// A seed that meets a known fault within a short storm.
const SHORT: u64 = 36;

fn told() -> Options {
    Options {
        telling: Telling::Everything,
        ..Options::default()
    }
}

#[test]
fn one_seed_gives_one_trace() {
    let (one, other) = (simulate(7, &told()), simulate(7, &told()));
    assert!(one.trace.len() > 1_000, "the trace tells nothing");
    assert_eq!(one.trace, other.trace);
    assert_eq!(one.counts, other.counts);
}

#[test]
fn what_is_told_changes_nothing_that_happens() {
    let (quiet, loud) = (simulate(9, &Options::default()), simulate(9, &told()));
    assert_eq!(quiet.counts, loud.counts);
    assert_eq!(quiet.simulated, loud.simulated);
}

#[test]
fn the_first_seeds_break_no_rule_that_is_not_known() {
    for seed in 0..12 {
        let report = simulate(seed, &Options::default());
        let new = report.violation.filter(|_| report.known.is_none());
        assert!(new.is_none(), "seed {seed}: {}", new.unwrap());
    }
}

#[test]
fn every_known_fault_is_found_by_its_seed() {
    let listed: Vec<&str> = SEEDS.iter().map(|(name, _)| *name).collect();
    let known: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    assert_eq!(listed, known);
    for (name, seed) in SEEDS {
        let report = simulate(*seed, &Options::default());
        assert_eq!(report.known, Some(*name), "seed {seed}");
    }
}

#[test]
fn a_schedule_is_made_shorter_and_breaks_the_same_rule() {
    // A short storm: the seed runs once for each fault that might be left out.
    let options = Options {
        storm: Storm {
            lasts: Duration::from_secs(20),
            every: Duration::from_secs(4),
        },
        ..Options::default()
    };
    let report = simulate(SHORT, &options);
    assert!(report.violation.is_some(), "the seed breaks no rule");
    let short = shrink(&report, &options);
    assert!(short.schedule.len() < report.schedule.len());
    let rule = |violation: Option<standfast_sim::Violation>| violation.map(|each| each.rule);
    assert_eq!(rule(short.violation), rule(report.violation));
}
