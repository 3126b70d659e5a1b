//! Effects in words that a reader of a scenario can follow. An effect is named by its first words.

use std::fmt::Write as _;
use std::time::Duration;

use serde::de::DeserializeOwned;
use standfast_agent::{Effect, EngineCall};
use standfast_failover::Pace;
use standfast_guard::protocol::Request as Order;
use standfast_record::{
    Compare, Durability, Event, Fork, KeyValue, Lease, LeaseState, Loss, Member, Operation,
    Request, RequestState, Revision, Role, Step, Succession, SuccessionKind, Transaction,
};
use standfast_replication::{StartAs, Upstream};
use standfast_units::{Timestamp, format_duration};

/// `asked` has the words in which what is to be abandoned was asked for.
pub(super) fn effect(effect: &Effect, now: Timestamp, asked: impl Fn(&Effect) -> String) -> String {
    match effect {
        Effect::Read { key, .. } => format!("read {}", place(key)),
        Effect::Transact { transaction, .. } => transact(transaction),
        Effect::AskGuard {
            request, within, ..
        } => format!("guard: {}{}", order(request, now), bound(*within)),
        Effect::KillGuard => "kill the guard".to_owned(),
        Effect::AskEngine { call, within, .. } => {
            format!("engine: {}{}", engine(call), bound(*within))
        }
        Effect::Abandon(_) => format!("abandon {}", asked(effect)),
        Effect::Observe(Pace::Calm) => "observe calmly".to_owned(),
        Effect::Observe(Pace::Eager) => "observe eagerly".to_owned(),
        Effect::Exit => "exit".to_owned(),
    }
}

fn bound(within: Option<Duration>) -> String {
    within.map_or(String::new(), |within| {
        format!(", within {}", format_duration(within))
    })
}

fn order(request: &Order, now: Timestamp) -> String {
    let until = |at: &Timestamp| format!("in {}", format_duration(at.since(now)));
    match request {
        Order::Deadline { at, label } => format!("deadline {} for {label}", until(at)),
        Order::Start(start) => {
            let mut text = format!("start {} {}", start.program, start.arguments.join(" "));
            if let Some(at) = &start.deadline {
                let _ = write!(text, ", deadline {} for {}", until(at), start.label);
            }
            text
        }
        Order::Stop { within } => format!("stop in order for {}", format_duration(*within)),
        Order::Fence { reason } => format!("fence, {reason}"),
        Order::Hello | Order::Disarm | Order::Status | Order::Recheck | Order::Quit => {
            panic!("an agent's machine never asks its guard for {request:?}")
        }
    }
}

fn upstream(upstream: &Upstream) -> String {
    format!("{} at {}", upstream.node, upstream.address)
}

fn engine(call: &EngineCall) -> String {
    match call {
        EngineCall::Folder => "read the folder".to_owned(),
        EngineCall::LogEnd => "read the log's end".to_owned(),
        EngineCall::Initialise => "initialise".to_owned(),
        EngineCall::Provision => "provision".to_owned(),
        EngineCall::AdmitSessions => "admit sessions".to_owned(),
        EngineCall::EndSessions => "end sessions".to_owned(),
        EngineCall::Checkpoint => "checkpoint".to_owned(),
        EngineCall::SetUp(StartAs::Primary) => "set up as primary".to_owned(),
        EngineCall::SetUp(StartAs::Standby { upstream: None }) => "set up as standby".to_owned(),
        EngineCall::SetUp(StartAs::Standby {
            upstream: Some(whom),
        }) => format!("set up as standby of {}", upstream(whom)),
        EngineCall::Follow(whom) => format!("follow {}", upstream(whom)),
        EngineCall::KeepLogFor(standbys) => {
            let standbys: Vec<&str> = standbys.iter().map(standfast_units::Node::as_str).collect();
            format!("keep the log for {}", standbys.join(", "))
        }
        EngineCall::Promote { timeline, within } => format!(
            "promote onto timeline {timeline} within {}",
            format_duration(*within)
        ),
        EngineCall::Surplus {
            timeline,
            fork,
            keep_in,
        } => format!(
            "read the surplus past {fork} on timeline {timeline}, keep it in {}",
            keep_in.display()
        ),
        EngineCall::Rewind(source) => format!("rewind to {}", upstream(source)),
        EngineCall::Clone(source) => format!("clone {}", upstream(source)),
    }
}

/// `lease`, `request`, `succession 4`, `loss 4 east-1`, …
fn place(key: &str) -> String {
    let rest = key.strip_prefix("/standfast/shop/").unwrap();
    let number = |epoch: &str| epoch.trim_start_matches('0').to_owned();
    match rest.split('/').collect::<Vec<_>>()[..] {
        ["transition", "main", epoch] => format!("succession {}", number(epoch)),
        ["loss", "main", epoch, node] => format!("loss {} {node}", number(epoch)),
        [kind, "main"] => kind.to_owned(),
        _ => panic!("an agent reads and writes nothing at {key}"),
    }
}

fn transact(transaction: &Transaction) -> String {
    let puts: Vec<String> = transaction.then.iter().map(put).collect();
    let mut text = puts.join("\n  with ");
    for compare in &transaction.compare {
        match compare {
            Compare::Modified { key, revision } => {
                let _ = write!(text, "\n  if {} is of revision {}", place(key), revision.0);
            }
            Compare::Value { .. } => panic!("an agent compares no values"),
        }
    }
    text
}

fn put(operation: &Operation) -> String {
    let Operation::Put {
        key,
        value,
        durability,
    } = operation
    else {
        panic!("an agent deletes nothing");
    };
    let durable = *durability == Durability::Durable;
    if key.starts_with("/standfast-journal/shop/") {
        let event: Event = parse(value);
        let epoch = event
            .epoch
            .map_or(String::new(), |epoch| format!(" under epoch {epoch}"));
        return format!(
            "journal: {}{epoch} writes \"{}\", {}",
            event.by, event.what, event.detail
        );
    }
    if key.contains("/member/") {
        assert!(!durable, "a heartbeat is never waited for a disk for");
        return publish(&parse(value));
    }
    let text = if key.contains("/lease/") {
        lease(&parse(value))
    } else if key.contains("/transition/") {
        succession(&parse(value))
    } else if key.contains("/loss/") {
        loss(&parse(value))
    } else {
        request(&parse(value))
    };
    let volatile = if durable { "" } else { ", volatile" };
    format!("write {}: {text}{volatile}", place(key))
}

fn lease(lease: &Lease) -> String {
    let position = lease.position.map_or(String::new(), |at| {
        format!(", timeline {} at {}", at.timeline, at.lsn)
    });
    match &lease.state {
        LeaseState::Held => format!(
            "{} holds epoch {} as {}, renewal {}{position}",
            lease.holder, lease.epoch, lease.incarnation, lease.renewal
        ),
        LeaseState::Released { position, to } => {
            let end = position.map_or("unknown".to_owned(), |at| at.to_string());
            let to = to.as_ref().map_or("nobody", standfast_units::Node::as_str);
            format!(
                "{} releases epoch {}, the log ends at {end}, to {to}",
                lease.holder, lease.epoch
            )
        }
    }
}

fn fork(fork: &Fork) -> String {
    format!("{}>{}@{}", fork.parent, fork.timeline, fork.position)
}

fn succession(succession: &Succession) -> String {
    let kind = match succession.kind {
        SuccessionKind::Bootstrap => "bootstrap",
        SuccessionKind::Switchover => "switchover",
        SuccessionKind::Failover => "failover",
        SuccessionKind::Retake => "retake",
    };
    let loss = succession.loss_max.map_or(String::new(), |loss| {
        format!(", loses at most {}", format_duration(loss))
    });
    let fork = succession
        .fork
        .as_ref()
        .map_or(String::new(), |at| format!(", fork {}", fork(at)));
    let steps: Vec<&str> = succession.steps.keys().copied().map(step).collect();
    format!(
        "{kind} of {}, {}{loss}{fork}; {}",
        succession.node,
        succession.cause,
        steps.join(", ")
    )
}

fn step(step: Step) -> &'static str {
    match step {
        Step::LastSeen => "last seen",
        Step::Detected => "detected",
        Step::Decided => "decided",
        Step::Fenced => "fenced",
        Step::Promoted => "promoted",
        Step::Verified => "verified",
        Step::Redirected => "redirected",
        Step::Notified => "notified",
    }
}

fn loss(loss: &Loss) -> String {
    format!(
        "{} has {} transactions in {} past {}",
        loss.node,
        loss.transactions,
        loss.surplus,
        fork(&loss.fork)
    )
}

fn request(request: &Request) -> String {
    match &request.state {
        RequestState::Begun => format!("{} is begun", request.id),
        RequestState::Refused { reason } => format!("{} is refused, {reason}", request.id),
        RequestState::Open | RequestState::Done { .. } => {
            panic!("an agent neither opens a request nor says that it is done")
        }
    }
}

fn publish(member: &Member) -> String {
    let mut text = format!("publish {}: {}", member.published, member.state);
    match member.role {
        Role::Primary => text.push_str(", primary"),
        Role::Standby => text.push_str(", standby"),
        Role::None => text.push_str(", no role"),
    }
    if let Some(epoch) = member.epoch {
        let _ = write!(text, ", epoch {epoch}");
    }
    if let (Some(timeline), Some(position)) = (member.timeline, member.position) {
        let _ = write!(text, ", timeline {timeline} at {position}");
    }
    if member.streaming {
        text.push_str(", streaming");
    }
    if let Some(lag) = member.lag_bytes {
        let _ = write!(text, ", {lag} behind");
    }
    match member.holds.len() {
        0 => {}
        holds => {
            let _ = write!(text, ", holds for {holds}");
        }
    }
    text
}

fn parse<T: DeserializeOwned>(value: &str) -> T {
    let entry = KeyValue {
        key: String::new(),
        value: value.to_owned(),
        created: Revision(0),
        modified: Revision(0),
    };
    entry.record().unwrap()
}
