//! Between the store's records and the decision core's own types: one place, both directions.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_coordination::record;
use standfast_failover as core;

pub(crate) fn lease_to_core(lease: record::Lease) -> core::Lease {
    core::Lease {
        epoch: lease.epoch,
        holder: lease.holder,
        incarnation: lease.incarnation,
        renewal: lease.renewal,
        state: match lease.state {
            record::LeaseState::Held => core::LeaseState::Held,
            record::LeaseState::Released { position, to } => {
                core::LeaseState::Released { position, to }
            }
        },
        timeline: lease.timeline,
        timeline_reserved: lease.timeline_reserved,
        position: lease.position.map(|at| core::Position {
            timeline: at.timeline,
            lsn: at.lsn,
            renewal: at.renewal,
        }),
    }
}

pub(crate) fn lease_to_record(lease: core::Lease) -> record::Lease {
    record::Lease {
        epoch: lease.epoch,
        holder: lease.holder,
        incarnation: lease.incarnation,
        renewal: lease.renewal,
        state: match lease.state {
            core::LeaseState::Held => record::LeaseState::Held,
            core::LeaseState::Released { position, to } => {
                record::LeaseState::Released { position, to }
            }
        },
        timeline: lease.timeline,
        timeline_reserved: lease.timeline_reserved,
        position: lease.position.map(|at| record::Position {
            timeline: at.timeline,
            lsn: at.lsn,
            renewal: at.renewal,
        }),
    }
}

pub(crate) fn peer_to_core(member: record::Member) -> core::Peer {
    core::Peer {
        node: member.node,
        published: member.published,
        role: match member.role {
            record::Role::Primary => core::PeerRole::Primary,
            record::Role::Standby => core::PeerRole::Standby,
            record::Role::None => core::PeerRole::None,
        },
        epoch: member.epoch,
        timeline: member.timeline,
        position: member.position,
        streaming: member.streaming,
    }
}

pub(crate) fn request_to_core(request: record::Request) -> Option<core::Request> {
    let state = match request.state {
        record::RequestState::Open => core::RequestState::Open,
        record::RequestState::Begun => core::RequestState::Begun,
        record::RequestState::Done { .. } | record::RequestState::Refused { .. } => return None,
    };
    let kind = match request.kind {
        record::RequestKind::Switchover { to } => core::RequestKind::Switchover { to },
        record::RequestKind::Failover { to, accept_loss_ms } => core::RequestKind::Failover {
            to,
            accept_loss: accept_loss_ms.map(Duration::from_millis),
        },
    };
    Some(core::Request {
        id: request.id,
        kind,
        state,
    })
}

pub(crate) fn fork_to_core(fork: record::Fork) -> core::Fork {
    core::Fork {
        parent: fork.parent,
        timeline: fork.timeline,
        position: fork.position,
    }
}

pub(crate) fn fork_to_record(fork: core::Fork) -> record::Fork {
    record::Fork {
        parent: fork.parent,
        timeline: fork.timeline,
        position: fork.position,
    }
}

pub(crate) fn kind_to_record(kind: core::TransitionKind) -> record::TransitionKind {
    match kind {
        core::TransitionKind::Bootstrap => record::TransitionKind::Bootstrap,
        core::TransitionKind::Switchover => record::TransitionKind::Switchover,
        core::TransitionKind::Failover => record::TransitionKind::Failover,
        core::TransitionKind::Retake => record::TransitionKind::Retake,
    }
}

/// The forks of all transitions, and when the last automatic failover was unless something planned
/// came after it.
pub(crate) fn history(
    transitions: &BTreeMap<u64, record::Transition>,
) -> (Vec<core::Fork>, Option<standfast_units::WallTime>) {
    let forks = transitions
        .values()
        .filter_map(|each| each.fork)
        .map(fork_to_core)
        .collect();
    let last = transitions
        .values()
        .rev()
        .find(|each| each.kind != record::TransitionKind::Retake)
        .filter(|each| each.kind == record::TransitionKind::Failover)
        .and_then(|each| each.steps.get(&record::Step::Fenced).copied());
    (forks, last)
}
