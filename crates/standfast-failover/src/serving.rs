//! Who serves, and what comes of an operator's request once a new primary is written to: the two
//! questions that controllers ask beside the [`Redirector`](crate::Redirector).

use standfast_record::{Lease, LeaseState, Member, Request, RequestState, Role, Step, Succession};
use standfast_units::{Epoch, Node, Region};

/// A database that accepts writes under an epoch, as its agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// The epoch of the record of the right to write, which is held.
    pub epoch: Epoch,
    /// The holder.
    pub node: Node,
    /// Its region.
    pub region: Region,
}

/// Who serves: the holder of a held lease whose agent says that it serves under that very epoch. `fresh`
/// are the members that were heard of lately.
pub fn serving<'a>(
    lease: Option<&Lease>,
    fresh: impl IntoIterator<Item = &'a Member>,
) -> Option<Serving> {
    let lease = lease.filter(|lease| lease.state == LeaseState::Held)?;
    fresh
        .into_iter()
        .find(|member| {
            member.node == lease.holder
                && member.role == Role::Primary
                && member.epoch == Some(lease.epoch)
        })
        .map(|member| Serving {
            epoch: lease.epoch,
            node: member.node.clone(),
            region: member.region.clone(),
        })
}

/// What a request has come to, now that writes are verified under `succession`'s epoch; `None` when it is
/// about something else: it was answered already, or asked after that epoch had begun.
pub fn conclude(request: &Request, succession: &Succession) -> Option<RequestState> {
    match request.state {
        RequestState::Open | RequestState::Begun => {}
        RequestState::Done { .. } | RequestState::Refused { .. } => return None,
    }
    let began_at = succession.steps.get(&Step::Fenced)?;
    if request.asked_at > *began_at {
        return None;
    }
    Some(if succession.region == *request.kind.to() {
        RequestState::Done {
            epoch: succession.epoch,
        }
    } else {
        RequestState::Refused {
            reason: format!(
                "the primary is {} in {} now; ask again when that is not what you want",
                succession.node, succession.region
            ),
        }
    })
}
