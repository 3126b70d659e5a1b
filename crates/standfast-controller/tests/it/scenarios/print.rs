//! Effects in words that a reader of a scenario can follow. An effect is named by its first words.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde::de::DeserializeOwned;
use standfast_controller::Effect;
use standfast_record::{
    Compare, Controller, Event, Operation, Request, RequestState, Succession, Transaction, Writer,
};
use standfast_units::Database;
use standfast_zone::{DnsName, DnsZone, RecordTarget, reader_name, writer_name};

pub(super) fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Read { key, .. } => format!("read {}", place(key)),
        Effect::Transact { transaction, .. } => transact(transaction),
        Effect::Verify {
            node,
            server,
            epoch,
            ..
        } => format!("verify {node} at {server} under epoch {epoch}"),
        Effect::Serve(zone) => serve(zone),
        Effect::Tell { text, .. } => format!("tell: {text}"),
        Effect::TrimJournal { keep } => format!("trim the journal to {keep}"),
    }
}

/// `lease`, `member west-1`, `succession 4`, …
fn place(key: &str) -> String {
    let rest = key.strip_prefix("/standfast/shop/").unwrap();
    match rest.split('/').collect::<Vec<_>>()[..] {
        ["transition", "main", epoch] => format!("succession {}", epoch.trim_start_matches('0')),
        [kind, "main"] => kind.to_owned(),
        [kind, "main", what] => format!("{kind} {what}"),
        _ => rest.to_owned(),
    }
}

fn transact(transaction: &Transaction) -> String {
    let mut puts = transaction.then.iter().map(|operation| match operation {
        Operation::Put { key, value, .. } => (key.as_str(), value.as_str()),
        Operation::Delete { .. } => panic!("a controller deletes nothing but the journal's end"),
    });
    let (key, value) = puts.next().unwrap();
    let mut text = if key.contains("/controller/") {
        publish(&parse(value))
    } else if key.contains("/writer/") {
        let writer: Writer = parse(value);
        let server = SocketAddr::new(writer.address, writer.port);
        format!(
            "write {}: {} at {server} under epoch {}",
            place(key),
            writer.node,
            writer.epoch
        )
    } else if key.contains("/request/") {
        let request: Request = parse(value);
        match request.state {
            RequestState::Done { epoch } => format!("write request: done under epoch {epoch}"),
            RequestState::Refused { reason } => format!("write request: refused, {reason}"),
            RequestState::Open | RequestState::Begun => panic!("a controller opens no request"),
        }
    } else {
        let succession: Succession = parse(value);
        let steps: Vec<String> = succession
            .steps
            .keys()
            .map(|step| format!("{step:?}").to_lowercase())
            .collect();
        format!("write {}: {}", place(key), steps.join(", "))
    };
    for compare in &transaction.compare {
        match compare {
            Compare::Modified { revision, .. } => {
                let _ = write!(text, ", if it is of revision {}", revision.0);
            }
            Compare::Value { .. } => panic!("a controller compares no values"),
        }
    }
    for (_, value) in puts {
        let event: Event = parse(value);
        let _ = write!(
            text,
            "\n  journal: {} writes \"{}\", {}",
            event.by, event.what, event.detail
        );
    }
    text
}

fn parse<T: DeserializeOwned>(value: &str) -> T {
    serde_json::from_str(value).unwrap()
}

fn publish(controller: &Controller) -> String {
    let mut words = Vec::new();
    for (database, diagnosis) in &controller.diagnosis {
        words.push(format!("{database}: {diagnosis}"));
    }
    for (node, answers) in &controller.reachable {
        let answers = if *answers {
            "answers"
        } else {
            "does not answer"
        };
        words.push(format!("{node} {answers}"));
    }
    format!("publish {}: {}", controller.published, words.join("; "))
}

fn serve(zone: &DnsZone) -> String {
    let database = Database::new("main").unwrap();
    let names = [
        ("writer", writer_name(zone.origin(), &database).unwrap()),
        ("reader", reader_name(zone.origin(), &database).unwrap()),
    ];
    let names = names.map(|(what, name)| format!("{what} {}", meaning(zone, &name)));
    format!("serve {}: {}", zone.generation(), names.join(", "))
}

fn meaning(zone: &DnsZone, name: &DnsName) -> String {
    let Some(set) = zone.published(name) else {
        return "means nothing".to_owned();
    };
    let RecordTarget::Servers(servers) = &set.target else {
        panic!("a database's name means servers");
    };
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    let node = set
        .node
        .as_ref()
        .map_or(String::new(), |node| format!("{node} at "));
    let epoch = zone.epoch(name).unwrap();
    format!("means {node}{} (epoch {epoch})", servers.join(" "))
}
