//! Decisions in words that a reader of a scenario can follow.

use standfast_failover::{
    Acquisition, Action, Fork, Lease, LeaseState, RegionAction, RequestOutcome, TransitionKind,
};
use standfast_units::{Lsn, Node, Timestamp, format_duration};

fn whom(node: Option<&Node>) -> String {
    node.map_or_else(|| "nobody".to_owned(), ToString::to_string)
}

fn fork(fork: &Fork) -> String {
    format!("{}>{}@{}", fork.parent, fork.timeline, fork.position)
}

fn position(lease: &Lease) -> String {
    lease.position.map_or_else(
        || "no position".to_owned(),
        |at| format!("timeline {} at {}", at.timeline, at.lsn),
    )
}

fn acquire(acquisition: &Acquisition) -> String {
    let lease = &acquisition.lease;
    let kind = match acquisition.kind {
        TransitionKind::Bootstrap => "bootstrap",
        TransitionKind::Switchover => "switchover",
        TransitionKind::Failover => "failover",
        TransitionKind::Retake => "retake",
    };
    let loss = acquisition
        .loss_max
        .map_or_else(|| "nothing".to_owned(), format_duration);
    format!(
        "acquire epoch {} by {kind}, reserve timeline {}, loses at most {loss}",
        lease.epoch, lease.timeline
    )
}

fn release(lease: &Lease) -> String {
    let LeaseState::Released { position, to } = &lease.state else {
        return "release without a release".to_owned();
    };
    let end = position.map_or_else(|| "unknown".to_owned(), |at: Lsn| at.to_string());
    format!(
        "release epoch {}: the log ends at {end}, to {}",
        lease.epoch,
        whom(to.as_ref())
    )
}

pub(super) fn action(action: &Action, now: Timestamp) -> String {
    let left = |deadline: &Timestamp| format_duration(deadline.since(now));
    match action {
        Action::Acquire(acquisition) => acquire(acquisition),
        Action::Renew { lease, .. } => {
            format!("renew epoch {}: {}", lease.epoch, position(lease))
        }
        Action::Release { lease, .. } => release(lease),
        Action::InspectFolder => "inspect the folder".to_owned(),
        Action::Initialise { epoch } => format!("initialise under epoch {epoch}"),
        Action::StartPrimary {
            epoch, deadline, ..
        } => format!(
            "start as primary under epoch {epoch} for {}",
            left(deadline)
        ),
        Action::StartStandby { upstream } => {
            format!("start as standby of {}", whom(upstream.as_ref()))
        }
        Action::Follow { upstream } => format!("follow {upstream}"),
        Action::Promote {
            epoch,
            timeline,
            deadline,
            ..
        } => format!(
            "promote under epoch {epoch} onto timeline {timeline} for {}",
            left(deadline)
        ),
        Action::Prepare { epoch, standbys } => {
            let standbys: Vec<String> = standbys.iter().map(ToString::to_string).collect();
            format!("prepare under epoch {epoch} for {}", standbys.join(", "))
        }
        Action::StepDown { epoch, within } => format!(
            "step down under epoch {epoch} within {}",
            format_duration(*within)
        ),
        Action::StopStandby => "stop the standby".to_owned(),
        Action::Fence { reason } => format!("fence: {reason}"),
        Action::RecordSurplus { epoch, fork: at } => {
            format!("record the surplus past {} under epoch {epoch}", fork(at))
        }
        Action::Rewind { source } => format!("rewind to {source}"),
        Action::Clone { source } => format!("clone {source}"),
        Action::Answer { id, outcome } => match outcome {
            RequestOutcome::Begun => format!("answer {id}: begun"),
            RequestOutcome::Refused(why) => format!("answer {id}: refused, {why}"),
        },
        Action::Exit => "exit".to_owned(),
    }
}

pub(super) fn region_action(action: &RegionAction) -> String {
    match action {
        RegionAction::Verify { epoch, node } => format!("verify {node} under epoch {epoch}"),
        RegionAction::Redirect { epoch, node } => {
            format!("redirect the writer to {node} under epoch {epoch}")
        }
    }
}
