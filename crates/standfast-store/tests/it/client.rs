//! The client against servers that are not there, stop, or speak nonsense.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rustix::process::Signal;
use standfast_coordination::{Error, Store as _, trim_events};
use standfast_record::{Durability, Revision, Transaction};
use standfast_store::Client;
use standfast_store::defaults::WATCH_QUEUE_MAX;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::process::Process;
use crate::support::{Local, TIMEOUT, own_address, within};

const SHORT: Duration = Duration::from_millis(300);

fn put(key: &str) -> Transaction {
    Transaction::new().put(key, "1", Durability::Durable)
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_says_why() {
    let client = Client::new(own_address(), SHORT);
    let error = within(client.transact(put("a"))).await.unwrap_err();
    let Error::Unreachable { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_call_waits_for_a_server_that_is_about_to_start() {
    let address = own_address();
    let client = Client::new(address, TIMEOUT);
    let call = tokio::spawn(async move { client.transact(put("a")).await });
    tokio::task::yield_now().await;
    let folder = tempfile::tempdir().unwrap();
    let store = Local::start_in(folder, address).await;
    assert!(within(call).await.unwrap().unwrap().succeeded);
    store.stop().await;
}

#[tokio::test]
async fn a_stopped_server_leaves_the_outcome_unknown_within_the_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let address = own_address();
    let process = Process::start(&folder.path().join("store"), address);
    let ready = Client::new(address, TIMEOUT);
    within(ready.get("a")).await.unwrap();
    let client = Client::new(address, SHORT);
    within(client.transact(put("a"))).await.unwrap();
    let mut watch = within(client.watch("", Revision(0)).await.map_or_else(
        |error| {
            let Error::Compacted { oldest } = error else {
                panic!("{error:?}");
            };
            client.watch("", oldest)
        },
        |_| panic!("revision zero is before every history"),
    ))
    .await
    .unwrap();
    within(watch.next()).await.unwrap();

    process.signal(Signal::STOP);
    let error = within(client.transact(put("b"))).await.unwrap_err();
    let Error::OutcomeUnknown { waited, .. } = error else {
        panic!("{error:?}");
    };
    assert!(waited >= SHORT && waited < SHORT * 10, "{waited:?}");
    let error = within(watch.next()).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
    // Now that the connection is given up, nothing is sent any more.
    let error = within(client.transact(put("c"))).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");

    process.signal(Signal::CONT);
    let found = within(ready.get("c")).await.unwrap();
    assert_eq!(found.entry, None, "unreachable means that nothing was done");
    within(client.transact(put("d"))).await.unwrap();
}

#[tokio::test]
async fn a_connection_comes_from_the_address_asked_for() {
    let listener = TcpListener::bind(own_address()).await.unwrap();
    let source = IpAddr::V4(Ipv4Addr::new(127, 200, 1, 2));
    let client = Client::new(listener.local_addr().unwrap(), SHORT).with_source(source);
    let call = tokio::spawn(async move { client.get("a").await });
    let (_stream, peer) = within(listener.accept()).await.unwrap();
    assert_eq!(peer.ip(), source);
    assert!(within(call).await.unwrap().is_err());
}

#[tokio::test]
async fn a_peer_that_is_no_store_harms_nobody() {
    let listener = TcpListener::bind(own_address()).await.unwrap();
    let client = Client::new(listener.local_addr().unwrap(), SHORT);
    let call = tokio::spawn(async move { client.transact(put("a")).await });
    let (mut stream, _) = within(listener.accept()).await.unwrap();
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let error = within(call).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_of_another_version_says_so() {
    let listener = TcpListener::bind(own_address()).await.unwrap();
    let client = Client::new(listener.local_addr().unwrap(), SHORT);
    let call = tokio::spawn(async move { client.transact(put("a")).await });
    let (mut stream, _) = within(listener.accept()).await.unwrap();
    let hello = br#"{"hello":{"protocol":7}}"#;
    stream
        .write_u32(u32::try_from(hello.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(hello).await.unwrap();
    let error = within(call).await.unwrap().unwrap_err();
    let Error::Unreachable { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        source.to_string(),
        "the store speaks protocol 7, this client 1"
    );
}

#[tokio::test]
async fn nonsense_does_not_stop_a_server() {
    let store = Local::start().await;
    for nonsense in [
        &b"\xff\xff\xff\xff"[..],
        b"\0\0\0\x02{}",
        b"GET / HTTP/1.1\r\n",
    ] {
        let mut stream = tokio::net::TcpStream::connect(store.address).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
    }
    assert!(
        within(store.client().transact(put("a")))
            .await
            .unwrap()
            .succeeded
    );
    store.stop().await;
}

#[tokio::test]
async fn a_slow_watcher_is_told_and_never_skipped() {
    let store = Local::start().await;
    let client = store.client();
    let start = within(client.get("")).await.unwrap().revision;
    let mut watch = within(client.watch("", start)).await.unwrap();
    let count_max = u64::try_from(WATCH_QUEUE_MAX).unwrap() * 2;
    let writer = store.client();
    let mut revisions = Vec::new();
    for count in 0..count_max {
        let put = Transaction::new().put("a", count.to_string(), Durability::Volatile);
        revisions.push(within(writer.transact(put)).await.unwrap().revision);
    }
    let mut seen = Vec::new();
    let error = loop {
        match within(watch.next()).await {
            Ok(batch) => seen.push(batch.revision),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Overrun { .. }), "{error:?}");
    assert_eq!(seen, revisions[..seen.len()], "in order and without a gap");
    assert_eq!(seen.len(), WATCH_QUEUE_MAX);
    store.stop().await;
}

#[tokio::test]
async fn malformed_transactions_are_refused_with_a_reason() {
    let store = Local::start().await;
    let client = store.client();
    let long = "k".repeat(2_000);
    for (transaction, reason) in [
        (put(""), "a key must have 1 to 1024 bytes"),
        (put(&long), "a key must have 1 to 1024 bytes"),
        (
            put("a").delete("a"),
            "more than one operation on the key `a`",
        ),
    ] {
        let error = within(client.transact(transaction)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the store refused the request: {reason}")
        );
    }
    store.stop().await;
}

#[tokio::test]
async fn a_journal_is_trimmed_to_its_newest_entries() {
    let store = Local::start().await;
    let client = store.client();
    let system = "shop".parse().unwrap();
    let mut ids = standfast_record::Ids::new(7);
    let keys: Vec<_> = (0..250_u64)
        .map(|number| {
            let wall = standfast_units::WallTime::from_unix_ms(number);
            standfast_record::key::event(&system, &ids.next(wall))
        })
        .collect();
    for key in &keys {
        let put = Transaction::new().put(key, "{}", Durability::Volatile);
        within(client.transact(put)).await.unwrap();
    }
    assert_eq!(
        within(trim_events(&client, &system, 30)).await.unwrap(),
        220
    );
    assert_eq!(within(trim_events(&client, &system, 30)).await.unwrap(), 0);
    let prefix = standfast_record::key::events(&system);
    let left = within(client.range(&prefix)).await.unwrap().entries;
    assert!(left.keys().eq(&keys[220..]));
    store.stop().await;
}
