//! What passes while everything is well.

use std::time::Duration;

use standfast_units::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::held::free_port;
use crate::support::{Answers, Peer, Record, Scene, leads_to, patient, start, until, within};

/// Bytes that repeat nowhere near a buffer's length.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from(index % 251).unwrap())
        .collect()
}

#[tokio::test]
async fn a_great_deal_passes_unchanged_both_ways_through_small_buffers() {
    let mut settings = patient();
    settings.buffer = Bytes::new(1000);
    let mut scene = Scene::open(settings).await;
    let sent = pattern(16 << 20);
    let (client, server) = (scene.client.0.get_mut(), scene.server.0.get_mut());
    let (mut client_in, mut client_out) = client.split();
    let (mut server_in, mut server_out) = server.split();
    let (mut by_client, mut by_server) = (vec![0; sent.len()], vec![0; sent.len()]);
    within(async {
        tokio::try_join!(
            client_out.write_all(&sent),
            server_out.write_all(&sent),
            client_in.read_exact(&mut by_client),
            server_in.read_exact(&mut by_server),
        )
    })
    .await
    .unwrap();
    assert!(by_client == sent, "answers were changed on their way");
    assert!(by_server == sent, "requests were changed on their way");
}

#[tokio::test]
async fn the_end_of_one_direction_leaves_the_other_open() {
    let mut scene = Scene::open(patient()).await;
    scene.client.say("last request").await;
    scene.client.0.get_mut().shutdown().await.unwrap();
    let (requests, ended) = scene.server.rest().await;
    assert_eq!(
        (&requests[..], ended.is_ok()),
        (&b"last request\n"[..], true)
    );
    scene.server.say("last answer").await;
    assert_eq!(scene.client.hear().await, "last answer");
    drop(scene.server);
    scene.client.is_closed().await;
}

#[tokio::test]
async fn what_a_database_said_before_it_went_away_still_arrives() {
    let mut scene = Scene::open(patient()).await;
    scene.server.say("terminating connection").await;
    drop(scene.server);
    assert_eq!(scene.client.hear().await, "terminating connection");
    scene.client.is_closed().await;
}

#[tokio::test]
async fn a_client_that_stays_without_its_database_is_closed_after_a_while() {
    let mut settings = patient();
    settings.half_closed_max = Duration::from_millis(20);
    let scene = Scene::open(settings).await;
    drop(scene.server);
    let mut status = scene.proxy.status();
    within(status.wait_for(|status| status.open == 0))
        .await
        .unwrap();
    assert!(status.borrow().cut.is_empty());
    drop(scene.client);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_connection_to_the_database_along() {
    let mut scene = Scene::open(patient()).await;
    drop(scene.client);
    scene.server.is_closed().await;
    drop(scene.server);
    let mut status = scene.proxy.status();
    within(status.wait_for(|status| status.open == 0))
        .await
        .unwrap();
    assert!(status.borrow().cut.is_empty());
}

#[tokio::test]
async fn a_shutdown_lets_the_connected_finish_and_the_held_go() {
    let scene = Scene::open(patient()).await;
    let (mut client, mut server) = (scene.client, scene.server);
    let address = scene.proxy.address();
    // Held: the writer has no address that answers.
    let unused = free_port();
    scene.record.verify(unused);
    let mut status = scene.proxy.status();
    within(status.wait_for(|status| leads_to(status, unused)))
        .await
        .unwrap();
    let mut held = Peer::connect(address).await;
    within(status.wait_for(|status| status.waiting == 1))
        .await
        .unwrap();

    let shutdown = tokio::spawn(scene.proxy.shutdown(Duration::from_mins(10)));
    held.is_closed().await;
    client.say("commit").await;
    assert_eq!(server.hear().await, "commit");
    server.say("committed").await;
    assert_eq!(client.hear().await, "committed");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    drop((client, server));
    within(shutdown).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_without_patience_cuts_the_connected() {
    let mut scene = Scene::open(patient()).await;
    within(scene.proxy.shutdown(Duration::ZERO)).await;
    scene.client.is_reset().await;
    scene.server.is_reset().await;
}

#[tokio::test]
async fn a_dropped_proxy_cuts_everything() {
    let mut scene = Scene::open(patient()).await;
    let address = scene.proxy.address();
    drop(scene.proxy);
    scene.client.is_reset().await;
    until(|| std::net::TcpStream::connect(address).is_err()).await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_store_that_never_answers() {
    let record = Record::absent();
    record.answer(Answers::Never);
    let proxy = start(patient(), &record).await;
    within(proxy.shutdown(Duration::ZERO)).await;
}
