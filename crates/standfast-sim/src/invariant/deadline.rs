//! P2: after a step, a member that holds the right has its deadline ahead, and one that leads holds it.

use standfast_failover::{Member, State};
use standfast_units::Timestamp;

use super::{Verdict, demand};

pub(crate) fn check(member: &Member, now: Timestamp) -> Verdict {
    if let Some(deadline) = member.deadline() {
        demand(now < deadline, "P2", || {
            "a member holds a right whose deadline has passed".to_owned()
        })?;
    }
    demand(
        member.state() != State::Leading || member.deadline().is_some(),
        "P2",
        || "a member leads without a right".to_owned(),
    )
}
