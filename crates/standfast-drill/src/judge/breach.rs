//! The ways in which a promise is missed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::history::Path;
use crate::millis;

/// How many of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub count: usize,
}

/// One way in which the promise was missed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
#[non_exhaustive]
pub enum Breach {
    /// No write was acknowledged before the fault, so nothing was measured.
    #[error("no write was acknowledged before the fault; nothing was measured")]
    NoLoad,
    /// The wall clock was set during the drill; times of rows cannot be compared with those of clients.
    #[error("the wall clock was set by {} ms during the drill; its times prove nothing", .by.as_millis())]
    ClockStepped {
        /// By how much.
        #[serde(rename = "by_ms", with = "millis")]
        by: Duration,
    },
    /// No write was acknowledged any more until the load ended.
    #[error("no write was acknowledged again within {} ms", .after.as_millis())]
    NeverRecovered {
        /// How long the load went on without one.
        #[serde(rename = "after_ms", with = "millis")]
        after: Duration,
    },
    /// No client could write again until the drill itself let the fault go.
    #[error("no write was acknowledged until the drill let go, {} ms after the fault", .lasted.as_millis())]
    NotOvercome {
        /// How long the fault went on.
        #[serde(rename = "lasted_ms", with = "millis")]
        lasted: Duration,
    },
    /// Writes were impossible for longer than promised.
    #[error("writes were impossible for {} ms; promised are {} ms", .measured.as_millis(), .promised.as_millis())]
    OutageTooLong {
        /// The outage.
        #[serde(rename = "measured_ms", with = "millis")]
        measured: Duration,
        /// The promise.
        #[serde(rename = "promised_ms", with = "millis")]
        promised: Duration,
    },
    /// Writes by one path were impossible for longer than promised.
    #[error(
        "writes by {path} were impossible for {} ms; promised are {} ms",
        .measured.as_millis(),
        .promised.as_millis()
    )]
    PathTooLong {
        /// The path.
        path: Path,
        /// The outage.
        #[serde(rename = "measured_ms", with = "millis")]
        measured: Duration,
        /// The promise.
        #[serde(rename = "promised_ms", with = "millis")]
        promised: Duration,
    },
    /// More was lost than promised.
    #[error("{} ms of acknowledged writes were lost; promised are {} ms", .measured.as_millis(), .promised.as_millis())]
    LossTooLarge {
        /// The loss, in time's worth of writes.
        #[serde(rename = "measured_ms", with = "millis")]
        measured: Duration,
        /// The promise.
        #[serde(rename = "promised_ms", with = "millis")]
        promised: Duration,
    },
    /// Acknowledged writes were lost though the database promises none.
    #[error("{count} acknowledged writes were lost; the database promises none")]
    LostDespiteZero {
        /// How many.
        count: usize,
    },
    /// Acknowledged writes were lost in a planned move.
    #[error("{count} acknowledged writes were lost in a planned switchover")]
    LostInSwitchover {
        /// How many.
        count: usize,
    },
    /// Acknowledged writes are missing though later ones of their timeline survived.
    #[error("{} acknowledged writes are missing though later ones survived: damage, not a lost tail", .0.count)]
    Holes(Count),
    /// Writes are missing that were acknowledged on the timeline that survived.
    #[error("{} writes acknowledged on the timeline that survived are missing from it", .0.count)]
    LostFromSurvivor(Count),
    /// Rows are there that no client wrote, or whose write was refused.
    #[error("{} rows are there that no client wrote or whose write was refused", .0.count)]
    Phantoms(Count),
    /// Rows are there more than once.
    #[error("{} rows are there more than once", .0.count)]
    Duplicates(Count),
    /// Rows carry another timeline than was acknowledged.
    #[error("{} rows carry another timeline than was acknowledged", .0.count)]
    Changed(Count),
    /// A proxy passed on acknowledgements of an older epoch.
    #[error(
        "{count} acknowledgements of an older epoch came through a proxy after a newer one began"
    )]
    StaleThroughProxy {
        /// How many.
        count: usize,
    },
    /// A database with a commit gate acknowledged under an older epoch.
    #[error("{count} acknowledgements of an older epoch came from a database with a commit gate")]
    StaleDirect {
        /// How many.
        count: usize,
    },
    /// The former primary did not come back as a streaming follower.
    #[error("the former primary does not follow: {reason}")]
    FollowerMissing {
        /// How it stood.
        reason: String,
    },
    /// The follower shows other rows than the primary.
    #[error("the follower differs from the primary: {missing} rows missing, {surplus} too many")]
    FollowerDiffers {
        /// Rows only the primary has.
        missing: usize,
        /// Rows only the follower has.
        surplus: usize,
    },
    /// The switchover home failed.
    #[error("the primary did not return home: {reason}")]
    NotReturned {
        /// Why it failed.
        reason: String,
    },
    /// After the return home the rows differ from those before.
    #[error("the return home changed the rows: {missing} missing, {surplus} too many")]
    ReturnDiffers {
        /// Rows that are gone.
        missing: usize,
        /// Rows that were not there.
        surplus: usize,
    },
}
