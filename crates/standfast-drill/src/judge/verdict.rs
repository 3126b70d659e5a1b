//! What a verdict consists of.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::{Timeline, Timestamp};

use super::breach::Breach;
use crate::history::Path;
use crate::millis;

/// An outage as clients saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// From the last acknowledgement before it to the first after it.
    #[serde(rename = "length_ms", with = "millis")]
    pub length: Duration,
    /// When the last acknowledgement before it arrived, in milliseconds after the fault.
    pub began_ms: i64,
    /// Whether an acknowledgement ended it while the load was on.
    pub ended: bool,
}

/// How many writes there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// All attempts.
    pub attempted: u64,
    /// Confirmed by the server.
    pub acknowledged: u64,
    /// Certainly not done.
    pub failed: u64,
    /// Sent, and never answered.
    pub unknown: u64,
}

/// An acknowledged write that the surviving database does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The client.
    pub client: u32,
    /// The row's number within its client.
    pub seq: u64,
    /// The path it was written by.
    pub path: Path,
    /// When it was acknowledged, in milliseconds after the fault.
    pub acknowledged_ms: i64,
    /// The timeline it was acknowledged for.
    pub timeline: Timeline,
    /// When it was acknowledged, on the boot-time clock.
    pub acknowledged_at: Timestamp,
}

/// An acknowledgement for an older timeline after a newer one had begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// The client.
    pub client: u32,
    /// The row's number within its client.
    pub seq: u64,
    /// The path it was written by.
    pub path: Path,
    /// When it was acknowledged, in milliseconds after the fault.
    pub acknowledged_ms: i64,
    /// How long after the newer timeline's first row.
    #[serde(rename = "late_ms", with = "millis")]
    pub late: Duration,
    /// The older timeline.
    pub timeline: Timeline,
}

/// What a drill found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillVerdict {
    /// The outage, all measuring clients taken together.
    pub outage: Outage,
    /// The outage for the users of each path.
    pub outage_by_path: BTreeMap<Path, Outage>,
    /// The longest gap between acknowledgements before the fault: how finely the load measures.
    #[serde(rename = "resolution_ms", with = "millis")]
    pub resolution: Duration,
    /// Acknowledgements in the last second before the fault, pinned clients included: the load as it was.
    pub rate_before: usize,
    /// How many writes there were.
    pub writes: Writes,
    /// The acknowledged writes that were lost, oldest first.
    pub lost: Vec<Lost>,
    /// The time's worth of acknowledged writes that was lost: the measured RPO.
    #[serde(rename = "loss_ms", with = "millis")]
    pub loss: Duration,
    /// How many of the lost are holes.
    pub holes: usize,
    /// How many of the lost were acknowledged on the timeline that survived.
    pub lost_from_survivor: usize,
    /// Acknowledgements out of epoch, oldest first.
    pub stale: Vec<Stale>,
    /// Rows no client wrote.
    pub phantoms: usize,
    /// Rows that are there more than once.
    pub duplicates: usize,
    /// Rows on another timeline than acknowledged.
    pub changed: usize,
    /// Every way in which the promise was missed.
    pub breaches: Vec<Breach>,
}

impl DrillVerdict {
    /// Whether the promise was kept.
    pub fn kept(&self) -> bool {
        self.breaches.is_empty()
    }

    /// How many acknowledgements out of epoch came through a proxy.
    pub fn stale_through_proxy(&self) -> usize {
        self.stale
            .iter()
            .filter(|stale| stale.path == Path::Proxy)
            .count()
    }
}
