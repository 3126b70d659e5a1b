//! The JSON of every record. A change here breaks the understanding between two adjacent versions,
//! unless it only adds an optional field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use standfast_record::{
    Author, Controller, Event, Fork, Ids, Lease, LeaseState, Loss, LostCommit, Member, Pause,
    Position, Request, RequestKind, RequestState, Role, Step, Succession, SuccessionKind, Told,
    Writer,
};
use standfast_units::{Bytes, Epoch, Lsn, Timeline, WallTime};

/// Checks that a record reads back from its JSON, also when a newer version has added a field.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(record: &T) -> String {
    let text = serde_json::to_string_pretty(record).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), record);
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["added_later"] = true.into();
    assert_eq!(&serde_json::from_value::<T>(json).unwrap(), record);
    text
}

fn timeline(number: u32) -> Timeline {
    Timeline::new(number).unwrap()
}

fn fork() -> Fork {
    Fork {
        parent: timeline(3),
        timeline: timeline(4),
        position: Lsn::new(0x16_B374_D848),
    }
}

fn wall(second: u64) -> WallTime {
    WallTime::from_unix_ms(1_790_000_000_000 + second * 1_000)
}

#[test]
fn lease() {
    let held = Lease {
        epoch: Epoch::new(7),
        holder: "main-us-east-1-1".parse().unwrap(),
        incarnation: "01a2b3".to_owned(),
        renewal: 42,
        state: LeaseState::Held,
        timeline: timeline(4),
        timeline_reserved: timeline(5),
        position: Some(Position {
            timeline: timeline(4),
            lsn: Lsn::new(0x16_B374_D848),
            renewal: 7,
        }),
    };
    insta::assert_snapshot!("lease_held", round_trip(&held));
    let released = Lease {
        state: LeaseState::Released {
            position: Some(Lsn::new(0x16_B374_D900)),
            to: Some("main-us-west-2-1".parse().unwrap()),
        },
        position: None,
        ..held
    };
    insta::assert_snapshot!("lease_released", round_trip(&released));
}

#[test]
fn member() {
    let member = Member {
        node: "main-us-west-2-1".parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        zone: "a".to_owned(),
        address: "127.10.2.1".parse().unwrap(),
        port: 5440,
        published: 12,
        published_at: wall(1),
        role: Role::Standby,
        state: "following".to_owned(),
        epoch: Some(Epoch::new(7)),
        timeline: Some(timeline(4)),
        position: Some(Lsn::new(0x16_B374_D848)),
        replayed: Some(Lsn::new(0x16_B374_D800)),
        lag_bytes: Some(Bytes::new(72)),
        lag_time: Some(Duration::from_millis(15)),
        streaming: true,
        pid_agent: 100,
        pid_guard: Some(101),
        pid_database: None,
        holds: vec!["paused by an operator".to_owned()],
    };
    insta::assert_snapshot!(round_trip(&member));
}

#[test]
fn controller() {
    let database: standfast_units::Database = "main".parse().unwrap();
    let controller = Controller {
        region: "us-west-2".parse().unwrap(),
        published: 3,
        published_at: wall(2),
        pid: 200,
        address: "127.10.2.100".parse().unwrap(),
        port_dns: 5353,
        port_proxy: BTreeMap::from([(database.clone(), 6432)]),
        reachable: BTreeMap::from([
            ("main-us-east-1-1".parse().unwrap(), true),
            ("main-us-west-2-1".parse().unwrap(), false),
        ]),
        diagnosis: BTreeMap::from([(database, "healthy".to_owned())]),
    };
    insta::assert_snapshot!(round_trip(&controller));
}

#[test]
fn writer() {
    let writer = Writer {
        epoch: Epoch::new(7),
        node: "main-us-east-1-1".parse().unwrap(),
        address: "127.10.1.1".parse().unwrap(),
        port: 5440,
    };
    insta::assert_snapshot!(round_trip(&writer));
}

#[test]
fn request() {
    let request = |kind, state| Request {
        id: "01a0c45077b8-000000000000feed".to_owned(),
        kind,
        asked_by: "root@host".to_owned(),
        asked_at: wall(3),
        expires_at: WallTime::from_unix_ms(1_795_173_690_000),
        state,
    };
    let to: standfast_units::Region = "us-west-2".parse().unwrap();
    let switchover = request(
        RequestKind::Switchover { to: to.clone() },
        RequestState::Open,
    );
    insta::assert_snapshot!("request_switchover", round_trip(&switchover));
    let failover = RequestKind::Failover {
        to,
        accept_loss: Some(Duration::from_secs(5)),
    };
    let done = RequestState::Done {
        epoch: Epoch::new(8),
    };
    insta::assert_snapshot!(
        "request_failover",
        round_trip(&request(failover.clone(), done))
    );
    let refused = RequestState::Refused {
        reason: "the standby is too far behind".to_owned(),
    };
    insta::assert_snapshot!(
        "request_refused",
        round_trip(&request(failover.clone(), refused))
    );
    round_trip(&request(failover, RequestState::Begun));
}

#[test]
fn pause() {
    let pause = Pause {
        asked_by: "root@host".to_owned(),
        asked_at: wall(4),
        reason: None,
    };
    insta::assert_snapshot!(round_trip(&pause));
}

#[test]
fn succession() {
    let steps = [
        Step::LastSeen,
        Step::Detected,
        Step::Decided,
        Step::Fenced,
        Step::Promoted,
        Step::Verified,
        Step::Redirected,
        Step::Notified,
    ];
    let transition = |kind| Succession {
        epoch: Epoch::new(8),
        node: "main-us-west-2-1".parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        kind,
        cause: "us-east-1 is gone".to_owned(),
        evidence: vec!["witness: no answer since 3s".to_owned()],
        loss_max: Some(Duration::from_millis(900)),
        fork: Some(fork()),
        steps: (5..)
            .map(wall)
            .zip(steps)
            .map(|(at, step)| (step, at))
            .collect(),
    };
    insta::assert_snapshot!(round_trip(&transition(SuccessionKind::Failover)));
    for kind in [
        SuccessionKind::Bootstrap,
        SuccessionKind::Switchover,
        SuccessionKind::Retake,
    ] {
        round_trip(&transition(kind));
    }
}

#[test]
fn loss() {
    let loss = Loss {
        epoch: Epoch::new(8),
        node: "main-us-east-1-1".parse().unwrap(),
        fork: fork(),
        end: Lsn::new(0x16_B374_E000),
        surplus: Bytes::new(1_976),
        transactions: 1,
        commits: vec![LostCommit {
            transaction: 733,
            position: Lsn::new(0x16_B374_DF00),
            committed_at: "2026-09-21 14:00:00.000+00".to_owned(),
        }],
        kept_in: Some("/var/lib/standfast/surplus/8".to_owned()),
        recorded_at: wall(13),
    };
    insta::assert_snapshot!(round_trip(&loss));
}

#[test]
fn event() {
    let event = Event {
        at: wall(14),
        by: "controller us-west-2".to_owned(),
        database: Some("main".parse().unwrap()),
        epoch: Some(Epoch::new(8)),
        what: "writer redirected".to_owned(),
        detail: "to main-us-west-2-1".to_owned(),
    };
    insta::assert_snapshot!(round_trip(&event));
}

#[test]
fn ids_sort_by_time_and_are_never_the_same() {
    let mut ids = Ids::new(7);
    let walls = [
        WallTime::from_unix_ms(0),
        WallTime::from_unix_ms(999_999_999_999),
        wall(0),
        wall(1),
        WallTime::from_unix_ms((1 << 48) - 1),
    ];
    let made = walls.map(|wall| ids.next(wall));
    assert!(made.is_sorted_by(|a, b| a < b), "{made:?}");
    assert!(made.iter().all(|id| id.len() == made[0].len()));
    let within_one_millisecond: BTreeSet<String> = (0..10_000).map(|_| ids.next(wall(2))).collect();
    assert_eq!(within_one_millisecond.len(), 10_000);
    assert_eq!(Ids::new(7).next(wall(0)), Ids::new(7).next(wall(0)));
    assert_ne!(Ids::new(7).next(wall(0)), Ids::new(8).next(wall(0)));
}

#[test]
fn an_entry_says_who_wrote_it_and_lies_in_the_systems_journal() {
    let system = "payments-dev".parse().unwrap();
    let database = "main".parse().unwrap();
    let author = Author::agent(&system, &"main-us-east-1-1".parse().unwrap());
    let told = Told {
        database: Some(&database),
        epoch: Some(Epoch::new(7)),
        what: "right to write taken",
        detail: "region lost",
    };
    let (key, event) = author.entry(&mut Ids::new(1), wall(0), told);
    assert!(key.starts_with(&standfast_record::key::events(&system)));
    assert_eq!(event.by, "agent main-us-east-1-1");
    assert_eq!(event.database, Some(database));
}
