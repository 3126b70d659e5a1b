//! The bounds: how many clients, which port.

use std::error::Error as _;

use standfast_proxy::{ClientRefusal, Error, Proxy};

use crate::support::{LOOPBACK, Peer, Record, Scene, boot_clock, patient, start, within};

#[tokio::test]
async fn a_client_beyond_the_limit_is_closed_and_the_next_one_after_it_served() {
    let mut settings = patient();
    settings.connections_max = 2;
    let mut scene = Scene::open(settings).await;
    let second = Peer::connect(scene.proxy.address()).await;
    let second_server = scene.database.accept().await;
    Peer::connect(scene.proxy.address()).await.is_closed().await;
    let mut status = scene.proxy.status();
    assert_eq!(
        status.borrow().refused.get(&ClientRefusal::ConnectionsMax),
        Some(&1)
    );
    scene.server.say("undisturbed").await;
    assert_eq!(scene.client.hear().await, "undisturbed");

    drop((second, second_server));
    within(status.wait_for(|status| status.open == 1))
        .await
        .unwrap();
    let mut third = Peer::connect(scene.proxy.address()).await;
    scene.database.accept().await.say("welcome").await;
    assert_eq!(third.hear().await, "welcome");
}

#[tokio::test]
async fn no_more_clients_wait_than_allowed() {
    let mut settings = patient();
    settings.waiting_max = 1;
    let proxy = start(settings, &Record::absent()).await;
    let _held = Peer::connect(proxy.address()).await;
    let mut status = proxy.status();
    within(status.wait_for(|status| status.waiting == 1))
        .await
        .unwrap();
    Peer::connect(proxy.address()).await.is_closed().await;
    assert_eq!(
        status.borrow().refused.get(&ClientRefusal::WaitingMax),
        Some(&1)
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_or_passed_over_as_asked() {
    let record = Record::absent();
    let first = start(patient(), &record).await;
    let taken = first.address();
    let refused = Proxy::bind(taken, patient(), record.clone(), boot_clock)
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Listen { address, .. } if address == taken));
    let near = Proxy::bind_near(taken, 100, patient(), record, boot_clock)
        .await
        .unwrap();
    assert!(near.address().port() > taken.port());
}

#[tokio::test]
async fn settings_that_do_not_fit_together_are_refused() {
    let mut settings = patient();
    settings.read_timeout = settings.lease;
    let refused = Proxy::bind(LOOPBACK, settings, Record::absent(), boot_clock)
        .await
        .unwrap_err();
    assert!(
        refused
            .source()
            .unwrap()
            .to_string()
            .contains("4 * read_timeout")
    );
}
