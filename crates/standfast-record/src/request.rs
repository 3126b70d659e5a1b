//! What operators ask for.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_units::{Epoch, Region, WallTime};

/// What an operator asked for. One at a time per database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Unique; sorts by time ([`crate::Ids`]).
    pub id: String,
    /// What is asked.
    pub kind: RequestKind,
    /// Who asked: user and host.
    pub asked_by: String,
    /// When it was asked, by the operator's wall clock.
    pub asked_at: WallTime,
    /// From when on it does not count any more: the operator has long looked elsewhere.
    pub expires_at: WallTime,
    /// What came of it.
    pub state: RequestState,
}

/// What is asked of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RequestKind {
    /// A planned change of primary that loses nothing.
    Switchover {
        /// The region that shall hold the primary.
        to: Region,
    },
    /// A change of primary while the present one cannot be asked.
    Failover {
        /// The region that shall hold the primary.
        to: Region,
        /// The loss, in time of writes, that the operator accepts by name; overrides `max_loss`.
        #[serde(rename = "accept_loss_ms", with = "crate::millis", default)]
        accept_loss: Option<Duration>,
    },
}

impl RequestKind {
    /// The region asked for.
    pub fn to(&self) -> &Region {
        match self {
            Self::Switchover { to } | Self::Failover { to, .. } => to,
        }
    }
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RequestState {
    /// Neither a primary nor a standby has acted on it.
    Open,
    /// The primary has begun to step down, or the standby to take over.
    Begun,
    /// Writes are verified in the new place.
    Done {
        /// The epoch that resulted.
        epoch: Epoch,
    },
    /// It was refused or given up; nothing has changed.
    Refused {
        /// Why, and what overrides it.
        reason: String,
    },
}

/// Present while decisions are paused: databases go on, no standby takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who asked: user and host.
    pub asked_by: String,
    /// When it was asked, by the operator's wall clock.
    pub asked_at: WallTime,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}
