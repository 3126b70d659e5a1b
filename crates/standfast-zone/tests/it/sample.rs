//! Short ways to write zones, sets and answers down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::slice;

use standfast_units::Ttl;
use standfast_zone::{
    Answer, DnsName, DnsZone, Generation, Record, RecordData, RecordSet, RecordTarget,
};

pub(crate) const TTL: u32 = 2;

pub(crate) fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

pub(crate) fn ttl() -> Ttl {
    Ttl::seconds(TTL).unwrap()
}

/// The zone `pay.test` with the name server `ns-east` and nothing else, in generation 1.
pub(crate) fn zone() -> DnsZone {
    let servers = [(
        name("ns-east.pay.test"),
        ["127.0.0.53".parse().unwrap()].into(),
    )];
    DnsZone::new(
        name("pay.test"),
        Generation::new(1),
        ttl(),
        BTreeMap::from(servers),
    )
    .unwrap()
}

pub(crate) fn set(target: RecordTarget, node: Option<&str>) -> RecordSet {
    RecordSet {
        ttl: ttl(),
        target,
        node: node.map(|node| node.parse().unwrap()),
    }
}

pub(crate) fn addresses(list: &[&str]) -> RecordSet {
    let list = list.iter().map(|text| text.parse().unwrap()).collect();
    set(RecordTarget::Addresses(list), None)
}

pub(crate) fn servers(list: &[&str], node: Option<&str>) -> RecordSet {
    let list = list.iter().map(|text| text.parse().unwrap()).collect();
    set(RecordTarget::Servers(list), node)
}

pub(crate) fn alias(target: &str) -> RecordSet {
    set(RecordTarget::Alias(name(target)), None)
}

/// An answer as text: what it is, then a line for each record, `+` before the additional ones.
pub(crate) fn show(answer: &Answer) -> String {
    let (what, records, last) = match answer {
        Answer::Found {
            records,
            additional,
        } => ("found", records, ("+ ", additional.as_slice())),
        Answer::NoData { aliases, soa } => ("no data", aliases, ("soa ", slice::from_ref(soa))),
        Answer::NoName { aliases, soa } => ("no name", aliases, ("soa ", slice::from_ref(soa))),
        Answer::Outside => return "outside\n".to_owned(),
    };
    let mut text = format!("{what}\n");
    for record in records {
        line(&mut text, "", record);
    }
    for record in last.1 {
        line(&mut text, last.0, record);
    }
    text
}

fn line(text: &mut String, mark: &str, record: &Record) {
    let data = match &record.data {
        RecordData::A(address) => format!("A {address}"),
        RecordData::Aaaa(address) => format!("AAAA {address}"),
        RecordData::Cname(target) => format!("CNAME {target}"),
        RecordData::Ns(host) => format!("NS {host}"),
        RecordData::Soa(soa) => format!(
            "SOA {} {} {} {}",
            soa.name_server, soa.mailbox, soa.serial, soa.minimum
        ),
        RecordData::Srv(srv) => format!("SRV {} {} {}", srv.weight, srv.port, srv.target),
        RecordData::Txt(words) => format!("TXT {words}"),
    };
    writeln!(text, "{mark}{} {} {data}", record.name, record.ttl).unwrap();
}
