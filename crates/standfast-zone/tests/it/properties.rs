//! What holds after any sequence of publications.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use proptest::prelude::*;
use standfast_units::Epoch;
use standfast_zone::{Answer, DnsName, DnsZone, RecordData, RecordSet, RecordTarget, RecordType};

use crate::sample::{name, ttl, zone};

/// Names that collide: with each other, with the name server, with names that sets bring along.
const NAMES: [&str; 8] = [
    "a.pay.test",
    "b.pay.test",
    "x.a.pay.test",
    "_tcp.a.pay.test",
    "_postgresql._tcp.a.pay.test",
    "127-0-0-1.a.pay.test",
    "ns-east.pay.test",
    "pay.test",
];

#[derive(Debug, Clone)]
enum Act {
    Publish(usize, u64, RecordSet),
    Reserve(usize),
    Withdraw(usize),
}

fn target() -> impl Strategy<Value = RecordTarget> {
    let address = (0_u8..3).prop_map(|last| Ipv4Addr::new(127, 0, 0, last));
    let server =
        (address.clone(), 0_u16..3).prop_map(|(address, port)| SocketAddr::from((address, port)));
    prop_oneof![
        prop::collection::btree_set(address.prop_map(Into::into), 0..3)
            .prop_map(RecordTarget::Addresses),
        prop::collection::btree_set(server, 0..3).prop_map(RecordTarget::Servers),
        (0..NAMES.len()).prop_map(|at| RecordTarget::Alias(name(NAMES[at]))),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let at = 0..NAMES.len();
    let node = prop::option::of(prop_oneof![Just("n-1"), Just("n-2")]);
    let set = (target(), node).prop_map(|(target, node)| RecordSet {
        ttl: ttl(),
        target,
        node: node.map(|node| node.parse().unwrap()),
    });
    prop_oneof![
        8 => (at.clone(), 0_u64..5, set).prop_map(|(at, epoch, set)| Act::Publish(at, epoch, set)),
        1 => at.clone().prop_map(Act::Reserve),
        1 => at.prop_map(Act::Withdraw),
    ]
}

/// Does it, and says whether the zone claims to have changed. A withdrawal counts as none, for the
/// sake of the property about names that may lose their answer.
fn carry_out(zone: &mut DnsZone, act: &Act) -> Result<(), TestCaseError> {
    let before = zone.clone();
    let outcome = match act {
        Act::Publish(at, epoch, set) => {
            zone.publish(&name(NAMES[*at]), Epoch::new(*epoch), set.clone())
        }
        Act::Reserve(at) => zone.reserve(&name(NAMES[*at])),
        Act::Withdraw(at) => Ok(zone.withdraw(&name(NAMES[*at]))),
    };
    match outcome {
        Ok(standfast_zone::Published::Changed) => {
            prop_assert!(zone.generation() > before.generation());
            prop_assert_eq!(zone.check_follows(&before), Ok(()));
        }
        Ok(standfast_zone::Published::Unchanged) | Err(_) => prop_assert_eq!(&*zone, &before),
    }
    Ok(())
}

fn epoch_answered(zone: &DnsZone, at: &DnsName) -> Option<u64> {
    let Answer::Found { records, .. } = zone.answer(at, RecordType::Txt) else {
        return None;
    };
    records.iter().find_map(|record| match &record.data {
        RecordData::Txt(text) if record.name == *at => {
            let number = text.strip_prefix("epoch=").unwrap();
            Some(number.split(' ').next().unwrap().parse().unwrap())
        }
        _ => None,
    })
}

/// No positive answer is empty, every record is of the type asked for or an alias on the way there,
/// and every record beyond the first set belongs to the name the last alias led to.
fn check_answer(zone: &DnsZone, at: &DnsName, asked: RecordType) -> Result<(), TestCaseError> {
    match zone.answer(at, asked) {
        Answer::Found { records, .. } => {
            prop_assert!(!records.is_empty());
            let mut expected = at.clone();
            for record in &records {
                prop_assert_eq!(&record.name, &expected);
                if let RecordData::Cname(target) = &record.data {
                    expected = target.clone();
                } else {
                    let found = record.data.record_type();
                    prop_assert!(found == asked || asked == RecordType::Any);
                }
            }
        }
        Answer::NoData { soa, .. } | Answer::NoName { soa, .. } => {
            prop_assert!(at.is_within(zone.origin()));
            prop_assert_eq!(&soa.name, zone.origin());
        }
        Answer::Outside => prop_assert!(!at.is_within(zone.origin())),
    }
    Ok(())
}

proptest! {
    #[test]
    fn answers_are_never_empty_and_epochs_never_go_back(acts in prop::collection::vec(act(), 0..40)) {
        let mut zone = zone();
        let mut newest: BTreeMap<DnsName, u64> = BTreeMap::new();
        for act in &acts {
            let had: Vec<DnsName> = NAMES
                .iter()
                .map(|at| name(at))
                .filter(|at| zone.published(at).is_some())
                .collect();
            carry_out(&mut zone, act)?;
            for at in had {
                let withdrawn = matches!(act, Act::Withdraw(which) if name(NAMES[*which]) == at);
                prop_assert!(withdrawn || zone.published(&at).is_some(), "{} lost its set", at);
            }
            for at in NAMES.map(name) {
                if let Some(epoch) = epoch_answered(&zone, &at) {
                    let newest = newest.entry(at.clone()).or_default();
                    prop_assert!(epoch >= *newest, "{} went from {} to {}", at, newest, epoch);
                    *newest = epoch;
                }
                for asked in RecordType::ALL {
                    check_answer(&zone, &at, asked)?;
                }
            }
        }
    }

    #[test]
    fn no_question_panics(
        labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=63), 0..5),
        within: bool,
    ) {
        let zone = zone();
        let mut labels: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
        if within {
            labels.extend([&b"PAY"[..], b"test"]);
        }
        if let Ok(at) = DnsName::from_labels(labels) {
            for asked in RecordType::ALL {
                check_answer(&zone, &at, asked)?;
            }
        }
    }
}
