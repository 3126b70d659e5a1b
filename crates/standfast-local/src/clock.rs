//! The one place of this crate where the clock is read and time is waited for.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use standfast_units::Timestamp;

/// Now, on `CLOCK_BOOTTIME`.
pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Boottime);
    // The clock counts from boot and is never negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Timestamp::from_nanos(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

/// Waits for `span`: between two looks at something that cannot wake us, or for a backoff to pass.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that waits; callers poll a state under a deadline"
)]
pub(crate) async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Waits until `instant`.
pub(crate) async fn until(instant: Timestamp) {
    pause(instant.since(now())).await;
}
