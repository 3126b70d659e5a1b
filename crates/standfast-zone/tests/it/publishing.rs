//! What may be published, and what is refused (P13).

use std::collections::BTreeMap;

use standfast_units::Epoch;
use standfast_zone::{Answer, DnsZone, Generation, Published, RecordType, Refused};

use crate::sample::{addresses, alias, name, servers, set, show, ttl, zone};

const WRITER: &str = "main-writer.pay.test";

fn epoch(number: u64) -> Epoch {
    Epoch::new(number)
}

fn writer(address: &str, node: &str) -> standfast_zone::RecordSet {
    servers(&[address], Some(node))
}

#[test]
fn an_older_epoch_is_refused_and_the_newer_answer_stays() {
    let mut zone = zone();
    let at = name(WRITER);
    let newer = writer("127.0.2.1:6432", "main-west-1");
    assert_eq!(
        zone.publish(&at, epoch(8), newer.clone()),
        Ok(Published::Changed)
    );
    let before = zone.clone();
    let refused = zone.publish(&at, epoch(7), writer("127.0.1.1:6432", "main-east-1"));
    assert_eq!(
        refused,
        Err(Refused::Older {
            name: at.clone(),
            offered: epoch(7),
            newest: epoch(8)
        })
    );
    assert_eq!(zone, before);
    assert_eq!(zone.published(&at), Some(&newer));
}

#[test]
fn an_older_epoch_is_refused_even_after_the_name_was_withdrawn() {
    let mut zone = zone();
    let at = name(WRITER);
    zone.publish(&at, epoch(8), writer("127.0.2.1:6432", "main-west-1"))
        .unwrap();
    assert_eq!(zone.withdraw(&at), Published::Changed);
    assert!(matches!(
        zone.answer(&at, RecordType::A),
        Answer::NoName { .. }
    ));
    let service = name("_postgresql._tcp.main-writer.pay.test");
    assert!(matches!(
        zone.answer(&service, RecordType::Srv),
        Answer::NoName { .. }
    ));
    assert!(matches!(
        zone.publish(&at, epoch(7), writer("127.0.1.1:6432", "main-east-1")),
        Err(Refused::Older { .. })
    ));
    // Reserving does not make the name forget either.
    zone.reserve(&at).unwrap();
    assert_eq!(zone.epoch(&at), Some(epoch(8)));
    assert_eq!(zone.withdraw(&at), Published::Unchanged);
}

#[test]
fn an_empty_set_is_refused_and_the_former_one_stays() {
    let mut zone = zone();
    let at = name(WRITER);
    for empty in [servers(&[], None), addresses(&[])] {
        assert_eq!(
            zone.publish(&at, epoch(1), empty),
            Err(Refused::Empty { name: at.clone() })
        );
    }
    zone.publish(&at, epoch(1), writer("127.0.1.1:6432", "main-east-1"))
        .unwrap();
    let before = zone.clone();
    assert!(zone.publish(&at, epoch(2), servers(&[], None)).is_err());
    assert_eq!(zone, before);
}

#[test]
fn an_equal_set_changes_nothing_in_whatever_order_it_is_written() {
    let mut zone = zone();
    let at = name("api.pay.test");
    zone.publish(&at, epoch(1), addresses(&["10.0.0.1", "10.0.0.2"]))
        .unwrap();
    let before = zone.clone();
    assert_eq!(
        zone.publish(
            &at,
            epoch(1),
            addresses(&["10.0.0.2", "10.0.0.1", "10.0.0.2"])
        ),
        Ok(Published::Unchanged)
    );
    assert_eq!(zone, before);
    // Under a newer epoch it is news: the TXT record says so.
    assert_eq!(
        zone.publish(&at, epoch(2), addresses(&["10.0.0.1", "10.0.0.2"])),
        Ok(Published::Changed)
    );
    assert_eq!(
        show(&zone.answer(&at, RecordType::Txt)),
        "found\napi.pay.test. 2s TXT epoch=2\n"
    );
}

#[test]
fn two_nodes_under_one_epoch_are_a_contradiction() {
    let mut zone = zone();
    let at = name(WRITER);
    zone.publish(&at, epoch(3), writer("127.0.1.1:6432", "main-east-1"))
        .unwrap();
    let refused = zone.publish(&at, epoch(3), writer("127.0.2.1:6432", "main-west-1"));
    assert!(
        matches!(refused, Err(Refused::Contradiction { .. })),
        "{refused:?}"
    );
    // The same node may move its door.
    assert_eq!(
        zone.publish(&at, epoch(3), writer("127.0.1.1:6433", "main-east-1")),
        Ok(Published::Changed)
    );
}

#[test]
fn each_change_raises_the_generation_and_refusals_do_not() {
    let mut zone = zone();
    let at = name(WRITER);
    assert_eq!(zone.generation().get(), 1);
    zone.reserve(&at).unwrap();
    assert_eq!(zone.generation().get(), 2);
    zone.reserve(&at).unwrap();
    zone.publish(&at, epoch(1), servers(&[], None)).unwrap_err();
    assert_eq!(zone.generation().get(), 2);
    zone.publish(&at, epoch(1), writer("127.0.1.1:6432", "main-east-1"))
        .unwrap();
    assert_eq!(zone.generation().get(), 3);
    zone.advance(Generation::new(2));
    assert_eq!(zone.generation().get(), 3);
    zone.advance(Generation::new(41));
    assert_eq!(
        show(&zone.answer(&name("pay.test"), RecordType::Soa)),
        "found\npay.test. 2s SOA ns-east.pay.test. hostmaster.pay.test. 41 5s\n"
    );
}

#[test]
fn the_serial_is_the_lower_half_of_the_generation() {
    assert_eq!(Generation::new(0x1_0000_0002).serial(), 2);
    assert_eq!(Generation::new(u64::MAX).next(), Generation::new(u64::MAX));
}

#[test]
fn names_outside_the_zone_and_its_apex_are_refused() {
    let mut zone = zone();
    for outside in ["pay.test", "test", "api.other.test", "."] {
        let at = name(outside);
        let refused = Refused::Outside {
            name: at.clone(),
            origin: name("pay.test"),
        };
        assert_eq!(
            zone.publish(&at, epoch(1), addresses(&["10.0.0.1"])),
            Err(refused.clone())
        );
        assert_eq!(zone.reserve(&at), Err(refused));
    }
}

#[test]
fn addresses_no_client_can_connect_to_are_refused() {
    let mut zone = zone();
    let at = name("api.pay.test");
    for bad in [
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "ff02::1",
        "::ffff:0.0.0.0",
    ] {
        let refused = zone.publish(&at, epoch(1), addresses(&["10.0.0.1", bad]));
        assert!(
            matches!(refused, Err(Refused::Unusable { .. })),
            "{bad}: {refused:?}"
        );
    }
    let refused = zone.publish(&at, epoch(1), servers(&["10.0.0.1:0"], None));
    assert!(
        matches!(refused, Err(Refused::NoPort { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_name_belongs_to_one_owner() {
    let mut zone = zone();
    let odd = servers(&["127.0.1.2:6432", "127.0.1.3:6433"], None);
    zone.publish(&name("r.pay.test"), epoch(1), odd).unwrap();
    for taken in [
        "ns-east.pay.test",
        "_postgresql._tcp.r.pay.test",
        "127-0-1-2.r.pay.test",
    ] {
        let refused = zone.publish(&name(taken), epoch(1), addresses(&["10.0.0.1"]));
        assert!(
            matches!(refused, Err(Refused::Taken { .. })),
            "{taken}: {refused:?}"
        );
    }
    zone.publish(
        &name("127-0-1-9.r.pay.test"),
        epoch(1),
        addresses(&["10.0.0.1"]),
    )
    .unwrap();
    let more = servers(&["127.0.1.2:6432", "127.0.1.9:6433"], None);
    let refused = zone.publish(&name("r.pay.test"), epoch(1), more);
    assert!(matches!(refused, Err(Refused::Taken { .. })), "{refused:?}");
    let servers = [(name("r.pay.test"), ["127.0.0.1".parse().unwrap()].into())];
    let refused = zone.delegate(ttl(), BTreeMap::from(servers));
    assert!(matches!(refused, Err(Refused::Taken { .. })), "{refused:?}");
}

#[test]
fn records_of_a_former_set_do_not_linger() {
    let mut zone = zone();
    let at = name("r.pay.test");
    let two = servers(&["127.0.1.2:6432", "127.0.1.3:6433"], None);
    zone.publish(&at, epoch(1), two).unwrap();
    zone.publish(&at, epoch(2), servers(&["127.0.1.3:6433"], None))
        .unwrap();
    let host = zone.answer(&name("127-0-1-2.r.pay.test"), RecordType::A);
    assert!(matches!(host, Answer::NoName { .. }), "{host:?}");
    zone.publish(&at, epoch(3), alias("api.pay.test")).unwrap();
    let service = zone.answer(&name("_postgresql._tcp.r.pay.test"), RecordType::Srv);
    assert!(matches!(service, Answer::NoName { .. }), "{service:?}");
}

#[test]
fn aliases_in_a_circle_are_refused() {
    let mut zone = zone();
    zone.publish(&name("a.pay.test"), epoch(1), alias("b.pay.test"))
        .unwrap();
    zone.publish(&name("b.pay.test"), epoch(1), alias("c.pay.test"))
        .unwrap();
    for (at, target) in [("c.pay.test", "a.pay.test"), ("d.pay.test", "d.pay.test")] {
        let refused = zone.publish(&name(at), epoch(1), alias(target));
        assert_eq!(refused, Err(Refused::Circle { name: name(at) }));
    }
}

#[test]
fn a_zone_has_a_name_server_with_an_address() {
    let build = |servers| DnsZone::new(name("pay.test"), Generation::new(1), ttl(), servers);
    assert!(matches!(
        build(BTreeMap::new()),
        Err(Refused::NoNameServer { .. })
    ));
    let nowhere = BTreeMap::from([(name("ns.pay.test"), [].into())]);
    assert!(matches!(build(nowhere), Err(Refused::Empty { .. })));
    let elsewhere = BTreeMap::from([(name("ns.test"), ["127.0.0.1".parse().unwrap()].into())]);
    assert!(matches!(build(elsewhere), Err(Refused::Outside { .. })));
}

#[test]
fn a_zone_with_too_long_a_derived_name_is_refused() {
    let label = "a".repeat(63);
    let origin = format!("{label}.{label}.{label}.test");
    let servers = BTreeMap::from([(
        name(&format!("ns.{origin}")),
        ["127.0.0.1".parse().unwrap()].into(),
    )]);
    let mut zone = DnsZone::new(name(&origin), Generation::new(1), ttl(), servers).unwrap();
    let at = name(&format!("{}.{origin}", "b".repeat(40)));
    let refused = zone.publish(&at, epoch(1), self::servers(&["127.0.0.1:1"], None));
    assert!(
        matches!(refused, Err(Refused::TooLong { .. })),
        "{refused:?}"
    );
    zone.publish(&at, epoch(1), addresses(&["127.0.0.1"]))
        .unwrap();
}

#[test]
fn a_zone_follows_another_only_forward() {
    let mut former = zone();
    let at = name(WRITER);
    former
        .publish(&at, epoch(8), writer("127.0.2.1:6432", "main-west-1"))
        .unwrap();
    former.reserve(&name("other-writer.pay.test")).unwrap();

    assert_eq!(former.check_follows(&former), Ok(()));
    let forgotten = zone();
    assert_eq!(
        forgotten.check_follows(&former),
        Err(Refused::Empty { name: at.clone() })
    );

    let mut older = zone();
    older
        .publish(&at, epoch(7), writer("127.0.1.1:6432", "main-east-1"))
        .unwrap();
    older.advance(Generation::new(99));
    assert!(matches!(
        older.check_follows(&former),
        Err(Refused::Older { .. })
    ));

    let mut earlier = zone();
    earlier
        .publish(&at, epoch(8), writer("127.0.2.1:6432", "main-west-1"))
        .unwrap();
    assert!(matches!(
        earlier.check_follows(&former),
        Err(Refused::OldGeneration { .. })
    ));

    let mut withdrawn = former.clone();
    withdrawn.withdraw(&at);
    assert_eq!(withdrawn.check_follows(&former), Ok(()));
    assert_eq!(
        former
            .check_follows(&withdrawn)
            .err()
            .map(|refused| refused.to_string()),
        Some("generation 3 of the zone is older than generation 4, seen before".to_owned())
    );
}

#[test]
fn a_set_without_a_node_says_its_epoch_only() {
    let mut zone = zone();
    let at = name("r.pay.test");
    let target = standfast_zone::RecordTarget::Servers(["127.0.0.1:1".parse().unwrap()].into());
    zone.publish(&at, epoch(4), set(target, None)).unwrap();
    assert_eq!(
        show(&zone.answer(&at, RecordType::Txt)),
        "found\nr.pay.test. 2s TXT epoch=4\n"
    );
}
