//! What people read, and that JSON reads back.

use std::collections::BTreeMap;

use standfast_units::{Region, WallTime};

use super::*;
use crate::fault_record::FaultRecord;
use crate::judge::{DrillVerdict, Outage, Writes};
use crate::phases::Phases;
use crate::report::{Bound, VERSION};
use crate::scenario::Scenario;
use crate::status::{CommitPromise, Objectives};
use crate::summary::summarise;

fn outage(length_ms: u64) -> Outage {
    Outage {
        length: Duration::from_millis(length_ms),
        began_ms: -4,
        ended: true,
    }
}

fn verdict() -> DrillVerdict {
    DrillVerdict {
        outage: outage(3_010),
        outage_by_path: BTreeMap::from([(Path::Dns, outage(3_040)), (Path::Proxy, outage(3_010))]),
        resolution: Duration::from_millis(12),
        rate_before: 205,
        writes: Writes {
            attempted: 2_400,
            acknowledged: 2_300,
            failed: 90,
            unknown: 10,
        },
        lost: Vec::new(),
        loss: Duration::ZERO,
        holes: 0,
        lost_from_survivor: 0,
        stale: Vec::new(),
        phantoms: 0,
        duplicates: 0,
        changed: 0,
        breaches: Vec::new(),
    }
}

fn report() -> DrillReport {
    let mut counts = vec![10; 10];
    counts.extend([0; 30]);
    counts.extend([10; 60]);
    DrillReport {
        version: VERSION,
        scenario: Scenario::RegionLoss,
        system: "quickstart-dev".parse().unwrap(),
        database: "main".parse().unwrap(),
        region: Region::new("us-east-1").unwrap(),
        successor: Some(Region::new("us-west-2").unwrap()),
        writes_per_second: 200,
        clients: 8,
        promise: Objectives {
            rto_ms: 10_000,
            rpo_ms: 3_000,
        },
        durability: CommitPromise::Async,
        lease_ms: 2_000,
        hold_down_ms: 1_000,
        fault: FaultRecord {
            at: WallTime::from_unix_ms(1_700_000_000_000),
            processes: 23,
            took: Duration::from_millis(6),
            lasted: Duration::from_millis(4_200),
        },
        epoch_before: None,
        epoch_after: None,
        cause: None,
        phases: Phases {
            detect_ms: Some(210),
            decide_ms: Some(1_800),
            fence_ms: Some(900),
            promote_ms: Some(70),
            redirect_ms: None,
        },
        rejoined_after_ms: Some(2_500),
        stall: Duration::from_millis(4),
        verdict: verdict(),
        kept: true,
        bounds: vec![Bound {
            what: "write outage under 3500 ms".to_owned(),
            measured: "3010 ms".to_owned(),
            met: true,
        }],
        plot: Plot {
            bucket_ms: 100,
            before: 10,
            paths: BTreeMap::from([(Path::Dns, counts.clone()), (Path::Proxy, counts)]),
            pinned: None,
        },
        journal: serde_json::Value::Null,
    }
}

#[test]
fn the_last_lines_are_always_the_same_six_in_the_same_order() {
    let text = render(&report());
    let lines: Vec<_> = text.lines().rev().take(6).collect();
    let expected = [
        "promise kept",
        "acknowledgements out of epoch: 0 (0 by proxy, 0 by dns and direct)",
        "writes: 2400 attempted, 2300 acknowledged, 0 lost (0 ms; promised 3000 ms)",
        "outage as clients saw it: 3010 ms (dns 3040 ms, proxy 3010 ms); promised 10000 ms",
        "phases: detect 210 ms, decide 1800 ms, fence 900 ms, promote 70 ms, redirect unknown",
        "scenario: region-loss (23 processes of us-east-1 killed within 6 ms; us-west-2 took over)",
    ];
    assert_eq!(lines, expected);
    assert!(text.contains("bound met: write outage under 3500 ms (measured: 3010 ms)"));
}

#[test]
fn the_picture_shows_the_gap_after_the_fault() {
    let mut report = report();
    report.fault.lasted = Duration::from_secs(3);
    let text = render(&report);
    let full = |count| "█".repeat(count);
    let expected = format!("  dns     {}│{}{}\n", full(10), " ".repeat(30), full(20));
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn the_picture_goes_on_beyond_the_end_of_the_fault() {
    let mut report = report();
    report.fault.lasted = Duration::from_secs(4);
    let text = render(&report);
    let afterwards = format!("│{}{}\n", " ".repeat(30), "█".repeat(30));
    assert!(text.contains(&afterwards), "{text}");
}

#[test]
fn a_missed_promise_says_so_last_and_why_above() {
    let mut report = report();
    report.kept = false;
    report.verdict.breaches = vec![crate::judge::Breach::StaleThroughProxy { count: 2 }];
    report.verdict.outage.ended = false;
    let text = render(&report);
    assert!(text.ends_with("\npromise missed\n"));
    assert!(text.contains("breach: 2 acknowledgements of an older epoch came through a proxy"));
    assert!(text.contains("outage as clients saw it: over 3010 ms"));
}

#[test]
fn a_report_reads_back_from_its_json() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<DrillReport>(&text).unwrap(), report);
    assert!(text.contains("\"length_ms\":3010"));
}

#[test]
fn several_runs_are_summed_up() {
    let mut slower = report();
    slower.verdict.outage = outage(4_000);
    slower.kept = false;
    let summary = summarise(&[report(), slower.clone(), report()]).unwrap();
    assert_eq!((summary.runs, summary.kept), (3, 2));
    let text = render_summary(&summary);
    assert!(text.ends_with("promise kept in 2 of 3\n"), "{text}");
    slower.scenario = Scenario::Freeze;
    assert_eq!(summarise(&[report(), slower]), None);
    assert_eq!(summarise(&[]), None);
}

#[test]
fn a_hang_that_nothing_overcame_says_what_stopped_and_that_the_promise_is_missed() {
    let mut report = report();
    report.scenario = Scenario::Hang;
    report.successor = None;
    report.kept = false;
    let lasted = Duration::from_millis(11_050);
    report.fault.lasted = lasted;
    report.verdict.breaches = vec![crate::judge::Breach::NotOvercome { lasted }];
    let text = render(&report);
    let expected = [
        "breach: no write was acknowledged until the drill let go, 11050 ms after the fault\n",
        "scenario: hang (23 processes of the database server in us-east-1 stopped within 6 ms, \
         for 11050 ms; ",
        "\npromise missed\n",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{text}");
    }
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains(r#"{"is":"not-overcome","lasted_ms":11050}"#));
    assert_eq!(serde_json::from_str::<DrillReport>(&json).unwrap(), report);
}
