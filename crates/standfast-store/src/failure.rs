//! Why the store does not do what it was asked; nothing was changed.

use serde::{Deserialize, Serialize};
use standfast_record::Revision;

/// Why the store does not do what it was asked; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The request is malformed, or there is no room.
    Refused {
        /// What is wrong with the request, or what there is no room for.
        reason: String,
    },
    /// The history that was asked for is gone.
    Compacted {
        /// The oldest revision that can still be watched from.
        oldest: Revision,
    },
    /// The watcher did not take its changes as fast as they came.
    Overrun {
        /// How many may wait.
        queued_max: usize,
    },
}

#[cfg(feature = "server")]
impl From<Failure> for standfast_coordination::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { reason } => Self::Refused { reason },
            Failure::Compacted { oldest } => Self::Compacted { oldest },
            Failure::Overrun { queued_max } => Self::Overrun { queued_max },
        }
    }
}
