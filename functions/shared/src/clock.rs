//! The clock: how much of an invocation is left. The one file of the functions that reads it.

use std::time::{Duration, SystemTime};

/// How long until `deadline_at`; nothing when it has passed.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the clock"
)]
pub fn remaining(deadline_at: SystemTime) -> Duration {
    deadline_at
        .duration_since(SystemTime::now())
        .unwrap_or(Duration::ZERO)
}
