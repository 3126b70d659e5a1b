//! The contract as a whole, and promotions onto forced timelines.

use std::time::Duration;

use standfast_replication::{DataFolder, Engine, Error, Shutdown, StartAs, conformance};
use standfast_units::Timeline;

use crate::machine::{
    Direct, Machine, keep_log_for_all, start, streams, wait_for, wait_for_primary, wait_until_equal,
};

const WITHIN: Duration = Duration::from_secs(30);

fn timeline(number: u32) -> Timeline {
    Timeline::new(number).unwrap()
}

#[tokio::test]
async fn the_engine_keeps_the_contract() {
    let machine = Machine::new();
    conformance::conforms(
        machine.member("main-east-1"),
        machine.member("main-west-1"),
        machine.nowhere(),
        machine.writes(),
        Direct,
        &machine.path("surplus"),
    )
    .await;
}

/// P11: one standby follows over the first gap while it runs and is then promoted over a second; the
/// other one was away all the time and crosses both at once.
#[tokio::test]
async fn standbys_follow_over_gaps_in_the_timelines() {
    let machine = Machine::new();
    let (a, server_a) = machine.primary("main-east-1").await;
    let (b, server_b) = machine.standby("main-east-2", &a).await;
    let (c, _server_c) = machine.standby("main-west-1", &a).await;
    let (late, server_late) = machine.standby("main-west-2", &a).await;
    machine.write(&a, 1).await;
    for standby in [&b, &c, &late] {
        wait_until_equal(&a, standby).await;
    }
    server_late.end(Shutdown::Clean);
    server_a.end(Shutdown::Clean);

    b.engine.promote(timeline(4), WITHIN).await.unwrap();
    keep_log_for_all(&b).await;
    c.engine.follow(&b.at).await.unwrap();
    machine.write(&b, 2).await;
    wait_until_equal(&b, &c).await;
    server_b.end(Shutdown::Clean);

    let promotion = c.engine.promote(timeline(9), WITHIN).await.unwrap();
    assert_eq!(promotion.parent, timeline(4));
    keep_log_for_all(&c).await;
    machine.write(&c, 3).await;
    let upstream = Some(c.at.clone());
    let _server_late = start(&late, &StartAs::Standby { upstream }).await;
    wait_until_equal(&c, &late).await;
    wait_for(&late, streams).await;
    late.engine.clone_from(&c.at).await.unwrap_err();
}

/// P11: what an attempt to promote that never came to pass left behind does not stand in the way of
/// following the server that was promoted instead, on a number in between.
#[tokio::test]
async fn a_standby_whose_promotion_failed_follows_the_one_promoted_instead() {
    let machine = Machine::new();
    let (a, server_a) = machine.primary("main-east-1").await;
    let (b, _server_b) = machine.standby("main-east-2", &a).await;
    let (c, server_c) = machine.standby("main-west-1", &a).await;
    wait_until_equal(&a, &b).await;
    wait_until_equal(&a, &c).await;
    server_a.end(Shutdown::Clean);
    server_c.end(Shutdown::Crashed);
    // C had reserved timeline 5 and stopped short of asking for the promotion.
    let log = c.engine.settings().data.join("pg_wal");
    for number in 2..5 {
        let path = log.join(format!("{number:08X}.history"));
        std::fs::write(path, "# standfast: this timeline was never written on\n").unwrap();
    }
    b.engine.promote(timeline(3), WITHIN).await.unwrap();
    keep_log_for_all(&b).await;
    machine.write(&b, 1).await;
    let upstream = Some(b.at.clone());
    let _server_c = start(&c, &StartAs::Standby { upstream }).await;
    wait_until_equal(&b, &c).await;
}

/// P14: two servers promoted from one position onto different timelines are told apart, and the one that
/// is ahead of the fork is rewound.
#[tokio::test]
async fn two_servers_promoted_from_one_position_are_told_apart() {
    let machine = Machine::new();
    let (a, server_a) = machine.primary("main-east-1").await;
    let (b, _server_b) = machine.standby("main-east-2", &a).await;
    let (c, server_c) = machine.standby("main-west-1", &a).await;
    machine.write(&a, 1).await;
    wait_until_equal(&a, &b).await;
    wait_until_equal(&a, &c).await;
    server_a.end(Shutdown::Clean);
    let ours = b.engine.promote(timeline(2), WITHIN).await.unwrap();
    keep_log_for_all(&b).await;
    let theirs = c.engine.promote(timeline(3), WITHIN).await.unwrap();
    keep_log_for_all(&c).await;
    assert_eq!(ours.fork, theirs.fork);
    machine.write(&b, 2).await;
    for epoch in 3..6 {
        machine.write(&c, epoch).await;
    }
    server_c.end(Shutdown::Crashed);
    let end = c.engine.log_end().await.unwrap();
    assert_eq!(end.timeline, timeline(3));
    let surplus = c
        .engine
        .surplus(ours.parent, ours.fork, &machine.path("surplus"))
        .await
        .unwrap();
    assert_eq!(surplus.transactions, 3, "{surplus:?}");
    assert_eq!(surplus.end, end.position);

    c.engine.rewind(&b.at).await.unwrap();
    let upstream = Some(b.at.clone());
    let _server_c = start(&c, &StartAs::Standby { upstream }).await;
    wait_until_equal(&b, &c).await;
}

/// P14: "no rewind required" is an error, and the folder stays marked until it is cloned.
#[tokio::test]
async fn a_folder_with_nothing_to_rewind_is_cloned() {
    let machine = Machine::new();
    let (a, _server_a) = machine.primary("main-east-1").await;
    let (b, server_b) = machine.standby("main-east-2", &a).await;
    server_b.end(Shutdown::Clean);
    let error = b.engine.rewind(&a.at).await.unwrap_err();
    assert!(error.to_string().contains("not believed"), "{error}");
    assert_eq!(b.engine.folder().await.unwrap(), DataFolder::Incomplete);
    let upstream = Some(a.at.clone());
    let refused = b
        .engine
        .set_up(&StartAs::Standby {
            upstream: upstream.clone(),
        })
        .await;
    assert!(matches!(refused, Err(Error::Contradiction { .. })));

    b.engine.clone_from(&a.at).await.unwrap();
    let _server_b = start(&b, &StartAs::Standby { upstream }).await;
    wait_for(&b, streams).await;
}

#[tokio::test]
async fn a_failed_clone_leaves_the_old_folder_as_it_was() {
    let machine = Machine::new();
    let (a, server_a) = machine.primary("main-east-1").await;
    server_a.end(Shutdown::Clean);
    let before = a.engine.folder().await.unwrap();
    let error = a.engine.clone_from(&machine.nowhere()).await.unwrap_err();
    assert!(matches!(error, Error::Server { .. }), "{error:?}");
    assert_eq!(a.engine.folder().await.unwrap(), before);
    let _server_a = start(&a, &StartAs::Primary).await;
    wait_for_primary(&a).await;
}
