//! P7: an unplanned takeover says no more loss than the database's bound, unless an operator accepted it.

use std::time::Duration;

use standfast_record::{Succession, SuccessionKind};

use super::{Verdict, demand};

/// `accepted`: an operator named a loss.
pub(crate) fn check(succession: &Succession, max_loss: Duration, accepted: bool) -> Verdict {
    let within = succession.loss_max.is_none_or(|said| said <= max_loss);
    let holds = succession.kind != SuccessionKind::Failover || accepted || within;
    demand(holds, "P7", || {
        format!(
            "epoch {} was taken with a loss of {:?}, {max_loss:?} are allowed and no operator accepted more",
            succession.epoch, succession.loss_max
        )
    })
}
