//! The names of a system, through its life.

use standfast_units::{Epoch, Ttl};
use standfast_zone::{
    DatabaseNames, DnsZone, Generation, NameServer, RecordType, Refused, SystemNames, Writer,
};

use crate::sample::{name, show};

const WRITER: &str = "main-writer.pay.test";
const READER: &str = "main-reader.pay.test";

fn names(writer: Option<(u64, &str, &str)>, readers: &[&str]) -> SystemNames {
    SystemNames {
        zone: name("pay.test"),
        ttl: Ttl::seconds(1).unwrap(),
        name_servers: [("us-east-1", "127.7.1.1"), ("us-west-2", "127.7.2.1")]
            .map(|(region, address)| NameServer {
                region: region.parse().unwrap(),
                address: address.parse().unwrap(),
            })
            .into(),
        databases: vec![DatabaseNames {
            database: "main".parse().unwrap(),
            writer: writer.map(|(epoch, node, server)| Writer {
                epoch: Epoch::new(epoch),
                node: node.parse().unwrap(),
                server: server.parse().unwrap(),
            }),
            readers: readers.iter().map(|text| text.parse().unwrap()).collect(),
        }],
    }
}

#[track_caller]
fn check(zone: &DnsZone, at: &str, asked: RecordType, expected: &str) {
    let shown = show(&zone.answer(&name(at), asked));
    let lines: Vec<&str> = shown
        .lines()
        .filter(|line| !line.starts_with("soa"))
        .collect();
    assert_eq!(lines.join("; "), expected, "{at} {asked:?}");
}

#[test]
fn before_the_first_verified_write_the_names_exist_without_records() {
    let (zone, refused) = names(None, &[]).to_zone(Generation::new(1)).unwrap();
    assert_eq!(refused, []);
    check(&zone, WRITER, RecordType::A, "no data");
    check(&zone, READER, RecordType::A, "no data");
    check(&zone, "other-writer.pay.test", RecordType::A, "no name");
    check(
        &zone,
        "pay.test",
        RecordType::Ns,
        "found; pay.test. 1s NS ns-us-east-1.pay.test.; pay.test. 1s NS ns-us-west-2.pay.test.; \
         + ns-us-east-1.pay.test. 1s A 127.7.1.1; + ns-us-west-2.pay.test. 1s A 127.7.2.1",
    );
}

#[test]
fn the_reader_is_the_writer_when_there_is_no_standby() {
    let alone = names(Some((1, "main-us-east-1-1", "127.7.1.1:6432")), &[]);
    let (mut zone, _) = alone.to_zone(Generation::new(1)).unwrap();
    check(
        &zone,
        READER,
        RecordType::A,
        "found; main-reader.pay.test. 1s A 127.7.1.1",
    );
    let standby = names(
        Some((1, "main-us-east-1-1", "127.7.1.1:6432")),
        &["127.7.2.1:5440"],
    );
    assert_eq!(standby.publish_into(&mut zone), []);
    check(
        &zone,
        READER,
        RecordType::A,
        "found; main-reader.pay.test. 1s A 127.7.2.1",
    );
    assert_eq!(alone.publish_into(&mut zone), []);
    check(
        &zone,
        READER,
        RecordType::A,
        "found; main-reader.pay.test. 1s A 127.7.1.1",
    );
}

#[test]
fn a_failover_moves_the_writer_and_a_stale_plan_does_not_move_it_back() {
    let before = names(
        Some((1, "main-us-east-1-1", "127.7.1.1:6432")),
        &["127.7.2.1:5440"],
    );
    let after = names(Some((2, "main-us-west-2-1", "127.7.2.1:6432")), &[]);
    let (mut zone, _) = before.to_zone(Generation::new(1)).unwrap();
    assert_eq!(after.publish_into(&mut zone), []);
    let moved = zone.clone();
    check(
        &zone,
        WRITER,
        RecordType::A,
        "found; main-writer.pay.test. 1s A 127.7.2.1",
    );
    check(
        &zone,
        WRITER,
        RecordType::Txt,
        "found; main-writer.pay.test. 1s TXT epoch=2 node=main-us-west-2-1",
    );
    let refused = before.publish_into(&mut zone);
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused
            .iter()
            .all(|why| matches!(why, Refused::Older { .. })),
        "{refused:?}"
    );
    assert_eq!(zone, moved);
}

#[test]
fn a_plan_that_lost_its_contents_takes_no_answer_away() {
    let whole = names(
        Some((1, "main-us-east-1-1", "127.7.1.1:6432")),
        &["127.7.2.1:5440"],
    );
    let (mut zone, _) = whole.to_zone(Generation::new(1)).unwrap();
    let before = zone.clone();

    let refused = names(None, &[]).publish_into(&mut zone);
    assert_eq!(
        refused,
        [
            Refused::Empty { name: name(WRITER) },
            Refused::Empty { name: name(READER) },
        ]
    );
    assert_eq!(zone, before);

    let mut nothing = names(None, &[]);
    nothing.databases.clear();
    nothing.name_servers.clear();
    let refused = nothing.publish_into(&mut zone);
    assert!(
        matches!(refused[..], [Refused::NoNameServer { .. }]),
        "{refused:?}"
    );
    assert_eq!(zone, before);
}

#[test]
fn readers_are_served_before_there_is_a_writer() {
    let (zone, refused) = names(None, &["127.7.2.1:5440"])
        .to_zone(Generation::new(1))
        .unwrap();
    assert_eq!(refused, []);
    check(
        &zone,
        READER,
        RecordType::A,
        "found; main-reader.pay.test. 1s A 127.7.2.1",
    );
    check(&zone, WRITER, RecordType::A, "no data");
}

#[test]
fn publishing_the_same_names_again_changes_nothing() {
    let names = names(
        Some((1, "main-us-east-1-1", "127.7.1.1:6432")),
        &["127.7.2.1:5440", "127.7.3.1:5440"],
    );
    let (mut zone, _) = names.to_zone(Generation::new(1)).unwrap();
    let before = zone.clone();
    assert_eq!(names.publish_into(&mut zone), []);
    assert_eq!(zone, before);
}
