//! How far a drill has come, for the person who watches.

use std::fmt;
use std::time::Duration;

use standfast_units::{Region, format_duration};

use crate::scenario::Scenario;

/// A step a drill has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Milestone {
    /// It waits for the system to be well.
    Waiting,
    /// The clients begin to write.
    Loading,
    /// The fault begins.
    Striking {
        /// What is done.
        scenario: Scenario,
        /// To which region, or away from which.
        region: Region,
    },
    /// Clients write again, in spite of the fault.
    Overcome {
        /// What was done.
        scenario: Scenario,
        /// From the fault to the first of these writes that was acknowledged.
        after: Duration,
    },
    /// Clients did not write again in time.
    NotOvercome {
        /// What was done.
        scenario: Scenario,
    },
    /// Nothing is held down or stopped any more.
    LetGo {
        /// What was done.
        scenario: Scenario,
    },
    /// The former primary follows.
    Rejoined {
        /// From the end of the fault.
        after: Duration,
    },
    /// The former primary serves as before; no other server took over.
    ServesAgain {
        /// From the end of the fault.
        after: Duration,
    },
    /// The clients have stopped; rows are read and compared.
    Comparing,
    /// The primary is asked to return.
    Returning {
        /// Where to.
        region: Region,
    },
    /// The system is as before.
    Returned,
    /// It is over.
    Done {
        /// Whether the promise was kept.
        kept: bool,
    },
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting for the system to be well"),
            Self::Loading => f.write_str("clients begin to write"),
            Self::Striking { scenario, region } => write!(f, "{scenario} in {region} begins"),
            Self::Overcome { scenario, after } => {
                let overcome = scenario.script().lines.overcome;
                let after = format_duration(*after);
                write!(f, "{overcome}, {after} after the fault")
            }
            Self::NotOvercome { scenario } => f.write_str(scenario.script().lines.not_overcome),
            Self::LetGo { scenario } => f.write_str(scenario.script().lines.let_go),
            Self::Rejoined { after } => {
                write!(
                    f,
                    "the former primary follows, {} later",
                    format_duration(*after)
                )
            }
            Self::ServesAgain { after } => {
                let after = format_duration(*after);
                write!(f, "the primary serves as before, {after} later")
            }
            Self::Comparing => f.write_str("comparing what was acknowledged with what is there"),
            Self::Returning { region } => write!(f, "returning to {region}"),
            Self::Returned => f.write_str("the system is as before"),
            Self::Done { kept: true } => f.write_str("promise kept"),
            Self::Done { kept: false } => f.write_str("promise missed"),
        }
    }
}
