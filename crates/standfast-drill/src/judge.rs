//! Histories and rows in, verdict out. Pure: no clock, no network, nothing the product says of itself
//! except what it promises.
//!
//! What is looked for, and why each can be decided from these two sources alone:
//!
//! - **lost**: acknowledged, but not in the surviving database's table;
//! - **holes**: lost although a write that began after its acknowledgement survived on the same
//!   timeline. A lost tail is what asynchronous replication may cost; a hole is damage, whatever was
//!   promised, because the log is replicated in order;
//! - **lost from the survivor**: acknowledged on the timeline that survived, yet missing;
//! - **out of epoch**: acknowledged for an older timeline after a newer one had its first row;
//! - **phantoms**: rows no client sent, or whose write was answered with an error; **duplicates**;
//!   **changed** rows, which carry another timeline than was acknowledged.
//!
//! An attempt of unknown outcome excuses a row both from being there and from being absent, and
//! nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use standfast_units::{Timeline, Timestamp};

use crate::defaults;
use crate::gap::{longest_gap, resolution};
use crate::history::{AttemptOutcome, ClientHistory, Path};
use crate::rows::WrittenRow;
use crate::scenario::Scenario;
use crate::status::{CommitPromise, Objectives};

mod breach;
mod promise;
mod verdict;

pub use breach::{Breach, Count};
pub use verdict::{DrillVerdict, Lost, Outage, Stale, Writes};

/// How the server that must follow came out of it: the former primary or, where no other server took over
/// and none had to, a standby from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowerFate {
    /// It follows the primary; these are the rows it shows.
    Rejoined {
        /// The rows of the drill's table, read from the follower itself.
        rows: Vec<WrittenRow>,
    },
    /// It did not come back as a streaming follower in time.
    Missing {
        /// How it stood at the end.
        reason: String,
    },
}

/// How the return home went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnFate {
    /// The primary is where it was; these are the rows it shows.
    Returned {
        /// The rows of the drill's table, read from the primary after its return.
        rows: Vec<WrittenRow>,
    },
    /// It was asked for and did not come about.
    Failed {
        /// Why it failed.
        reason: String,
    },
    /// It was not asked for.
    Stayed,
}

/// What became of the system after the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aftermath {
    /// The server that must follow.
    pub follower: FollowerFate,
    /// The way home.
    pub returned: ReturnFate,
}

/// What a verdict depends on beside histories and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// What was done.
    pub scenario: Scenario,
    /// When the fault began: before the first signal was sent.
    pub fault_at: Timestamp,
    /// When clients began to write again although the fault went on; absent when it was let go first.
    pub overcome_at: Option<Timestamp>,
    /// When the fault was healed. A frozen primary writes nothing until then, and may go on afterwards.
    pub healed_at: Timestamp,
    /// When the clients were told to stop.
    pub load_until: Timestamp,
    /// What the blueprint promises.
    pub promise: Objectives,
    /// What the database promises.
    pub durability: CommitPromise,
    /// What became of the system.
    pub aftermath: Aftermath,
    /// By how much the wall clock was set during the drill.
    pub clock_step: Duration,
}

type Key = (u32, u64);

/// Judges a drill by what its clients saw (`histories`) and by what the surviving primary holds at the
/// end (`rows`).
pub fn judge(
    histories: &[ClientHistory],
    rows: &[WrittenRow],
    parameters: &Parameters,
) -> DrillVerdict {
    let fault_at = parameters.fault_at;
    let table: BTreeMap<Key, &WrittenRow> = rows.iter().map(|row| (row.key(), row)).collect();
    let lost = lost(histories, &table, fault_at);
    let stale = stale(histories, rows, fault_at);
    let (loss_before, loss_after) = loss_time(&lost, rows, histories, parameters);
    let mut verdict = DrillVerdict {
        outage: outage(histories, None, parameters),
        outage_by_path: Path::ALL
            .into_iter()
            .filter(|path| measures(histories, *path))
            .map(|path| (path, outage(histories, Some(path), parameters)))
            .collect(),
        resolution: resolution(&acknowledged_at(histories, None), fault_at),
        rate_before: rate_before(histories, fault_at),
        writes: count(histories),
        loss: loss_before + loss_after,
        holes: holes(&lost, rows),
        lost_from_survivor: lost_from_survivor(&lost, rows),
        phantoms: phantoms(histories, rows),
        duplicates: rows.len() - table.len(),
        changed: changed(histories, &table),
        lost,
        stale,
        breaches: Vec::new(),
    };
    verdict.breaches = promise::breaches(&verdict, &table, parameters, histories);
    verdict
}

fn measures(histories: &[ClientHistory], path: Path) -> bool {
    histories
        .iter()
        .any(|history| history.path == path && history.measures_outage())
}

/// Acknowledgements of the clients that measure the outage, sorted.
fn acknowledged_at(histories: &[ClientHistory], path: Option<Path>) -> Vec<Timestamp> {
    let mut times: Vec<_> = histories
        .iter()
        .filter(|history| history.measures_outage())
        .filter(|history| path.is_none_or(|path| history.path == path))
        .flat_map(ClientHistory::acknowledged_at)
        .collect();
    times.sort_unstable();
    times
}

fn outage(histories: &[ClientHistory], path: Option<Path>, parameters: &Parameters) -> Outage {
    let times = acknowledged_at(histories, path);
    let fault_at = parameters.fault_at;
    let mut gap = longest_gap(&times, fault_at, parameters.load_until);
    // The end of the load cuts a pause short: one that is no longer than the load that has to follow every
    // recovery is no outage that goes on.
    if !gap.ended && gap.length() < defaults::LOAD_AFTER {
        let last = times.last().copied().unwrap_or(fault_at);
        gap = longest_gap(&times, fault_at, last);
    }
    Outage {
        length: gap.length(),
        began_ms: offset_ms(gap.from, parameters.fault_at),
        ended: gap.ended,
    }
}

fn rate_before(histories: &[ClientHistory], fault_at: Timestamp) -> usize {
    let from = fault_at.before(Duration::from_secs(1));
    histories
        .iter()
        .flat_map(ClientHistory::acknowledged_at)
        .filter(|at| *at > from && *at <= fault_at)
        .count()
}

fn count(histories: &[ClientHistory]) -> Writes {
    let mut writes = Writes::default();
    for attempt in histories.iter().flat_map(|history| &history.attempts) {
        writes.attempted += 1;
        match attempt.outcome {
            AttemptOutcome::Acknowledged { .. } => writes.acknowledged += 1,
            AttemptOutcome::Failed { .. } => writes.failed += 1,
            AttemptOutcome::Unknown { .. } => writes.unknown += 1,
        }
    }
    writes
}

fn lost(
    histories: &[ClientHistory],
    table: &BTreeMap<Key, &WrittenRow>,
    fault_at: Timestamp,
) -> Vec<Lost> {
    let mut lost = Vec::new();
    for history in histories {
        for attempt in &history.attempts {
            if let Some((received_at, timeline)) = attempt.acknowledged()
                && !table.contains_key(&(history.client, attempt.seq))
            {
                lost.push(Lost {
                    client: history.client,
                    seq: attempt.seq,
                    path: history.path,
                    acknowledged_ms: offset_ms(received_at, fault_at),
                    timeline,
                    acknowledged_at: received_at,
                });
            }
        }
    }
    lost.sort_by_key(|lost| (lost.acknowledged_at, lost.client, lost.seq));
    lost
}

/// The times' worth of acknowledged writes that is gone: of what was acknowledged before the fault,
/// from the newest surviving row to the fault; of what was still acknowledged afterwards (a primary
/// that did not know it was superseded), from the first such write to the last, on either side of the
/// instant at which the fault was healed: while it is frozen a primary writes nothing that could be lost.
fn loss_time(
    lost: &[Lost],
    rows: &[WrittenRow],
    histories: &[ClientHistory],
    parameters: &Parameters,
) -> (Duration, Duration) {
    let (fault_at, healed_at) = (parameters.fault_at, parameters.healed_at);
    let before = if lost.iter().any(|lost| lost.acknowledged_at <= fault_at) {
        let first = histories
            .iter()
            .flat_map(|history| &history.attempts)
            .map(|attempt| attempt.sent_at)
            .min();
        let newest = rows
            .iter()
            .map(|row| row.at)
            .filter(|at| *at <= fault_at)
            .max();
        newest
            .or(first)
            .map_or(Duration::ZERO, |at| fault_at.since(at))
    } else {
        Duration::ZERO
    };
    // `lost` is sorted by when it was acknowledged.
    let span = |belongs: &dyn Fn(Timestamp) -> bool| {
        let mut late = lost
            .iter()
            .map(|lost| lost.acknowledged_at)
            .filter(|at| belongs(*at));
        match (late.next(), late.next_back()) {
            (Some(begin), Some(end)) => end.since(begin),
            _ => Duration::ZERO,
        }
    };
    let after = span(&|at| at > fault_at && at < healed_at) + span(&|at| at >= healed_at);
    (before, after)
}

/// Lost writes that were acknowledged before a surviving write of the same timeline was even begun.
fn holes(lost: &[Lost], rows: &[WrittenRow]) -> usize {
    let mut newest: BTreeMap<Timeline, Timestamp> = BTreeMap::new();
    for row in rows {
        let at = newest.entry(row.timeline).or_insert(row.at);
        *at = row.at.max(*at);
    }
    lost.iter()
        .filter(|lost| {
            newest.get(&lost.timeline).is_some_and(|newest| {
                *newest > lost.acknowledged_at.after(defaults::CLOCK_TOLERANCE)
            })
        })
        .count()
}

/// Lost writes that were acknowledged on the timeline that survived, or on one it came from later than
/// any row shows: the newest timeline any row is on.
fn lost_from_survivor(lost: &[Lost], rows: &[WrittenRow]) -> usize {
    let survivor = rows.iter().map(|row| row.timeline).max();
    lost.iter()
        .filter(|lost| survivor.is_none_or(|survivor| lost.timeline >= survivor))
        .count()
}

/// Acknowledgements for a timeline that arrived after a newer timeline had its first row. The begin of
/// an epoch is taken from the rows of the surviving database, so that an epoch no client could write in
/// has not begun for any client.
fn stale(histories: &[ClientHistory], rows: &[WrittenRow], fault_at: Timestamp) -> Vec<Stale> {
    let mut began: BTreeMap<Timeline, Timestamp> = BTreeMap::new();
    for row in rows {
        let at = began.entry(row.timeline).or_insert(row.at);
        *at = row.at.min(*at);
    }
    let superseded_at = |timeline: Timeline| {
        let newer = began.iter().filter(|(newer, _)| **newer > timeline);
        newer.map(|(_, at)| *at).min()
    };
    let mut stale = Vec::new();
    for history in histories {
        for attempt in &history.attempts {
            let Some((received_at, timeline)) = attempt.acknowledged() else {
                continue;
            };
            if let Some(superseded_at) = superseded_at(timeline)
                && received_at > superseded_at
            {
                stale.push(Stale {
                    client: history.client,
                    seq: attempt.seq,
                    path: history.path,
                    acknowledged_ms: offset_ms(received_at, fault_at),
                    late: received_at.since(superseded_at),
                    timeline,
                });
            }
        }
    }
    stale.sort_by_key(|stale| (stale.acknowledged_ms, stale.client, stale.seq));
    stale
}

/// Rows no client sent, or whose write was answered with an error.
fn phantoms(histories: &[ClientHistory], rows: &[WrittenRow]) -> usize {
    let possible: BTreeSet<Key> = histories
        .iter()
        .flat_map(|history| {
            history
                .attempts
                .iter()
                .filter(|attempt| !matches!(attempt.outcome, AttemptOutcome::Failed { .. }))
                .map(|attempt| (history.client, attempt.seq))
        })
        .collect();
    rows.iter()
        .filter(|row| !possible.contains(&row.key()))
        .count()
}

/// Rows on another timeline than the one they were acknowledged for.
fn changed(histories: &[ClientHistory], table: &BTreeMap<Key, &WrittenRow>) -> usize {
    histories
        .iter()
        .flat_map(|history| {
            history
                .attempts
                .iter()
                .map(move |attempt| (history, attempt))
        })
        .filter(|(history, attempt)| {
            let row = table.get(&(history.client, attempt.seq));
            let acknowledged = attempt.acknowledged();
            row.zip(acknowledged)
                .is_some_and(|(row, (_, timeline))| row.timeline != timeline)
        })
        .count()
}

/// Milliseconds from the fault to `at`, negative before it; rounded towards the fault.
pub(crate) fn offset_ms(at: Timestamp, fault_at: Timestamp) -> i64 {
    let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    if at >= fault_at {
        ms(at.since(fault_at))
    } else {
        -ms(fault_at.since(at))
    }
}

#[cfg(test)]
mod tests;
