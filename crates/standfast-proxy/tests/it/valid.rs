//! Nothing passes once an epoch may be over (P22).

use std::sync::mpsc as blocking;
use std::time::Duration;

use standfast_proxy::{Closed, Cut, Proxy, Settings};
use standfast_units::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::time::interval;

use crate::support::{
    Answers, Database, Peer, Scene, boot_clock, hasty, leads_to, patient, within,
};

async fn cuts(proxy: &Proxy, reason: Cut) -> u64 {
    let mut status = proxy.status();
    let status = within(status.wait_for(|status| status.open == 0))
        .await
        .unwrap();
    status.cut.get(&reason).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_newer_epoch_cuts_the_connections_of_the_older_one_and_new_clients_reach_its_writer() {
    let mut scene = Scene::open(patient()).await;
    let mut successor = Database::start().await;
    scene.record.begin(2);
    scene.client.is_reset().await;
    scene.server.is_reset().await;
    assert_eq!(cuts(&scene.proxy, Cut::Superseded).await, 1);

    scene.record.verify(successor.address);
    let mut client = Peer::connect(scene.proxy.address()).await;
    let mut server = successor.accept().await;
    server.say("welcome to epoch 2").await;
    assert_eq!(client.hear().await, "welcome to epoch 2");
}

#[tokio::test]
async fn a_release_cuts_at_once() {
    let mut scene = Scene::open(patient()).await;
    scene.record.release();
    scene.client.is_reset().await;
    assert_eq!(cuts(&scene.proxy, Cut::Released).await, 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_as_well() {
    let mut scene = Scene::open(patient()).await;
    // More than all buffers on the way hold: the relay stands in the middle of a write.
    let answer = vec![b'x'; 64 << 20];
    let stuck = tokio::spawn(async move { scene.server.0.get_mut().write_all(&answer).await });
    scene.record.begin(2);
    within(stuck).await.unwrap().unwrap_err();
    let (received, ended) = scene.client.rest().await;
    assert!(ended.is_err() && received.len() < 64 << 20);
}

#[tokio::test]
async fn a_writer_that_moves_within_its_epoch_keeps_its_connections() {
    let mut scene = Scene::open(patient()).await;
    let mut moved = Database::start().await;
    scene.record.verify(moved.address);
    let mut status = scene.proxy.status();
    within(status.wait_for(|status| leads_to(status, moved.address)))
        .await
        .unwrap();
    let mut client = Peer::connect(scene.proxy.address()).await;
    moved.accept().await.say("moved").await;
    assert_eq!(client.hear().await, "moved");
    scene.server.say("still here").await;
    assert_eq!(scene.client.hear().await, "still here");
}

/// A database that never stops talking, a record that is suddenly not read any more: everything is
/// cut, and nothing passed at or after the last instant that can be proven.
async fn everything_is_cut_in_time(settings: Settings, answers: Answers) {
    let valid_for = settings.lease.saturating_sub(settings.clock_drift_max);
    let mut scene = Scene::open(settings).await;
    let mut server = scene.server;
    let talking = tokio::spawn(async move {
        let mut beat = interval(Duration::from_millis(1));
        loop {
            beat.tick().await;
            let line = format!("{}\n", boot_clock().as_nanos());
            if server.0.get_mut().write_all(line.as_bytes()).await.is_err() {
                break;
            }
        }
    });
    // A connection that is silent has to be cut by the timer alone.
    let mut silent = Peer::connect(scene.proxy.address()).await;
    let mut silent_server = scene.database.accept().await;
    scene.record.answer(answers);
    let answered_at = scene.record.answered_at().unwrap();

    let (heard, ended) = scene.client.rest().await;
    ended.unwrap_err();
    let until = answered_at.after(valid_for);
    for line in String::from_utf8(heard).unwrap().lines() {
        // The last line may have been cut in the middle; a shorter number passes for an earlier one.
        let said_at = Timestamp::from_nanos(line.parse().unwrap());
        assert!(
            said_at < until,
            "forwarded at {said_at} or later, valid until {until}"
        );
    }
    silent.is_reset().await;
    silent_server.is_reset().await;
    within(talking).await.unwrap();
    let mut status = scene.proxy.status();
    let status = within(status.wait_for(|status| status.open == 0))
        .await
        .unwrap()
        .clone();
    assert_eq!(status.cut.get(&Cut::Lapsed), Some(&2), "{status:?}");
    assert_eq!(status.door, Err(Closed::Unproven));
}

#[tokio::test]
async fn a_store_that_never_answers_has_everything_cut_in_time() {
    everything_is_cut_in_time(hasty(), Answers::Never).await;
}

#[tokio::test]
async fn a_store_that_fails_has_everything_cut_in_time() {
    everything_is_cut_in_time(hasty(), Answers::WithErrors).await;
}

#[tokio::test]
async fn a_source_that_blocks_its_thread_has_everything_cut_in_time() {
    let (unblock, blocked) = blocking::channel();
    everything_is_cut_in_time(hasty(), Answers::Blocking(blocked)).await;
    drop(unblock);
}

#[tokio::test]
async fn a_holder_that_falls_silent_is_cut_and_served_again_once_it_renews() {
    let mut scene = Scene::open(hasty()).await;
    drop(scene.renewing);
    scene.client.is_reset().await;
    assert_eq!(cuts(&scene.proxy, Cut::Lapsed).await, 1);
    let _renewing = scene.record.renewing();
    let mut client = Peer::connect(scene.proxy.address()).await;
    scene.database.accept().await.say("back").await;
    assert_eq!(client.hear().await, "back");
}
