//! Starting, stopping, and what keeps a server from starting.

use standfast_coordination::Store as _;
use standfast_record::{Durability, Revision, Transaction};
use standfast_store::server::{Error, Server};

use crate::support::{Local, own_address, settings, within};

async fn start_error(path: &std::path::Path, listen: std::net::SocketAddr) -> Error {
    within(Server::start(settings(path, listen)))
        .await
        .expect_err("the server must not start")
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let store = Local::start().await;
    let error = start_error(&store.folder.path().join("other"), store.address).await;
    let expected = format!("the store cannot listen on {}", store.address);
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, Error::Listen { .. }));
    store.stop().await;
}

#[tokio::test]
async fn two_servers_cannot_open_one_file() {
    let store = Local::start().await;
    let error = start_error(&store.path, own_address()).await;
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    // The first one goes on unharmed.
    let put = Transaction::new().put("a", "1", Durability::Durable);
    assert!(
        within(store.client().transact(put))
            .await
            .unwrap()
            .succeeded
    );
    store.stop().await;
}

#[tokio::test]
async fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for content in [b"x".to_vec(), b"precious ".repeat(10_000)] {
        std::fs::write(&path, &content).unwrap();
        let error = start_error(&path, own_address()).await;
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_file_cut_short_is_called_damaged() {
    let store = Local::start().await;
    let put = Transaction::new().put("a", "1", Durability::Durable);
    within(store.client().transact(put)).await.unwrap();
    let path = store.path.clone();
    let _folder = store.stop().await;
    let content = std::fs::read(&path).unwrap();
    std::fs::write(&path, &content[..content.len() / 2]).unwrap();
    let error = start_error(&path, own_address()).await;
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_missing_is_an_error_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = start_error(&folder.path().join("no/store"), own_address()).await;
    assert!(matches!(error, Error::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_that_was_stopped_comes_back_with_all_it_had() {
    let store = Local::start().await;
    let address = store.address;
    let client = store.client();
    let durable = Transaction::new().put("durable", "1", Durability::Durable);
    let durable = within(client.transact(durable)).await.unwrap().revision;
    let volatile = Transaction::new().put("volatile", "1", Durability::Volatile);
    let volatile = within(client.transact(volatile)).await.unwrap().revision;

    let store = Local::start_in(store.stop().await, address).await;
    // The same client finds the new server by itself.
    let snapshot = within(client.range("")).await.unwrap();
    assert_eq!(snapshot.entries["durable"].modified, durable);
    let entry = &snapshot.entries["volatile"];
    assert_eq!((entry.value.as_str(), entry.created), ("1", volatile));
    assert!(entry.modified > volatile, "P21: written anew");
    store.stop().await;
}

#[tokio::test]
async fn history_ends_at_a_restart() {
    let store = Local::start().await;
    let address = store.address;
    let put = Transaction::new().put("a", "1", Durability::Durable);
    let revision = within(store.client().transact(put)).await.unwrap().revision;
    let store = Local::start_in(store.stop().await, address).await;
    let client = store.client();
    let error = within(client.watch("", revision)).await.unwrap_err();
    assert!(
        matches!(error, standfast_coordination::Error::Compacted { oldest } if oldest > revision)
    );
    let error = within(client.watch("", Revision(u64::MAX)))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        standfast_coordination::Error::Refused { .. }
    ));
    store.stop().await;
}
