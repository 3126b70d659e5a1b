//! Every kind of finding, planted and found; and nothing found where nothing is.

use proptest::prelude::*;

use super::*;
use crate::history::{Attempt, Habit};

const FAULT_MS: u64 = 10_000;
const UNTIL_MS: u64 = 20_000;

fn ms(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn timeline(number: u32) -> Timeline {
    Timeline::new(number).unwrap()
}

/// A drill in which all goes well: the old timeline 1 until the fault, the new timeline 2 from three
/// seconds after it, one write each 20 ms by each of three clients, one for each path.
struct Story {
    histories: Vec<ClientHistory>,
    rows: Vec<WrittenRow>,
    parameters: Parameters,
    /// What the follower and the returned primary show instead of the table's rows.
    shown: Option<Vec<WrittenRow>>,
}

impl Story {
    fn good() -> Self {
        let mut histories = Vec::new();
        let mut rows = Vec::new();
        for (client, path) in Path::ALL.into_iter().enumerate() {
            let client = u32::try_from(client).unwrap();
            let times = (8_000..FAULT_MS).chain(13_000..UNTIL_MS).step_by(20);
            let mut attempts = Vec::new();
            for (seq, sent) in times
                .filter(|at| !(FAULT_MS..13_000).contains(at))
                .enumerate()
            {
                let number = if sent < FAULT_MS { 1 } else { 2 };
                let sent = sent + u64::from(client) * 5;
                let seq = seq as u64;
                rows.push(WrittenRow {
                    client,
                    seq,
                    timeline: timeline(number),
                    at: ms(sent + 1),
                });
                attempts.push(Attempt {
                    seq,
                    sent_at: ms(sent),
                    to: None,
                    outcome: AttemptOutcome::Acknowledged {
                        received_at: ms(sent + 2),
                        timeline: timeline(number),
                    },
                });
            }
            histories.push(ClientHistory {
                client,
                path,
                habit: Habit::Stays,
                attempts,
            });
        }
        Self {
            histories,
            rows,
            parameters: Parameters {
                scenario: Scenario::RegionLoss,
                fault_at: ms(FAULT_MS),
                overcome_at: Some(ms(13_002)),
                healed_at: ms(13_000),
                load_until: ms(UNTIL_MS),
                promise: Objectives {
                    rto_ms: 10_000,
                    rpo_ms: 3_000,
                },
                durability: CommitPromise::Async,
                aftermath: Aftermath {
                    follower: FollowerFate::Rejoined { rows: Vec::new() },
                    returned: ReturnFate::Returned { rows: Vec::new() },
                },
                clock_step: Duration::ZERO,
            },
            shown: None,
        }
    }

    fn judge(mut self) -> DrillVerdict {
        let shown = self.shown.take().unwrap_or_else(|| self.rows.clone());
        if let FollowerFate::Rejoined { rows } = &mut self.parameters.aftermath.follower {
            rows.clone_from(&shown);
        }
        if let ReturnFate::Returned { rows } = &mut self.parameters.aftermath.returned {
            *rows = shown;
        }
        judge(&self.histories, &self.rows, &self.parameters)
    }

    fn last_before_fault(&self, client: usize) -> u64 {
        self.histories[client]
            .attempts
            .iter()
            .rfind(|attempt| attempt.sent_at < ms(FAULT_MS))
            .unwrap()
            .seq
    }

    fn remove_row(&mut self, client: u32, seq: u64) {
        let before = self.rows.len();
        self.rows.retain(|row| row.key() != (client, seq));
        assert_eq!(self.rows.len(), before - 1);
    }

    /// An acknowledgement for timeline 1, received when timeline 2 had been written to for long.
    fn plant_stale(&mut self, client: usize) {
        let history = &mut self.histories[client];
        let seq = history.attempts.len() as u64;
        history.attempts.push(Attempt {
            seq,
            sent_at: ms(9_999),
            to: None,
            outcome: AttemptOutcome::Acknowledged {
                received_at: ms(15_000),
                timeline: timeline(1),
            },
        });
    }
}

/// The names of the breaches, as the report's JSON has them.
fn names(verdict: &DrillVerdict) -> Vec<String> {
    verdict
        .breaches
        .iter()
        .map(|breach| {
            let value = serde_json::to_value(breach).unwrap();
            value["is"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// A story in which the load ends this long after its last acknowledgement.
fn ends_after(rest: Duration) -> Vec<Breach> {
    let mut story = Story::good();
    let last = story
        .histories
        .iter()
        .flat_map(ClientHistory::acknowledged_at)
        .max();
    story.parameters.load_until = last.unwrap().after(rest);
    story.judge().breaches
}

#[test]
fn the_end_of_the_load_is_no_outage() {
    // Longer than any pause of the load, which the end cuts short wherever it falls.
    assert_eq!(ends_after(Duration::from_millis(900)), []);
    let stopped = ends_after(defaults::LOAD_AFTER * 8);
    assert!(
        matches!(stopped[..], [Breach::NeverRecovered { .. }, ..]),
        "{stopped:?}"
    );
}

#[test]
fn a_drill_that_went_well_has_no_findings() {
    let verdict = Story::good().judge();
    assert!(verdict.kept(), "{:?}", verdict.breaches);
    assert_eq!(verdict.lost, []);
    assert_eq!(verdict.stale, []);
    assert_eq!(verdict.loss, Duration::ZERO);
    assert_eq!(verdict.outage.length, Duration::from_millis(13_002 - 9_992));
    assert!(verdict.outage.ended);
    assert_eq!(verdict.outage_by_path.len(), 3);
    assert_eq!(verdict.resolution, Duration::from_millis(10));
    assert_eq!(verdict.rate_before, 150);
}

#[test]
fn a_lost_tail_within_the_promise_is_reported_and_keeps_it() {
    let mut story = Story::good();
    let lost: Vec<_> = (0..3)
        .map(|client| story.last_before_fault(client))
        .collect();
    for (client, seq) in (0..3).zip(&lost) {
        story.remove_row(client, *seq);
    }
    let verdict = story.judge();
    assert!(verdict.kept(), "{:?}", verdict.breaches);
    assert_eq!(verdict.lost.len(), 3);
    assert_eq!((verdict.lost[0].client, verdict.lost[0].seq), (0, lost[0]));
    assert_eq!(verdict.lost[0].acknowledged_ms, -18);
    // The newest surviving row is the third client's last but one, at 9 971 ms.
    assert_eq!(verdict.loss, Duration::from_millis(29));
}

#[test]
fn a_lost_tail_beyond_the_promise_misses_it() {
    let mut story = Story::good();
    story.parameters.promise.rpo_ms = 1_000;
    story
        .rows
        .retain(|row| row.at < ms(8_500) || row.at > ms(FAULT_MS));
    let verdict = story.judge();
    assert_eq!(names(&verdict), ["loss-too-large"]);
    assert_eq!(verdict.loss, Duration::from_millis(10_000 - 8_491));
    assert_eq!(verdict.lost.len(), 75 * 3);
}

#[test]
fn any_lost_write_misses_zero_and_a_switchover() {
    for (durability, scenario, expected) in [
        (
            CommitPromise::Zero,
            Scenario::RegionLoss,
            "lost-despite-zero",
        ),
        (
            CommitPromise::Async,
            Scenario::Switchover,
            "lost-in-switchover",
        ),
    ] {
        let mut story = Story::good();
        story.parameters.durability = durability;
        story.parameters.scenario = scenario;
        let seq = story.last_before_fault(2);
        story.remove_row(2, seq);
        assert_eq!(names(&story.judge()), [expected]);
    }
}

#[test]
fn one_missing_write_among_later_ones_is_damage_whatever_was_promised() {
    let mut story = Story::good();
    story.remove_row(1, 3);
    let verdict = story.judge();
    assert_eq!(names(&verdict), ["holes"]);
    assert_eq!(verdict.holes, 1);
}

#[test]
fn a_write_lost_from_the_timeline_that_survived_is_damage() {
    let mut story = Story::good();
    let seq = story.histories[2].attempts.last().unwrap().seq;
    story.remove_row(2, seq);
    assert_eq!(names(&story.judge()), ["lost-from-survivor"]);
}

#[test]
fn a_table_that_is_gone_altogether_is_found() {
    let mut story = Story::good();
    story.rows.clear();
    let verdict = story.judge();
    assert!(names(&verdict).contains(&"lost-from-survivor".to_owned()));
    assert_eq!(verdict.lost.len() as u64, verdict.writes.acknowledged);
}

#[test]
fn a_stale_acknowledgement_through_a_proxy_always_misses_the_promise() {
    let mut story = Story::good();
    story.plant_stale(1);
    let verdict = story.judge();
    assert_eq!(names(&verdict), ["stale-through-proxy"]);
    assert_eq!(verdict.stale_through_proxy(), 1);
    assert_eq!(
        verdict.stale[0].late,
        Duration::from_millis(15_000 - 13_001)
    );
}

#[test]
fn a_stale_acknowledgement_on_a_direct_connection_misses_it_only_with_a_commit_gate() {
    for (durability, expected) in [
        (CommitPromise::Async, &[][..]),
        (CommitPromise::Bounded, &["stale-direct"][..]),
        (
            CommitPromise::Zero,
            &["lost-despite-zero", "stale-direct"][..],
        ),
    ] {
        for client in [0, 2] {
            let mut story = Story::good();
            story.parameters.durability = durability;
            story.plant_stale(client);
            let verdict = story.judge();
            assert_eq!(names(&verdict), expected);
            assert_eq!(verdict.stale.len(), 1);
            assert_eq!(verdict.stale_through_proxy(), 0);
        }
    }
}

#[test]
fn an_acknowledgement_of_the_old_timeline_before_the_new_one_began_is_not_stale() {
    let mut story = Story::good();
    story.plant_stale(1);
    let history = &mut story.histories[1];
    history.attempts.last_mut().unwrap().outcome = AttemptOutcome::Acknowledged {
        received_at: ms(13_001),
        timeline: timeline(1),
    };
    assert_eq!(story.judge().stale, []);
}

#[test]
fn an_outage_too_long_misses_the_promise() {
    let mut story = Story::good();
    story.parameters.promise.rto_ms = 3_000;
    let found = names(&story.judge());
    assert_eq!(found[0], "outage-too-long");
}

#[test]
fn an_outage_nothing_ended_misses_the_promise_however_short_the_load() {
    let mut story = Story::good();
    for history in &mut story.histories {
        history
            .attempts
            .retain(|attempt| attempt.sent_at < ms(FAULT_MS));
    }
    story.rows.retain(|row| row.at < ms(FAULT_MS));
    story.parameters.load_until = ms(12_000);
    assert_eq!(names(&story.judge()), ["never-recovered"]);
}

#[test]
fn a_path_that_stays_closed_misses_the_promise_though_others_recover() {
    let mut story = Story::good();
    let gone: Vec<_> = story.histories[1]
        .attempts
        .extract_if(.., |attempt| attempt.sent_at > ms(FAULT_MS))
        .map(|attempt| attempt.seq)
        .collect();
    story
        .rows
        .retain(|row| row.client != 1 || !gone.contains(&row.seq));
    assert_eq!(names(&story.judge()), ["path-too-long"]);
}

#[test]
fn clients_pinned_to_a_frozen_primary_do_not_lengthen_the_outage() {
    let mut story = Story::good();
    story.histories.push(ClientHistory {
        client: 9,
        path: Path::Direct,
        habit: Habit::Pinned,
        attempts: vec![Attempt {
            seq: 0,
            sent_at: ms(9_999),
            to: None,
            outcome: AttemptOutcome::Unknown {
                at: ms(UNTIL_MS),
                error: "frozen".to_owned(),
            },
        }],
    });
    let verdict = story.judge();
    assert!(verdict.kept(), "{:?}", verdict.breaches);
    assert_eq!(verdict.writes.unknown, 1);
}

#[test]
fn a_follower_that_is_missing_or_differs_misses_the_promise() {
    let mut story = Story::good();
    story.parameters.aftermath.follower = FollowerFate::Missing {
        reason: "not running".to_owned(),
    };
    assert_eq!(names(&story.judge()), ["follower-missing"]);

    let mut story = Story::good();
    let mut shown = story.rows.clone();
    shown.pop();
    shown[0].timeline = timeline(7);
    story.shown = Some(shown);
    let verdict = story.judge();
    assert_eq!(names(&verdict), ["follower-differs", "return-differs"]);
    let differs = Breach::FollowerDiffers {
        missing: 2,
        surplus: 1,
    };
    assert_eq!(verdict.breaches[0], differs);
}

#[test]
fn a_return_home_that_failed_misses_the_promise() {
    let mut story = Story::good();
    story.parameters.aftermath.returned = ReturnFate::Failed {
        reason: "refused".to_owned(),
    };
    assert_eq!(names(&story.judge()), ["not-returned"]);
}

#[test]
fn duplicated_rows_are_found() {
    let mut story = Story::good();
    let row = story.rows[0].clone();
    story.rows.push(row);
    let found = names(&story.judge());
    assert_eq!(found[0], "duplicates");
}

#[test]
fn rows_no_client_wrote_or_whose_write_was_refused_are_found() {
    let mut story = Story::good();
    story.rows.push(WrittenRow {
        client: 40,
        seq: 0,
        timeline: timeline(2),
        at: ms(15_000),
    });
    story.histories[0].attempts[0].outcome = AttemptOutcome::Failed {
        at: ms(8_002),
        error: "refused".to_owned(),
    };
    let verdict = story.judge();
    assert_eq!(names(&verdict), ["phantoms"]);
    assert_eq!(verdict.phantoms, 2);
}

#[test]
fn a_row_on_another_timeline_than_acknowledged_is_found() {
    let mut story = Story::good();
    story.rows[0].timeline = timeline(2);
    // A forged row also forges the begin of its timeline; every acknowledgement since is out of epoch.
    assert!(names(&story.judge()).contains(&"changed".to_owned()));
}

#[test]
fn an_unknown_outcome_excuses_a_row_from_being_there_and_from_being_absent() {
    for present in [true, false] {
        let mut story = Story::good();
        story.histories[0].attempts[5].outcome = AttemptOutcome::Unknown {
            at: ms(9_000),
            error: "no answer".to_owned(),
        };
        if !present {
            story.remove_row(0, 5);
        }
        assert!(story.judge().kept());
    }
}

#[test]
fn a_drill_without_load_or_with_a_wall_clock_that_was_set_keeps_no_promise() {
    let mut story = Story::good();
    story.histories.clear();
    story.rows.clear();
    assert!(names(&story.judge()).contains(&"no-load".to_owned()));

    let mut story = Story::good();
    story.parameters.clock_step = Duration::from_secs(3);
    assert_eq!(names(&story.judge()), ["clock-stepped"]);
}

#[test]
fn loss_after_the_fault_counts_from_the_first_such_write_to_the_last() {
    let mut story = Story::good();
    for (client, at) in [(0, 14_000), (2, 14_700)] {
        story.plant_stale(client);
        let history = &mut story.histories[client];
        history.attempts.last_mut().unwrap().outcome = AttemptOutcome::Acknowledged {
            received_at: ms(at),
            timeline: timeline(1),
        };
    }
    let verdict = story.judge();
    assert!(verdict.kept(), "{:?}", verdict.breaches);
    assert_eq!(verdict.lost.len(), 2);
    assert_eq!(verdict.loss, Duration::from_millis(700));
}

#[test]
fn a_frozen_primary_loses_nothing_by_the_time_it_stood_still() {
    let mut story = Story::good();
    story.parameters.scenario = Scenario::Freeze;
    story.parameters.healed_at = ms(14_000);
    // One slipped out before the last process had stopped, two after the thaw.
    for (client, at) in [(0, FAULT_MS + 1), (1, 14_010), (2, 14_030)] {
        story.plant_stale(client);
        let history = &mut story.histories[client];
        history.attempts.last_mut().unwrap().outcome = AttemptOutcome::Acknowledged {
            received_at: ms(at),
            timeline: timeline(1),
        };
    }
    let verdict = story.judge();
    assert_eq!(verdict.lost.len(), 3);
    assert_eq!(verdict.loss, Duration::from_millis(20));
}

#[test]
fn a_server_that_served_again_only_when_it_was_let_go_has_overcome_nothing() {
    for (scenario, overcome_at, expected) in [
        (Scenario::Hang, None, &["not-overcome"][..]),
        (Scenario::Hang, Some(ms(12_000)), &[][..]),
        // Elsewhere that no other region took over is told by the follower that is missing.
        (Scenario::Freeze, None, &[][..]),
    ] {
        let mut story = Story::good();
        story.parameters.scenario = scenario;
        story.parameters.overcome_at = overcome_at;
        assert_eq!(names(&story.judge()), expected, "{scenario}");
    }
}

proptest! {
    /// Whatever acknowledged rows are taken away, exactly these are listed as lost, and taking away any
    /// row but a tail of the old timeline misses the promise.
    #[test]
    fn exactly_the_rows_taken_away_are_lost(taken in prop::collection::btree_set(0usize..1_350, 0..8)) {
        let mut story = Story::good();
        let expected: BTreeSet<_> = taken
            .iter()
            .filter_map(|index| story.rows.get(*index))
            .map(WrittenRow::key)
            .collect();
        story.rows.retain(|row| !expected.contains(&row.key()));
        let verdict = story.judge();
        let found: BTreeSet<_> = verdict.lost.iter().map(|lost| (lost.client, lost.seq)).collect();
        prop_assert_eq!(found, expected);
    }
}
