//! What a core concludes from what it saw.

use std::fmt;

/// The condition of a database. Each class has its own rule in [`crate::Member`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Diagnosis {
    /// Not enough was seen yet.
    Unknown,
    /// The holder renews and serves.
    Healthy,
    /// The holder renews, its server does not run: it restarts it, or hands over (P15).
    ProcessLost,
    /// The database was never created.
    NotCreated,
    /// The holder gave its right up.
    GivenUp,
    /// The holder is silent, its region is not: a standby in the region may go at once.
    NodeLost,
    /// The holder and all of its region are silent: hold-down applies.
    RegionLost,
    /// The holder does not reach the store, but others still reach its server: hold-down applies, and
    /// its own guard fences it.
    Partitioned,
    /// We do not reach the store ourselves: nothing can be concluded about another node.
    Isolated,
    /// The holder renews, but no controller reaches its server: told to people, never acted on alone.
    Grey,
}

impl Diagnosis {
    /// Its name in logs, journals and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::ProcessLost => "process lost",
            Self::NotCreated => "not created",
            Self::GivenUp => "given up",
            Self::NodeLost => "node lost",
            Self::RegionLost => "region lost",
            Self::Partitioned => "partitioned",
            Self::Isolated => "isolated",
            Self::Grey => "grey",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
