//! A simulated store, holders and takers around [`Validity`], with a single true time that only the
//! checker knows. Reads, and the proxy itself, are delayed at will; takers are as fast as P1 allows,
//! on clocks that run as fast as P2 tolerates.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use standfast_units::{Epoch, Timestamp};

use super::{Proof, Validity};
use crate::source::{Renewal, Right, Sighting};
use crate::status::Cut;

const LEASE_MS: u64 = 1000;
const DRIFT_MS: u64 = 100;

/// How an epoch goes.
#[derive(Debug, Clone)]
struct Reign {
    /// The times between its renewals.
    renewals_ms: Vec<u64>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// Renewals cease; a taker takes over this long after the earliest allowed instant.
    Silence { slack_ms: u64 },
    /// The right is released after a while, and taken a while after that.
    Release { after_ms: u64, taken_after_ms: u64 },
}

/// One read, in milliseconds: how long the proxy waits before it, how long it takes to the store, and
/// how long its answer takes to be looked at.
#[derive(Debug, Clone, Copy)]
struct Read {
    wait: u64,
    out: u64,
    back: u64,
}

/// One write of the lease record.
#[derive(Debug, Clone, Copy)]
struct Write {
    at_ms: u64,
    epoch: u64,
    right: Right,
}

/// The end of an epoch that its holder did not announce: from this instant on another node may write.
#[derive(Debug, Clone, Copy)]
struct Takeover {
    epoch: u64,
    at_ms: u64,
}

fn play(reigns: &[Reign]) -> (Vec<Write>, Vec<Takeover>) {
    let (mut writes, mut takeovers) = (Vec::new(), Vec::new());
    let mut at_ms = 100;
    for (reign, epoch) in reigns.iter().zip(1..) {
        let held = |at_ms| Write {
            at_ms,
            epoch,
            right: Right::Held,
        };
        writes.push(held(at_ms));
        for gap_ms in &reign.renewals_ms {
            at_ms += gap_ms;
            writes.push(held(at_ms));
        }
        match reign.end {
            End::Silence { slack_ms } => {
                // The taker's clock may be fast: to it, the lease is over this early.
                at_ms += LEASE_MS - DRIFT_MS + slack_ms;
                takeovers.push(Takeover { epoch, at_ms });
            }
            End::Release {
                after_ms,
                taken_after_ms,
            } => {
                at_ms += after_ms;
                writes.push(Write {
                    right: Right::Released,
                    ..held(at_ms)
                });
                at_ms += taken_after_ms;
            }
        }
    }
    (writes, takeovers)
}

/// What a read that reaches the store at `at_ms` returns.
fn sight(writes: &[Write], at_ms: u64) -> Sighting {
    let seen = writes.iter().take_while(|write| write.at_ms <= at_ms);
    match seen.clone().last() {
        None => Sighting::ABSENT,
        Some(write) => Sighting {
            epoch: Epoch::new(write.epoch),
            renewal: Renewal(seen.count() as u64),
            right: write.right,
            writer: None,
        },
    }
}

/// From which instant the proxy counts. All but the first are bugs, planted to see them found.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// P22: before the last read that still showed the old renewal was sent.
    BeforeLastOld,
    /// The answer to that read.
    AnswerOfLastOld,
    /// Before the first read that showed the new renewal was sent.
    BeforeFirstNew,
}

/// Plays the reads and checks what may be forwarded between each of them and the next.
fn check(reigns: &[Reign], reads: &[Read], rule: Rule) -> Result<(), TestCaseError> {
    let (writes, takeovers) = play(reigns);
    let mut validity = Validity::new(
        Duration::from_millis(LEASE_MS),
        Duration::from_millis(DRIFT_MS),
    );
    // When the answer of each read was handled, what was proven from then on, what the store held.
    let mut states: Vec<(u64, Proof, Sighting)> = Vec::new();
    let mut now_ms = 0;
    for read in reads {
        let sent_at_ms = now_ms + read.wait;
        let sighting = sight(&writes, sent_at_ms + read.out);
        now_ms = sent_at_ms + read.out + read.back;
        let counted_ms = match rule {
            Rule::BeforeLastOld => sent_at_ms,
            Rule::AnswerOfLastOld => now_ms,
            Rule::BeforeFirstNew => {
                if let Some((_, _, last)) = states.last() {
                    validity.observe(Timestamp::from_millis(sent_at_ms), last.clone());
                }
                sent_at_ms
            }
        };
        validity.observe(Timestamp::from_millis(counted_ms), sighting.clone());
        states.push((now_ms, validity.proof().clone(), sighting));
    }
    for (index, (from_ms, proof, sighting)) in states.iter().enumerate() {
        let next_ms = states.get(index + 1).map_or(u64::MAX, |(next, ..)| *next);
        for Takeover { epoch, at_ms } in &takeovers {
            let Ok(until) = proof.until(Epoch::new(*epoch)) else {
                continue;
            };
            let forwards_until_ms = next_ms.min(until.as_nanos() / 1_000_000);
            prop_assert!(
                forwards_until_ms <= *at_ms.max(from_ms),
                "epoch {epoch} was taken over at {at_ms}, forwarded from {from_ms} to {forwards_until_ms}"
            );
        }
        if sighting.right == Right::Released {
            prop_assert!(proof.until(sighting.epoch).is_err(), "released, yet valid");
        }
        for older in 0..sighting.epoch.get() {
            prop_assert_eq!(proof.until(Epoch::new(older)), Err(Cut::Superseded));
        }
    }
    Ok(())
}

/// Mostly short, sometimes longer than a lease.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..150u64, 2 => 150..900u64, 1 => 900..3000u64]
}

fn reigns() -> impl Strategy<Value = Vec<Reign>> {
    let end = prop_oneof![
        (0..300u64).prop_map(|slack_ms| End::Silence { slack_ms }),
        (span(), span()).prop_map(|(after_ms, taken_after_ms)| End::Release {
            after_ms,
            taken_after_ms
        }),
    ];
    let reign = (prop::collection::vec(1..400u64, 0..12), end)
        .prop_map(|(renewals_ms, end)| Reign { renewals_ms, end });
    prop::collection::vec(reign, 1..5)
}

fn reads() -> impl Strategy<Value = Vec<Read>> {
    let read = (span(), span(), span()).prop_map(|(wait, out, back)| Read { wait, out, back });
    prop::collection::vec(read, 0..60)
}

proptest! {
    #[test]
    fn nothing_of_an_epoch_is_forwarded_once_another_node_may_write(
        reigns in reigns(),
        reads in reads(),
    ) {
        check(&reigns, &reads, Rule::BeforeLastOld)?;
    }

    /// The rule of `Settings::check`: a holder that renews in time is never cut off.
    #[test]
    fn a_holder_that_renews_in_time_stays_valid_without_a_gap(
        renew_every_ms in 20..200u64,
        poll_every_ms in 1..100u64,
        timeouts_ms in prop::collection::vec((0..60u64, 0..60u64), 20..200),
    ) {
        prop_assert!(renew_every_ms + 2 * poll_every_ms + 4 * 120 + DRIFT_MS < LEASE_MS);
        let reign = Reign {
            renewals_ms: vec![renew_every_ms; 2000],
            end: End::Silence { slack_ms: 0 },
        };
        let (writes, _) = play(&[reign]);
        let mut validity = Validity::new(
            Duration::from_millis(LEASE_MS),
            Duration::from_millis(DRIFT_MS),
        );
        let mut sent_at_ms = 150;
        let mut was_valid = false;
        for (out_ms, back_ms) in timeouts_ms {
            let now = Timestamp::from_millis(sent_at_ms + out_ms + back_ms);
            let valid_before = validity.proof().check(Epoch::new(1), now).is_ok();
            prop_assert!(valid_before || !was_valid, "a gap before {now}");
            validity.observe(
                Timestamp::from_millis(sent_at_ms),
                sight(&writes, sent_at_ms + out_ms),
            );
            was_valid = validity.proof().check(Epoch::new(1), now).is_ok();
            sent_at_ms += out_ms + back_ms + poll_every_ms;
        }
        prop_assert!(was_valid || sent_at_ms < 150 + 2 * (renew_every_ms + 220));
    }
}

#[test]
fn the_checker_finds_each_planted_bug() {
    for rule in [Rule::AnswerOfLastOld, Rule::BeforeFirstNew] {
        let found = TestRunner::deterministic().run(&(reigns(), reads()), |(reigns, reads)| {
            check(&reigns, &reads, rule)
        });
        assert!(
            matches!(found, Err(TestError::Fail(..))),
            "{rule:?} passed the checker"
        );
    }
}
