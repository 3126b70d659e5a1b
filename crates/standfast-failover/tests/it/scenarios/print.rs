//! Decisions in words that a reader of a scenario can follow.

use standfast_failover::{
    Acquisition, Action, Answer, DatabaseAction, RedirectAction, RightAction,
};
use standfast_record::{Fork, Lease, LeaseState, SuccessionKind};
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
        SuccessionKind::Bootstrap => "bootstrap",
        SuccessionKind::Switchover => "switchover",
        SuccessionKind::Failover => "failover",
        SuccessionKind::Retake => "retake",
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
    match action {
        Action::Right(RightAction::Acquire(acquisition)) => acquire(acquisition),
        Action::Right(RightAction::Renew { lease, .. }) => {
            format!("renew epoch {}: {}", lease.epoch, position(lease))
        }
        Action::Right(RightAction::Release { lease, .. }) => release(lease),
        Action::Database(action) => database_action(action, now),
        Action::Answer { id, answer } => match answer {
            Answer::Begun => format!("answer {id}: begun"),
            Answer::Refused(why) => format!("answer {id}: refused, {why}"),
        },
        Action::Exit => "exit".to_owned(),
    }
}

fn database_action(action: &DatabaseAction, now: Timestamp) -> String {
    let left = |deadline: &Timestamp| format_duration(deadline.since(now));
    match action {
        DatabaseAction::InspectFolder => "inspect the folder".to_owned(),
        DatabaseAction::Initialise { epoch } => format!("initialise under epoch {epoch}"),
        DatabaseAction::StartPrimary {
            epoch, deadline, ..
        } => format!(
            "start as primary under epoch {epoch} for {}",
            left(deadline)
        ),
        DatabaseAction::StartStandby { upstream } => {
            format!("start as standby of {}", whom(upstream.as_ref()))
        }
        DatabaseAction::Follow { upstream } => format!("follow {upstream}"),
        DatabaseAction::Promote {
            epoch,
            timeline,
            deadline,
            ..
        } => format!(
            "promote under epoch {epoch} onto timeline {timeline} for {}",
            left(deadline)
        ),
        DatabaseAction::Prepare { epoch, standbys } => {
            let standbys: Vec<String> = standbys.iter().map(ToString::to_string).collect();
            format!("prepare under epoch {epoch} for {}", standbys.join(", "))
        }
        DatabaseAction::StepDown { epoch, within } => format!(
            "step down under epoch {epoch} within {}",
            format_duration(*within)
        ),
        DatabaseAction::StopStandby => "stop the standby".to_owned(),
        DatabaseAction::Fence { reason } => format!("fence: {reason}"),
        DatabaseAction::RecordSurplus { epoch, fork: at } => {
            format!("record the surplus past {} under epoch {epoch}", fork(at))
        }
        DatabaseAction::Rewind { source } => format!("rewind to {source}"),
        DatabaseAction::Clone { source } => format!("clone {source}"),
    }
}

pub(super) fn region_action(action: &RedirectAction) -> String {
    match action {
        RedirectAction::Verify { epoch, node } => format!("verify {node} under epoch {epoch}"),
        RedirectAction::Redirect { epoch, node } => {
            format!("redirect the writer to {node} under epoch {epoch}")
        }
    }
}
