//! Mirrors of a store that changes, stops and comes back.

use std::time::Duration;

use rustix::process::Signal;
use standfast_coordination::{Mirror, Store as _};
use standfast_record::{Connection, Durability, Revision, Transaction, View};
use standfast_store::Client;

use crate::process::Process;
use crate::support::{Local, TIMEOUT, own_address, within};

async fn wait_for(mirror: &mut Mirror, wanted: impl Fn(&View) -> bool) -> std::sync::Arc<View> {
    within(async {
        loop {
            let view = mirror.view();
            if wanted(&view) {
                return view;
            }
            mirror.changed().await;
        }
    })
    .await
}

async fn put(client: &Client, key: &str, value: u64) -> Revision {
    let put = Transaction::new()
        .put_record(key, &value, Durability::Durable)
        .unwrap();
    within(client.transact(put)).await.unwrap().revision
}

#[tokio::test]
async fn a_mirror_shows_what_the_store_holds() {
    let store = Local::start().await;
    let client = store.client();
    let before = put(&client, "/a/1", 1).await;
    put(&client, "/b/1", 1).await;
    let mut mirror = Mirror::start(store.client(), "/a/".to_owned());
    assert_eq!(mirror.view().connection, Connection::Lost, "not yet");
    let view = wait_for(&mut mirror, |view| view.connection == Connection::Connected).await;
    assert_eq!(view.get("/a/1").unwrap(), Some((1_u64, before)));
    assert_eq!(view.entries().count(), 1);

    let mut subscription = mirror.subscribe();
    let revision = put(&client, "/a/2", 2).await;
    let view = within(subscription.wait_for(|view| view.revision >= revision)).await;
    assert_eq!(view.unwrap().get("/a/2").unwrap(), Some((2_u64, revision)));
    let removal = Transaction::new().delete("/a/1");
    let revision = within(client.transact(removal)).await.unwrap().revision;
    let view = wait_for(&mut mirror, |view| view.revision >= revision).await;
    assert_eq!(view.entry("/a/1"), None);
    drop(mirror);
    assert!(
        within(subscription.wait_for(|_| false)).await.is_err(),
        "the mirror ends with its last handle"
    );
    store.stop().await;
}

#[tokio::test]
async fn a_mirror_keeps_what_it_saw_while_the_store_is_away() {
    let store = Local::start().await;
    let address = store.address;
    let client = store.client();
    let kept = put(&client, "/a", 1).await;
    let mut mirror = Mirror::start(client.clone(), "/".to_owned());
    wait_for(&mut mirror, |view| view.connection == Connection::Connected).await;
    let folder = store.stop().await;
    let view = wait_for(&mut mirror, |view| view.connection == Connection::Lost).await;
    assert_eq!(view.get("/a").unwrap(), Some((1_u64, kept)));

    let store = Local::start_in(folder, address).await;
    let changed = put(&client, "/a", 2).await;
    let view = wait_for(&mut mirror, |view| view.revision >= changed).await;
    assert_eq!(view.connection, Connection::Connected);
    assert_eq!(view.get("/a").unwrap(), Some((2_u64, changed)));
    store.stop().await;
}

#[tokio::test]
async fn a_mirror_notices_a_server_that_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let address = own_address();
    let process = Process::start(&folder.path().join("store"), address);
    let ready = Client::new(address, TIMEOUT);
    put(&ready, "/a", 1).await;
    let client = Client::new(address, Duration::from_millis(200));
    let mut mirror = Mirror::start(client, "/".to_owned());
    wait_for(&mut mirror, |view| view.connection == Connection::Connected).await;
    process.signal(Signal::STOP);
    let view = wait_for(&mut mirror, |view| view.connection == Connection::Lost).await;
    assert!(view.entry("/a").is_some());
    process.signal(Signal::CONT);
    wait_for(&mut mirror, |view| view.connection == Connection::Connected).await;
}
