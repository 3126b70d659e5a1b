//! P1: the epoch grows by one with each acquisition, and no member takes the right over before the record
//! stood still for the whole lease, was released, or was the taker's own. P5: it is released only when
//! nothing of the holder's server runs. P11: a reserved timeline is never forgotten.

use std::time::Duration;

use standfast_record::{Lease, LeaseState};
use standfast_units::Epoch;

use super::{Verdict, demand};
use crate::node::Node;
use crate::queue::Time;

/// What the record said before, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Former {
    pub(crate) lease: Lease,
    pub(crate) changed_at: Time,
}

pub(crate) fn check(
    former: Option<&Former>,
    new: &Lease,
    now: Time,
    lease: Duration,
    nodes: &[Node],
) -> Verdict {
    let Some(former) = former else {
        return demand(new.epoch == Epoch::new(1), "P1", || {
            format!("the first epoch is {}", new.epoch)
        });
    };
    let old = &former.lease;
    let taken = new.incarnation != old.incarnation;
    demand(
        new.epoch.get() == old.epoch.get() + u64::from(taken),
        "P1",
        || format!("epoch {} follows epoch {}", new.epoch, old.epoch),
    )?;
    demand(
        new.timeline_reserved >= old.timeline_reserved,
        "P11",
        || "a reserved timeline is forgotten".to_owned(),
    )?;
    if taken {
        let own = old.holder == new.holder;
        let released = matches!(old.state, LeaseState::Released { .. });
        let still = Duration::from_nanos(now.saturating_sub(former.changed_at));
        // Two clocks drift apart by a hundredth of the lease at most, as the settings assume (P2).
        demand(
            own || released || still + lease / 100 >= lease,
            "P1",
            || {
                format!(
                    "{} takes over after {still:?}, the lease is {lease:?}",
                    new.holder
                )
            },
        )?;
    } else {
        demand(old.state == LeaseState::Held, "P1", || {
            "a released right is renewed".to_owned()
        })?;
    }
    if let LeaseState::Released { .. } = new.state
        && let Some(holder) = nodes.iter().find(|node| node.name == new.holder)
    {
        demand(!holder.server.runs(), "P5", || {
            format!("{} releases the right while its server runs", new.holder)
        })?;
    }
    Ok(())
}
