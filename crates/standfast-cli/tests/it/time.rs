//! The clock of histories, and waiting for a state under a deadline.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use standfast_units::Timestamp;

/// The longest a test waits for any state. A busy machine of two cores takes a few seconds for the
/// slowest (a fresh clone); what needs longer than this will not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// How often a state is looked at.
const POLL: Duration = Duration::from_millis(20);

pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Boottime);
    let nanos = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Timestamp::from_nanos(nanos.try_into().unwrap())
}

/// Waits until `probe` finds something.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "polls a state under a deadline")]
pub(crate) fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = now().after(PATIENCE);
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(now() < deadline, "waited in vain until {what}");
        std::thread::sleep(POLL);
    }
}
