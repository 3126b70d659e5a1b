//! A running primary: provisioning, sessions, slots, observation.

use std::time::Duration;

use standfast_postgres::slot_name;
use standfast_replication::conformance::node;
use standfast_replication::{DataFolder, Engine, ServerObservation, Shutdown, StartAs, WriteCheck};
use standfast_units::{Epoch, Timeline};

use crate::machine::{Machine, start, streams, wait_for, wait_for_primary, wait_until_equal};

#[tokio::test]
async fn provisioning_takes_a_new_password_and_leaves_no_password_in_the_log() {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    machine.write(&a, 1).await;
    std::fs::write(machine.secrets.app_file(), "it's:a\\new one").unwrap();
    assert!(
        machine.connect(&a, "app", "payments").await.is_err(),
        "the new password was accepted before it was set"
    );
    a.engine.provision().await.unwrap();
    machine.write(&a, 2).await;
    let log = server.log();
    assert!(
        !log.contains("SCRAM-SHA-256"),
        "what is stored of a password is in the log: {log}"
    );
    for file in [
        machine.secrets.app_file(),
        machine.secrets.replication_file(),
    ] {
        let password = std::fs::read_to_string(file).unwrap();
        assert!(!log.contains(password.trim()), "a password is in the log");
    }
    let client = machine.connect(&a, "app", "payments").await.unwrap();
    client.batch_execute("CREATE TABLE mine ()").await.unwrap();
    client
        .batch_execute("DROP TABLE standfast.verification")
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_closed_door_ends_clients_and_keeps_standbys() {
    let machine = Machine::new();
    let (a, _server) = machine.primary("main-east-1").await;
    let (b, _standby) = machine.standby("main-east-2", &a).await;
    let client = machine.connect(&a, "app", "payments").await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap();
    a.engine.end_sessions().await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap_err();
    machine.connect(&a, "app", "payments").await.unwrap_err();
    wait_for(&b, streams).await;
    wait_for_primary(&a).await;
    a.engine.admit_sessions().await.unwrap();
    machine.write(&a, 1).await;
}

#[tokio::test]
async fn a_standby_takes_no_verification_and_drops_leftover_slots() {
    let machine = Machine::new();
    let (a, _server) = machine.primary("main-east-1").await;
    let (b, _standby) = machine.standby("main-east-2", &a).await;
    let refused = machine.writes().verify(b.at.address, Epoch::new(1)).await;
    refused.unwrap_err();
    b.engine.keep_log_for(&[node("main-west-1")]).await.unwrap();
    b.engine.keep_log_for(&[]).await.unwrap();
    let client = machine.connect(&b, "standfast", "postgres").await.unwrap();
    let slots = client
        .query("SELECT FROM pg_replication_slots", &[])
        .await
        .unwrap();
    assert!(slots.is_empty());
}

/// A slot in use is dropped too, and the standby goes on without it as long as the log is there.
#[tokio::test]
async fn slots_are_exactly_those_of_the_standbys_named() {
    let machine = Machine::new();
    let (a, _server) = machine.primary("main-east-1").await;
    a.engine.keep_log_for(&[node("main-east-2")]).await.unwrap();
    let (_b, _standby) = machine.standby("main-east-2", &a).await;
    let client = machine.connect(&a, "standfast", "postgres").await.unwrap();
    client
        .batch_execute("SELECT pg_create_physical_replication_slot('of_another_program')")
        .await
        .unwrap();
    let wanted = [node("main-west-1"), node("main-west-2")];
    a.engine.keep_log_for(&wanted).await.unwrap();
    let names: Vec<String> = client
        .query(
            "SELECT slot_name::text FROM pg_replication_slots ORDER BY 1",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let expected = [
        "of_another_program".to_owned(),
        slot_name(&wanted[0]),
        slot_name(&wanted[1]),
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_frozen_server_does_not_answer_although_its_machine_does() {
    let machine = Machine::new();
    let (a, mut server) = machine.primary("main-east-1").await;
    let check = machine.writes();
    assert!(check.answers(a.at.address).await);
    server.freeze();
    assert!(!check.answers(a.at.address).await);
    server.thaw();
    assert!(check.answers(a.at.address).await);
}

#[tokio::test]
async fn an_observer_gets_over_a_restart_of_the_server() {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    wait_for_primary(&a).await;
    server.end(Shutdown::Crashed);
    let seen = a.engine.observe().await;
    assert!(matches!(seen, ServerObservation::Silent { .. }), "{seen:?}");
    let server = start(&a, &StartAs::Primary).await;
    wait_for_primary(&a).await;
    assert!(!server.log().contains("PANIC"));
}

/// Measured: such a folder, started as a standby, panics over pages the log refers to.
#[tokio::test]
async fn a_primary_killed_before_its_first_checkpoint_never_follows_as_it_is() {
    let machine = Machine::new();
    let (a, first) = machine.primary("main-east-1").await;
    let (b, second) = machine.standby("main-east-2", &a).await;
    // So many pages to write that the checkpoint which follows the promotion is not done at once.
    let client = machine.connect(&a, "app", "payments").await.unwrap();
    let pages = "CREATE TABLE pages AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)";
    client.batch_execute(pages).await.unwrap();
    wait_until_equal(&a, &b).await;
    first.end(Shutdown::Clean);
    let timeline = Timeline::new(2).unwrap();
    b.engine
        .promote(timeline, Duration::from_secs(30))
        .await
        .unwrap();
    machine.write(&b, 2).await;
    second.end(Shutdown::Crashed);
    let DataFolder::Ready(state) = b.engine.folder().await.unwrap() else {
        unreachable!("the folder is whole");
    };
    assert_eq!(state.shutdown, Shutdown::CrashedUnsettled);
    b.engine
        .set_up(&StartAs::Standby { upstream: None })
        .await
        .unwrap_err();
    // It recovers as what it was, and a checkpoint makes it fit to follow.
    let again = start(&b, &StartAs::Primary).await;
    wait_for_primary(&b).await;
    b.engine.checkpoint().await.unwrap();
    again.end(Shutdown::Crashed);
    b.engine
        .set_up(&StartAs::Standby { upstream: None })
        .await
        .unwrap();
}
