//! Findings against what was promised: each difference is a breach, and any breach misses the promise.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::breach::{Breach, Count};
use super::verdict::DrillVerdict;
use super::{Aftermath, FollowerFate, Key, Parameters, ReturnFate, acknowledged_at};
use crate::defaults;
use crate::history::{ClientHistory, Path};
use crate::rows::WrittenRow;
use crate::scenario::script::{LossAllowed, WayBack};
use crate::status::CommitPromise;

/// Everything that makes the promise missed.
pub(super) fn breaches(
    verdict: &DrillVerdict,
    table: &BTreeMap<Key, &WrittenRow>,
    parameters: &Parameters,
    histories: &[ClientHistory],
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    measurable(&mut breaches, parameters, histories);
    time_and_loss(&mut breaches, verdict, parameters);
    integrity(&mut breaches, verdict);
    let through_proxy = verdict.stale_through_proxy();
    if through_proxy > 0 {
        breaches.push(Breach::StaleThroughProxy {
            count: through_proxy,
        });
    }
    let direct = verdict.stale.len() - through_proxy;
    // Without the commit gate (P19) nothing on the server's side stops the answers of an asynchronous
    // primary that was frozen past its deadline; they are reported, and are loss where they are lost.
    let gated = match parameters.durability {
        CommitPromise::Async => false,
        CommitPromise::Bounded | CommitPromise::Zero => true,
    };
    if direct > 0 && gated {
        breaches.push(Breach::StaleDirect { count: direct });
    }
    aftermath(&mut breaches, table, &parameters.aftermath);
    breaches
}

/// A drill that measured nothing has kept no promise.
fn measurable(breaches: &mut Vec<Breach>, parameters: &Parameters, histories: &[ClientHistory]) {
    let before = acknowledged_at(histories, None)
        .first()
        .is_some_and(|at| *at <= parameters.fault_at);
    if !before {
        breaches.push(Breach::NoLoad);
    }
    if parameters.clock_step > defaults::CLOCK_STEP_MAX {
        breaches.push(Breach::ClockStepped {
            by: parameters.clock_step,
        });
    }
}

fn time_and_loss(breaches: &mut Vec<Breach>, verdict: &DrillVerdict, parameters: &Parameters) {
    let rto = Duration::from_millis(parameters.promise.rto_ms);
    let rpo = Duration::from_millis(parameters.promise.rpo_ms);
    if !verdict.outage.ended {
        breaches.push(Breach::NeverRecovered {
            after: verdict.outage.length,
        });
    } else if verdict.outage.length > rto {
        breaches.push(Breach::OutageTooLong {
            measured: verdict.outage.length,
            promised: rto,
        });
    }
    match parameters.scenario.script().afterwards {
        // That no other server took over to be followed is a breach of its own.
        WayBack::Follows => {}
        WayBack::FollowsOrServes => {
            if parameters.overcome_at.is_none() {
                breaches.push(Breach::NotOvercome {
                    lasted: parameters.healed_at.since(parameters.fault_at),
                });
            }
        }
    }
    // A path that stays closed is an outage for those who use it, however well the others fare. A
    // client that knows one address only is promised nothing.
    for (path, outage) in &verdict.outage_by_path {
        let promised = *path != Path::Direct;
        if promised && verdict.outage.ended && (!outage.ended || outage.length > rto) {
            breaches.push(Breach::PathTooLong {
                path: *path,
                measured: outage.length,
                promised: rto,
            });
        }
    }
    if verdict.loss > rpo {
        breaches.push(Breach::LossTooLarge {
            measured: verdict.loss,
            promised: rpo,
        });
    }
    if verdict.lost.is_empty() {
        return;
    }
    let count = verdict.lost.len();
    if parameters.durability == CommitPromise::Zero {
        breaches.push(Breach::LostDespiteZero { count });
    }
    match parameters.scenario.script().loss {
        LossAllowed::AsPromised => {}
        LossAllowed::None => breaches.push(Breach::LostInSwitchover { count }),
    }
}

fn integrity(breaches: &mut Vec<Breach>, verdict: &DrillVerdict) {
    let found = [
        (verdict.holes, Breach::Holes as fn(_) -> _),
        (verdict.lost_from_survivor, Breach::LostFromSurvivor),
        (verdict.phantoms, Breach::Phantoms),
        (verdict.duplicates, Breach::Duplicates),
        (verdict.changed, Breach::Changed),
    ];
    breaches.extend(
        found
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, breach)| breach(Count { count })),
    );
}

fn aftermath(
    breaches: &mut Vec<Breach>,
    table: &BTreeMap<Key, &WrittenRow>,
    aftermath: &Aftermath,
) {
    match &aftermath.follower {
        FollowerFate::Rejoined { rows } => {
            let (missing, surplus) = differences(table, rows);
            if missing + surplus > 0 {
                breaches.push(Breach::FollowerDiffers { missing, surplus });
            }
        }
        FollowerFate::Missing { reason } => breaches.push(Breach::FollowerMissing {
            reason: reason.clone(),
        }),
    }
    match &aftermath.returned {
        ReturnFate::Returned { rows } => {
            let (missing, surplus) = differences(table, rows);
            if missing + surplus > 0 {
                breaches.push(Breach::ReturnDiffers { missing, surplus });
            }
        }
        ReturnFate::Failed { reason } => breaches.push(Breach::NotReturned {
            reason: reason.clone(),
        }),
        ReturnFate::Stayed => {}
    }
}

/// How many rows of the table are not among `rows`, and how many of `rows` not in the table. A row that
/// differs in anything counts as both.
fn differences(table: &BTreeMap<Key, &WrittenRow>, rows: &[WrittenRow]) -> (usize, usize) {
    let mut missing = table.len();
    let mut surplus = 0;
    let mut seen = BTreeSet::new();
    for row in rows {
        let same = table.get(&row.key()).is_some_and(|ours| **ours == *row);
        if same && seen.insert(row.key()) {
            missing -= 1;
        } else {
            surplus += 1;
        }
    }
    (missing, surplus)
}
