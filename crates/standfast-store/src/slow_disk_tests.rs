//! What goes on while a disk takes its time, and what waits.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::disk::Disk;
use super::engine::{self, Answer, Asked, Fault, Reply};
use super::watchers::Events;
use super::wire::WireRequest;
use standfast_record::{Durability, Revision, Transaction, TransactionOutcome};

const WAIT: Duration = Duration::from_secs(10);

/// A disk whose syncs wait while its door is shut.
#[derive(Debug, Clone)]
struct SlowDisk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    memory: InMemoryBackend,
    door: Mutex<Door>,
    opened: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
}

impl SlowDisk {
    fn set(&self, door: Door) {
        *self.0.door.lock().unwrap() = door;
        self.0.opened.notify_all();
    }
}

impl StorageBackend for SlowDisk {
    fn len(&self) -> io::Result<u64> {
        self.0.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let door = self.0.door.lock().unwrap();
        let shut = |door: &mut Door| *door == Door::Shut;
        drop(self.0.opened.wait_while(door, shut).unwrap());
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.memory.write(offset, data)
    }
}

struct Store {
    disk: SlowDisk,
    asked: mpsc::Sender<Asked>,
    answers: mpsc::Receiver<(u64, Answer)>,
    reply: mpsc::Sender<(u64, Answer)>,
    engine: JoinHandle<Result<(), Fault>>,
}

impl Store {
    fn start() -> Self {
        let disk = SlowDisk(Arc::new(Inner {
            memory: InMemoryBackend::new(),
            door: Mutex::new(Door::Open),
            opened: Condvar::new(),
        }));
        let (opened, loaded) = Disk::open_backend(disk.clone()).unwrap();
        let (asked, requests) = mpsc::channel(16);
        let (reply, answers) = mpsc::channel(16);
        Self {
            disk,
            asked,
            answers,
            reply,
            engine: tokio::spawn(engine::run(opened, loaded, requests)),
        }
    }

    async fn ask(&self, id: u64, request: WireRequest) {
        let answers = self.reply.clone();
        let reply = Reply { id, answers };
        self.asked.send(Asked { request, reply }).await.unwrap();
    }

    async fn transact(&self, id: u64, transaction: Transaction) {
        self.ask(id, WireRequest::Transact { transaction }).await;
    }

    async fn answer(&mut self) -> (u64, Answer) {
        let answer = tokio::time::timeout(WAIT, self.answers.recv()).await;
        answer
            .expect("an answer comes although the disk is slow")
            .unwrap()
    }

    async fn outcome(&mut self, id: u64) -> TransactionOutcome {
        match self.answer().await {
            (found, Answer::Outcome(outcome)) if found == id => outcome,
            other => panic!("expected the outcome of {id}, not {other:?}"),
        }
    }

    async fn read(&mut self, key: &str) -> Option<String> {
        let key = key.to_owned();
        self.ask(99, WireRequest::Get { key }).await;
        match self.answer().await {
            (99, Answer::Read(read)) => read.entry.map(|entry| entry.value.clone()),
            other => panic!("expected what was read, not {other:?}"),
        }
    }

    async fn watch(&mut self, prefix: &str, after: Revision) -> Events {
        let prefix = prefix.to_owned();
        self.ask(98, WireRequest::Watch { prefix, after }).await;
        match self.answer().await {
            (98, Answer::Watching(events)) => events,
            other => panic!("expected a watch, not {other:?}"),
        }
    }

    async fn stop(self) {
        drop(self.asked);
        let ended = tokio::time::timeout(WAIT, self.engine).await;
        ended.unwrap().unwrap().unwrap();
    }
}

fn durable(key: &str, value: &str) -> Transaction {
    Transaction::new().put(key, value, Durability::Durable)
}

fn volatile(key: &str, value: &str) -> Transaction {
    Transaction::new().put(key, value, Durability::Volatile)
}

async fn seen(events: &mut Events) -> Revision {
    let batch = tokio::time::timeout(WAIT, events.recv()).await;
    batch.unwrap().unwrap().unwrap().revision
}

#[tokio::test]
async fn renewals_go_on_while_a_commit_is_under_way() {
    let mut store = Store::start();
    // The lease begins durable; its first renewal is made durable as well, once.
    store.transact(0, durable("lease", "0")).await;
    store.outcome(0).await;
    store.transact(1, volatile("lease", "1")).await;
    let renewed = store.outcome(1).await.revision;
    let mut events = store.watch("", renewed).await;

    store.disk.set(Door::Shut);
    store.transact(2, durable("writer", "new")).await;
    let mut last = renewed;
    for id in 10..20 {
        let renewal = volatile("lease", &id.to_string()).if_modified_at("lease", last);
        store.transact(id, renewal).await;
        let outcome = store.outcome(id).await;
        assert!(outcome.succeeded && outcome.revision > last);
        last = outcome.revision;
        assert_eq!(seen(&mut events).await, last, "watchers see it as well");
    }
    assert_eq!(store.read("writer").await, None, "not before it is durable");

    store.disk.set(Door::Open);
    let written = store.outcome(2).await.revision;
    assert!(
        written > last,
        "revisions follow the order in which they are seen"
    );
    assert_eq!(seen(&mut events).await, written);
    assert_eq!(store.read("writer").await.as_deref(), Some("new"));
    store.stop().await;
}

#[tokio::test]
async fn what_depends_on_a_commit_waits_for_it() {
    let mut store = Store::start();
    for (id, key) in [(0, "lease"), (1, "other")] {
        store.transact(id, volatile(key, "0")).await;
        store.outcome(id).await;
    }
    store.disk.set(Door::Shut);
    // A take-over: written durable, and it compares another key.
    let take = durable("lease", "taken").if_value_is("other", "0");
    store.transact(2, take).await;
    // A renewal of what is being taken, a write of what it compared, a comparison with what it writes.
    store
        .transact(3, volatile("lease", "renewed").if_value_is("lease", "0"))
        .await;
    store.transact(4, volatile("other", "1")).await;
    store
        .transact(5, volatile("third", "1").if_value_is("lease", "taken"))
        .await;
    // What fails on a key that is not being written fails at once.
    let hopeless = volatile("lease", "x").if_value_is("nothing", "0");
    store.transact(6, hopeless).await;
    assert!(!store.outcome(6).await.succeeded);
    assert_eq!(store.read("lease").await.as_deref(), Some("0"));
    assert_eq!(store.read("other").await.as_deref(), Some("0"));

    store.disk.set(Door::Open);
    assert!(store.outcome(2).await.succeeded);
    assert!(!store.outcome(3).await.succeeded, "the lease was taken");
    assert!(store.outcome(4).await.succeeded);
    assert!(store.outcome(5).await.succeeded);
    store.stop().await;
}

#[tokio::test]
async fn durable_transactions_that_wait_share_a_commit() {
    let mut store = Store::start();
    assert_eq!(store.read("key/0").await, None);
    store.disk.set(Door::Shut);
    for id in 0..10 {
        store.transact(id, durable(&format!("key/{id}"), "1")).await;
    }
    // Requests are taken up in turn: when this is answered, all have been.
    assert_eq!(store.read("key/0").await, None);
    store.disk.set(Door::Open);
    let mut revisions = Vec::new();
    for id in 0..10 {
        revisions.push(store.outcome(id).await.revision.0);
    }
    let together = revisions[1..].windows(2).all(|pair| pair[0] + 1 == pair[1]);
    assert!(together, "{revisions:?}");
    store.stop().await;
}
