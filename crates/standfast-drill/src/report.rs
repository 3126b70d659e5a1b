//! A drill's report: everything measured, in a versioned form.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::{Database, Epoch, Region, System};

use crate::defaults;
use crate::fault_record::FaultRecord;
use crate::judge::DrillVerdict;
use crate::millis;
use crate::phases::Phases;
use crate::plot::Plot;
use crate::scenario::Scenario;
use crate::scenario::script::{LossAllowed, OutageBound};
use crate::status::{CommitPromise, Objectives};

/// The version of the report's form.
pub(crate) const VERSION: u32 = 1;

/// A bound of the product, beside what its operator was promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// What is bounded, and by what.
    pub what: String,
    /// What was measured.
    pub measured: String,
    /// Whether it holds.
    pub met: bool,
}

/// Everything a drill found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillReport {
    /// The version of this form.
    pub version: u32,
    /// What was done.
    pub scenario: Scenario,
    /// To which system.
    pub system: System,
    /// The database that was written to.
    pub database: Database,
    /// Where the primary was before.
    pub region: Region,
    /// Where it was afterwards, when another region took over.
    pub successor: Option<Region>,
    /// Writes a second, all clients together.
    pub writes_per_second: u32,
    /// How many clients.
    pub clients: u32,
    /// What the blueprint promises.
    pub promise: Objectives,
    /// What the database promises.
    pub durability: CommitPromise,
    /// The lease, in milliseconds.
    pub lease_ms: u64,
    /// The hold-down, in milliseconds.
    pub hold_down_ms: u64,
    /// The fault.
    pub fault: FaultRecord,
    /// The epoch before.
    pub epoch_before: Option<Epoch>,
    /// The epoch that began.
    pub epoch_after: Option<Epoch>,
    /// What kind of change the product says it was, and why, in its words.
    pub cause: Option<String>,
    /// The phases, from the product's journal.
    pub phases: Phases,
    /// From the end of the fault until the former primary was a streaming follower.
    pub rejoined_after_ms: Option<u64>,
    /// The longest that the drill itself was not scheduled: no outage shorter than this proves anything.
    #[serde(rename = "stall_ms", with = "millis")]
    pub stall: Duration,
    /// What follows from histories and rows.
    pub verdict: DrillVerdict,
    /// Whether the promise was kept.
    pub kept: bool,
    /// The product's own bounds.
    pub bounds: Vec<Bound>,
    /// Acknowledgements over time.
    pub plot: Plot,
    /// The product's journal, as it is. Nothing above was read from it.
    pub journal: serde_json::Value,
}

/// The bounds that concern a scenario, and whether they hold.
pub(crate) fn bounds(
    scenario: Scenario,
    durability: CommitPromise,
    lease_and_hold_down: Duration,
    verdict: &DrillVerdict,
) -> Vec<Bound> {
    let script = scenario.script();
    let limit = match script.outage {
        OutageBound::LeaseAndHoldDown => Some((
            lease_and_hold_down + defaults::OUTAGE_SLACK,
            " (lease + hold-down + 500 ms)",
        )),
        OutageBound::Fixed(limit) => Some((limit, "")),
        OutageBound::Unstated => None,
    };
    let outage = verdict.outage;
    let mut bounds = vec![Bound {
        what: format!(
            "at least {} writes a second",
            defaults::WRITES_PER_SECOND_MIN
        ),
        measured: verdict.rate_before.to_string(),
        met: verdict.rate_before >= defaults::WRITES_PER_SECOND_MIN as usize,
    }];
    bounds.extend(limit.map(|(limit, from)| Bound {
        what: format!("write outage under {} ms{from}", limit.as_millis()),
        measured: format!("{} ms", outage.length.as_millis()),
        met: outage.ended && outage.length < limit,
    }));
    bounds.push(Bound {
        what: "no acknowledgement out of epoch through a proxy".to_owned(),
        measured: verdict.stale_through_proxy().to_string(),
        met: verdict.stale_through_proxy() == 0,
    });
    let lossless = match (script.loss, durability) {
        (LossAllowed::None, _) | (LossAllowed::AsPromised, CommitPromise::Zero) => true,
        (LossAllowed::AsPromised, CommitPromise::Async | CommitPromise::Bounded) => false,
    };
    if lossless {
        bounds.push(Bound {
            what: "no acknowledged write lost".to_owned(),
            measured: verdict.lost.len().to_string(),
            met: verdict.lost.is_empty(),
        });
    }
    bounds
}
