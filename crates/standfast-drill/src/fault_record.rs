//! When a fault struck, what it reached and how long it went on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::WallTime;

use crate::millis;

/// What was done, and how long that took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Before the first signal, or the request.
    pub at: WallTime,
    /// How many processes were killed or stopped.
    pub processes: usize,
    /// From the first signal until none was left, or from the request until it was granted.
    #[serde(rename = "took_ms", with = "millis")]
    pub took: Duration,
    /// How long the fault was kept up.
    #[serde(rename = "lasted_ms", with = "millis")]
    pub lasted: Duration,
}
