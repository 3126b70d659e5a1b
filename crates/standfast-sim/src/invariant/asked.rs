//! P17: nothing fails back by itself. A primary that serves steps down only for an operator.

use standfast_failover::{State, Transition};

use super::{Verdict, demand};
use crate::queue::Time;

/// `asked_until`: when the last request of any operator expires, if there was one.
pub(crate) fn check(transition: &Transition, now: Time, asked_until: Option<Time>) -> Verdict {
    let steps_down = transition.to == State::SteppingDown;
    let asked = asked_until.is_some_and(|until| now <= until);
    demand(!steps_down || asked, "P17", || {
        format!(
            "a primary steps down, and no operator asked: {}",
            transition.why
        )
    })
}
