//! Tables of questions and answers.

use standfast_units::Epoch;
use standfast_zone::{DnsName, DnsZone, RecordType};

use crate::sample::{addresses, alias, name, servers, show, zone};

/// The zone most tables ask.
fn sample() -> DnsZone {
    let mut zone = zone();
    let mut publish = |at: &str, epoch: u64, set| {
        zone.publish(&name(at), Epoch::new(epoch), set).unwrap();
    };
    publish(
        "main-writer.pay.test",
        7,
        servers(&["127.0.1.1:6432"], Some("main-east-1")),
    );
    publish(
        "main-reader.pay.test",
        7,
        servers(
            &["127.0.1.2:6432", "127.0.2.1:6432", "[2001:db8::1]:6432"],
            None,
        ),
    );
    publish(
        "odd-reader.pay.test",
        7,
        servers(&["127.0.1.2:6432", "[2001:db8::1]:6433"], None),
    );
    publish("api.pay.test", 3, addresses(&["10.0.0.2", "10.0.0.1"]));
    publish("www.pay.test", 1, alias("api.pay.test"));
    publish("docs.pay.test", 1, alias("pages.example.org"));
    publish("lost.pay.test", 1, alias("nobody.pay.test"));
    publish("deep.under.pay.test", 1, addresses(&["10.0.0.3"]));
    zone.reserve(&name("new-writer.pay.test")).unwrap();
    zone
}

const SOA: &str = "soa pay.test. 5s SOA ns-east.pay.test. hostmaster.pay.test. 10 5s\n";

#[track_caller]
fn check(at: &str, asked: RecordType, expected: &str) {
    let expected = expected.replace("SOA\n", SOA);
    assert_eq!(
        show(&sample().answer(&name(at), asked)),
        expected,
        "{at} {asked:?}"
    );
}

#[test]
fn a_writer_has_an_address_its_epoch_and_a_port() {
    check(
        "main-writer.pay.test",
        RecordType::A,
        "found\nmain-writer.pay.test. 2s A 127.0.1.1\n",
    );
    check("main-writer.pay.test", RecordType::Aaaa, "no data\nSOA\n");
    check(
        "main-writer.pay.test",
        RecordType::Txt,
        "found\nmain-writer.pay.test. 2s TXT epoch=7 node=main-east-1\n",
    );
    check(
        "_postgresql._tcp.main-writer.pay.test",
        RecordType::Srv,
        "found\n_postgresql._tcp.main-writer.pay.test. 2s SRV 0 6432 main-writer.pay.test.\n\
         + main-writer.pay.test. 2s A 127.0.1.1\n",
    );
}

#[test]
fn readers_of_one_port_share_a_host_and_readers_of_several_have_one_each() {
    check(
        "main-reader.pay.test",
        RecordType::A,
        "found\nmain-reader.pay.test. 2s A 127.0.1.2\nmain-reader.pay.test. 2s A 127.0.2.1\n",
    );
    check(
        "main-reader.pay.test",
        RecordType::Aaaa,
        "found\nmain-reader.pay.test. 2s AAAA 2001:db8::1\n",
    );
    check(
        "_postgresql._tcp.main-reader.pay.test",
        RecordType::Srv,
        "found\n_postgresql._tcp.main-reader.pay.test. 2s SRV 0 6432 main-reader.pay.test.\n\
         + main-reader.pay.test. 2s A 127.0.1.2\n+ main-reader.pay.test. 2s A 127.0.2.1\n\
         + main-reader.pay.test. 2s AAAA 2001:db8::1\n",
    );
    check(
        "_postgresql._tcp.odd-reader.pay.test",
        RecordType::Srv,
        "found\n\
         _postgresql._tcp.odd-reader.pay.test. 2s SRV 1 6432 127-0-1-2.odd-reader.pay.test.\n\
         _postgresql._tcp.odd-reader.pay.test. 2s SRV 1 6433 2001-db8-0-0-0-0-0-1.odd-reader.pay.test.\n\
         + 127-0-1-2.odd-reader.pay.test. 2s A 127.0.1.2\n\
         + 2001-db8-0-0-0-0-0-1.odd-reader.pay.test. 2s AAAA 2001:db8::1\n",
    );
    check(
        "127-0-1-2.odd-reader.pay.test",
        RecordType::A,
        "found\n127-0-1-2.odd-reader.pay.test. 2s A 127.0.1.2\n",
    );
}

#[test]
fn the_apex_has_authority_and_name_servers() {
    check(
        "pay.test",
        RecordType::Soa,
        "found\npay.test. 2s SOA ns-east.pay.test. hostmaster.pay.test. 10 5s\n",
    );
    check(
        "pay.test",
        RecordType::Ns,
        "found\npay.test. 2s NS ns-east.pay.test.\n+ ns-east.pay.test. 2s A 127.0.0.53\n",
    );
    check("pay.test", RecordType::A, "no data\nSOA\n");
    check(
        "ns-east.pay.test",
        RecordType::A,
        "found\nns-east.pay.test. 2s A 127.0.0.53\n",
    );
}

#[test]
fn names_that_do_not_exist_and_names_without_the_type_are_told_apart() {
    check("nobody.pay.test", RecordType::A, "no name\nSOA\n");
    check("x.main-writer.pay.test", RecordType::A, "no name\nSOA\n");
    check("x.api.pay.test", RecordType::A, "no name\nSOA\n");
    // Something lies beneath these.
    check(
        "_tcp.main-writer.pay.test",
        RecordType::Srv,
        "no data\nSOA\n",
    );
    check("under.pay.test", RecordType::A, "no data\nSOA\n");
    check("unde.pay.test", RecordType::A, "no name\nSOA\n");
    // Reserved before its first publication.
    check("new-writer.pay.test", RecordType::A, "no data\nSOA\n");
    check("new-writer.pay.test", RecordType::Txt, "no data\nSOA\n");
    check("new-writer.pay.test", RecordType::Any, "no data\nSOA\n");
}

#[test]
fn only_the_zone_itself_is_answered_for() {
    for outside in [
        ".",
        "test",
        "other.test",
        "xpay.test",
        "pay.test.example.org",
    ] {
        check(outside, RecordType::A, "outside\n");
    }
}

#[test]
fn aliases_are_followed_within_the_zone() {
    check(
        "www.pay.test",
        RecordType::A,
        "found\nwww.pay.test. 2s CNAME api.pay.test.\n\
         api.pay.test. 2s A 10.0.0.1\napi.pay.test. 2s A 10.0.0.2\n",
    );
    check(
        "www.pay.test",
        RecordType::Cname,
        "found\nwww.pay.test. 2s CNAME api.pay.test.\n",
    );
    check(
        "www.pay.test",
        RecordType::Aaaa,
        "no data\nwww.pay.test. 2s CNAME api.pay.test.\nSOA\n",
    );
    check(
        "docs.pay.test",
        RecordType::A,
        "found\ndocs.pay.test. 2s CNAME pages.example.org.\n",
    );
    check(
        "lost.pay.test",
        RecordType::A,
        "no name\nlost.pay.test. 2s CNAME nobody.pay.test.\nSOA\n",
    );
}

#[test]
fn any_is_answered_with_one_set() {
    check(
        "main-writer.pay.test",
        RecordType::Any,
        "found\nmain-writer.pay.test. 2s A 127.0.1.1\n",
    );
    check(
        "pay.test",
        RecordType::Any,
        "found\npay.test. 2s SOA ns-east.pay.test. hostmaster.pay.test. 10 5s\n",
    );
    check(
        "www.pay.test",
        RecordType::Any,
        "found\nwww.pay.test. 2s CNAME api.pay.test.\n",
    );
}

#[test]
fn unknown_types_are_absent_not_unknown_names() {
    check("main-writer.pay.test", RecordType::Other, "no data\nSOA\n");
    check("nobody.pay.test", RecordType::Other, "no name\nSOA\n");
}

#[test]
fn case_makes_no_difference() {
    let zone = sample();
    let lower = zone.answer(&name("main-writer.pay.test"), RecordType::A);
    for text in ["MAIN-WRITER.PAY.TEST", "mAiN-wRiTeR.pAy.TeSt."] {
        assert_eq!(zone.answer(&name(text), RecordType::A), lower);
    }
    let labels: [&[u8]; 3] = [b"Main-Writer", b"PAY", b"test"];
    let asked = DnsName::from_labels(labels).unwrap();
    assert_eq!(zone.answer(&asked, RecordType::A), lower);
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_is_an_a_record() {
    let mut zone = zone();
    let at = name("api.pay.test");
    zone.publish(
        &at,
        Epoch::new(1),
        addresses(&["::ffff:10.0.0.1", "10.0.0.1"]),
    )
    .unwrap();
    assert_eq!(
        show(&zone.answer(&at, RecordType::A)),
        "found\napi.pay.test. 2s A 10.0.0.1\n"
    );
}
