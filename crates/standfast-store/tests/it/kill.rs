//! A store process that is killed while clients write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use standfast_coordination::{Error, Store as _};
use standfast_record::{Durability, Revision, Transaction};
use standfast_store::Client;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::process::Process;
use crate::support::{TIMEOUT, own_address, within};

const KILLS: u32 = 1_000;
const WRITERS: u64 = 4;

/// How many transactions a store acknowledges before it is killed, on average.
const ANSWERS_MEAN: u64 = 4;

/// What one writer was told about its keys.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// The last count acknowledged, and the revision it got.
    count: u64,
    revision: Revision,
    /// The newest revision seen of its volatile key.
    renewed: Revision,
}

#[tokio::test]
async fn a_thousand_kills_lose_no_acknowledged_transaction() {
    let seed = std::env::var("STANDFAST_SEED").map_or_else(
        |_| rand::random(),
        |seed| seed.parse().expect("STANDFAST_SEED is a number"),
    );
    println!("seed {seed}; repeat with STANDFAST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let address = own_address();
    let mut told = BTreeMap::<u64, Told>::new();
    let mut acknowledged = 0;
    for _ in 0..KILLS {
        let process = Process::start(&path, address);
        let verified = Client::new(address, TIMEOUT);
        verify(&verified, &told).await;
        let (kill, killed) = watch::channel(());
        let answered = Arc::new(Answered::default());
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let told = told.get(&writer).copied().unwrap_or_default();
            let answered = Arc::clone(&answered);
            let client = Client::new(address, TIMEOUT);
            let killed = killed.clone();
            writers.spawn(async move {
                (
                    writer,
                    write(&client, writer, told, &answered, killed).await,
                )
            });
        }
        // Killed at a chance instant after so many answers, however fast the machine is: counted in what
        // the store did, not in time.
        within(answered.reach(random.random_range(0..=2 * ANSWERS_MEAN))).await;
        let instant = Duration::from_micros(random.random_range(0..2_000));
        let _ = tokio::time::timeout(instant, writers.join_next()).await;
        process.kill();
        drop(kill);
        for (writer, now) in within(writers.join_all()).await {
            acknowledged += now.count - told.get(&writer).map_or(0, |told| told.count);
            told.insert(writer, now);
        }
    }
    println!("{acknowledged} durable transactions were acknowledged");
    assert!(acknowledged > u64::from(KILLS), "the clients hardly wrote");
}

/// How many transactions of one life of the store were acknowledged.
#[derive(Debug, Default)]
struct Answered {
    count: AtomicU64,
    more: Notify,
}

impl Answered {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.more.notify_one();
    }

    async fn reach(&self, count: u64) {
        while self.count.load(Ordering::Relaxed) < count {
            self.more.notified().await;
        }
    }
}

/// Counts up until the store is gone: a pair of durable keys in one transaction, and a volatile one.
async fn write(
    client: &Client,
    writer: u64,
    mut told: Told,
    answered: &Answered,
    mut killed: watch::Receiver<()>,
) -> Told {
    let [a, b, renewed] = ["a", "b", "renewed"].map(|name| format!("{writer}/{name}"));
    let Some(Ok(read)) = unless(&mut killed, client.get(&a)).await else {
        return told;
    };
    // An attempt without an answer may have been applied.
    let mut at = Revision(0);
    if let Some(entry) = read.entry {
        told.count = entry.value.parse().unwrap();
        told.revision = entry.modified;
        at = entry.modified;
    }
    loop {
        let count = (told.count + 1).to_string();
        let pair = Transaction::new()
            .if_modified_at(&a, at)
            .put(&a, &count, Durability::Durable)
            .put(&b, &count, Durability::Durable);
        match unless(&mut killed, client.transact(pair)).await {
            None => return told,
            Some(Ok(outcome)) => {
                assert!(outcome.succeeded, "no other client writes this key");
                assert!(outcome.revision > told.revision);
                at = outcome.revision;
                told.count += 1;
                told.revision = outcome.revision;
                answered.add();
            }
            Some(Err(error)) => return lost(&error, told),
        }
        let renewal = Transaction::new().put(&renewed, &count, Durability::Volatile);
        match unless(&mut killed, client.transact(renewal)).await {
            None => return told,
            Some(Ok(outcome)) => told.renewed = outcome.revision,
            Some(Err(error)) => return lost(&error, told),
        }
    }
}

/// What a call comes to, unless the server is killed first; an answer that is there counts.
async fn unless<T>(killed: &mut watch::Receiver<()>, call: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = call => Some(result),
        _ = killed.changed() => None,
    }
}

fn lost(error: &Error, told: Told) -> Told {
    assert!(
        matches!(
            error,
            Error::Unreachable { .. } | Error::OutcomeUnknown { .. }
        ),
        "{error}"
    );
    told
}

async fn verify(client: &Client, told: &BTreeMap<u64, Told>) {
    let snapshot = within(client.range("")).await.unwrap();
    for (writer, told) in told {
        assert!(
            snapshot.revision > told.revision,
            "no revision is used twice"
        );
        assert!(
            snapshot.revision > told.renewed,
            "no revision is used twice"
        );
        let entry = |name: &str| snapshot.entries.get(&format!("{writer}/{name}"));
        let (Some(a), Some(b)) = (entry("a"), entry("b")) else {
            assert_eq!(told.count, 0, "an acknowledged transaction is gone");
            continue;
        };
        assert_eq!((&a.value, a.modified), (&b.value, b.modified));
        let count: u64 = a.value.parse().unwrap();
        assert!(count == told.count || count == told.count + 1);
        assert_eq!(a.modified == told.revision, count == told.count);
        if let Some(renewed) = entry("renewed") {
            assert!(renewed.modified > told.renewed, "P21: written anew");
        }
    }
}
