//! Why an epoch began and how the change of primary went.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::{Epoch, Lsn, Node, Region, Timeline, WallTime};

/// Why an epoch began and how it went. Created in the transaction that acquires the lease, so that no
/// epoch is without its reason; completed step by step, each step at most once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The epoch that began.
    pub epoch: Epoch,
    /// Its holder.
    pub node: Node,
    /// The holder's region.
    pub region: Region,
    /// What kind of change it was.
    pub kind: SuccessionKind,
    /// The diagnosis it rests on, in words.
    pub cause: String,
    /// What was seen and by whom, in words.
    pub evidence: Vec<String>,
    /// The most that may be lost, in time of writes, as known when it was decided; `None`: nothing.
    #[serde(rename = "loss_max_ms", with = "crate::millis", default)]
    pub loss_max: Option<Duration>,
    /// Where its timeline leaves the one before.
    pub fork: Option<Fork>,
    /// When each step was done.
    pub steps: BTreeMap<Step, WallTime>,
}

/// What kind of change began an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuccessionKind {
    /// The first epoch of a new system.
    Bootstrap,
    /// Planned, nothing lost.
    Switchover,
    /// Unplanned: what the former holder had accepted and the taker had not received may be lost.
    Failover,
    /// The last holder took its right up again.
    Retake,
}

/// The steps of a change, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The last sign of the former holder, as seen by the taker.
    LastSeen,
    /// End of detect: a sign was missed.
    Detected,
    /// End of decide: everything but the fence was settled.
    Decided,
    /// End of fence: the former holder certainly accepts no write.
    Fenced,
    /// End of promote: the server accepts writes.
    Promoted,
    /// A write was read back under the new epoch.
    Verified,
    /// End of redirect: the writer name means the new primary.
    Redirected,
    /// People were told.
    Notified,
}

/// Where a timeline leaves its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The timeline it leaves.
    pub parent: Timeline,
    /// The new timeline.
    pub timeline: Timeline,
    /// The position where it leaves.
    pub position: Lsn,
}
