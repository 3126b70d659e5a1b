//! Clients that come while there is no database to connect them to.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use standfast_proxy::{ClientRefusal, Closed, Proxy, Status};

use crate::support::{Database, Peer, Record, Scene, leads_to, patient, start, until, within};

/// An address on which no process listens.
pub(crate) fn free_port() -> SocketAddr {
    // An address of this process's own: tests that run beside this one use others.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let own = Ipv4Addr::new(127, 128 | high >> 2, middle, low);
    let listener = TcpListener::bind((own, 0)).unwrap();
    listener.local_addr().unwrap()
}

async fn state(proxy: &Proxy, state: impl FnMut(&Status) -> bool) -> Status {
    let mut status = proxy.status();
    within(status.wait_for(state)).await.unwrap().clone()
}

#[tokio::test]
async fn a_client_that_comes_during_a_failover_gets_through_to_the_new_writer() {
    let scene = Scene::open(patient()).await;
    scene.record.release();
    state(&scene.proxy, |status| status.door.is_err()).await;
    let mut client = Peer::connect(scene.proxy.address()).await;
    client.say("who is there?").await;
    state(&scene.proxy, |status| status.waiting == 1).await;

    let mut successor = Database::start().await;
    scene.record.begin(2);
    state(&scene.proxy, |status| status.epoch.get() == 2).await;
    let status = scene.proxy.status().borrow().clone();
    assert_eq!(status.door, Err(Closed::Unverified));
    assert_eq!(status.waiting, 1);
    scene.record.verify(successor.address);
    let mut server = successor.accept().await;
    assert_eq!(server.hear().await, "who is there?");
    server.say("epoch 2").await;
    assert_eq!(client.hear().await, "epoch 2");
}

#[tokio::test]
async fn a_renewal_of_unknown_age_admits_no_client_until_the_next_one() {
    let record = Record::absent();
    let mut database = Database::start().await;
    record.begin(7);
    record.verify(database.address);
    let proxy = start(patient(), &record).await;
    let mut client = Peer::connect(proxy.address()).await;
    state(&proxy, |status| {
        status.epoch.get() == 7 && status.waiting == 1
    })
    .await;
    assert_eq!(proxy.status().borrow().door, Err(Closed::Unproven));
    record.renew();
    database.accept().await.say("epoch 7").await;
    assert_eq!(client.hear().await, "epoch 7");
}

#[tokio::test]
async fn a_database_that_restarts_in_place_finds_its_clients_waiting() {
    let scene = Scene::open(patient()).await;
    let address = free_port();
    scene.record.verify(address);
    state(&scene.proxy, |status| leads_to(status, address)).await;
    let mut client = Peer::connect(scene.proxy.address()).await;
    state(&scene.proxy, |status| status.waiting == 1).await;
    let mut restarted = Database::on(address).await;
    restarted.accept().await.say("ready").await;
    assert_eq!(client.hear().await, "ready");
}

#[tokio::test]
async fn a_client_is_held_no_longer_than_allowed() {
    let mut settings = patient();
    settings.connect_wait = Duration::from_millis(20);
    let proxy = start(settings, &Record::absent()).await;
    Peer::connect(proxy.address()).await.is_closed().await;
    let status = state(&proxy, |status| {
        status.open == 0 && !status.refused.is_empty()
    })
    .await;
    assert_eq!(status.refused.get(&ClientRefusal::ConnectWait), Some(&1));
}

#[tokio::test]
async fn a_client_that_gives_up_while_held_makes_room() {
    let proxy = start(patient(), &Record::absent()).await;
    let client = Peer::connect(proxy.address()).await;
    state(&proxy, |status| status.waiting == 1).await;
    drop(client);
    let status = state(&proxy, |status| status.open == 0).await;
    assert_eq!(status.waiting, 0);
    assert_eq!(status.refused.get(&ClientRefusal::ClientLeft), Some(&1));
}

#[tokio::test]
async fn a_look_that_is_asked_for_comes_before_its_time() {
    let mut settings = patient();
    settings.lease = Duration::from_hours(1);
    settings.poll_every = Duration::from_mins(10);
    let mut scene = Scene::open(settings).await;
    scene.record.begin(2);
    scene.proxy.look();
    scene.client.is_reset().await;
    until(|| scene.proxy.status().borrow().epoch.get() == 2).await;
}
