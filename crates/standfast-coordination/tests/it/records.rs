//! The JSON of every record. A change here breaks the understanding between two adjacent versions,
//! unless it only adds an optional field.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use standfast_coordination::record::{
    Controller, Event, Fork, Lease, LeaseState, Loss, LostCommit, Member, Pause, Position, Request,
    RequestKind, RequestState, Role, Step, Transition, TransitionKind, Writer, new_event_id,
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
        address: "127.10.2.1".to_owned(),
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
        lag_time_ms: Some(15),
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
        address: "127.10.2.100".to_owned(),
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
        address: "127.10.1.1".to_owned(),
        port: 5440,
    };
    insta::assert_snapshot!(round_trip(&writer));
}

#[test]
fn request() {
    let request = |kind, state| Request {
        id: new_event_id(wall(3), 0xfeed),
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
        accept_loss_ms: Some(5_000),
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
fn transition() {
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
    let transition = |kind| Transition {
        epoch: Epoch::new(8),
        node: "main-us-west-2-1".parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        kind,
        cause: "us-east-1 is gone".to_owned(),
        evidence: vec!["witness: no answer since 3s".to_owned()],
        loss_max_ms: Some(900),
        fork: Some(fork()),
        steps: (5..)
            .map(wall)
            .zip(steps)
            .map(|(at, step)| (step, at))
            .collect(),
    };
    insta::assert_snapshot!(round_trip(&transition(TransitionKind::Failover)));
    for kind in [
        TransitionKind::Bootstrap,
        TransitionKind::Switchover,
        TransitionKind::Retake,
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
fn event_ids_sort_by_time_and_then_by_chance() {
    let id = new_event_id;
    let ids = [
        id(WallTime::from_unix_ms(0), u64::MAX),
        id(WallTime::from_unix_ms(999_999_999_999), 7),
        id(wall(0), 0),
        id(wall(0), 1),
        id(wall(1), 0),
        id(WallTime::from_unix_ms((1 << 48) - 1), 0),
    ];
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == ids[0].len()));
}
