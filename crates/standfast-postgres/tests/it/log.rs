//! Where the log of a stopped server ends, against what its own recovery finds.

use standfast_replication::{DataFolder, Engine, Shutdown, StartAs};
use standfast_units::{Lsn, Timeline};

use crate::machine::{Machine, start, wait_for_primary};

/// The end that crash recovery found: it writes its checkpoint there.
fn recovered_to(log: &str) -> Lsn {
    let (_, after) = log.rsplit_once("redo done at ").expect(log);
    after.split_whitespace().next().unwrap().parse().unwrap()
}

async fn crash_after(statements: &[&str]) {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    let client = machine.connect(&a, "app", "payments").await.unwrap();
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
    server.end(Shutdown::Crashed);
    let end = a.engine.log_end().await.unwrap();
    assert_eq!(end.timeline, Timeline::FIRST);

    let server = start(&a, &StartAs::Primary).await;
    wait_for_primary(&a).await;
    a.engine.checkpoint().await.unwrap();
    let log = server.log();
    server.end(Shutdown::Crashed);
    // "redo done at" names the start of the last record; what comes next begins at the end found.
    let last = recovered_to(&log);
    assert!(last < end.position, "{last} is not before {}", end.position);
    let dump = std::process::Command::new(newest_waldump())
        .arg("-p")
        .arg(a.engine.settings().data.join("pg_wal"))
        .args(["-t", "1", "-s", &last.to_string(), "-n", "2"])
        .output()
        .unwrap();
    let dump = String::from_utf8(dump.stdout).unwrap();
    let next = dump.lines().nth(1).expect(&dump);
    let next: Lsn = field(next, "lsn: ").parse().unwrap();
    // Where the end is also the end of a page, the next record begins after the page's header.
    assert!(
        next == end.position
            || (end.position.get() % 8192 == 0 && next.since(end.position).get() <= 40),
        "recovery went on at {next}, the end found is {}",
        end.position
    );
}

fn field<'a>(line: &'a str, name: &str) -> &'a str {
    line.split_once(name).unwrap().1.split(',').next().unwrap()
}

fn newest_waldump() -> std::path::PathBuf {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    versions.sort();
    versions.pop().unwrap().join("bin/pg_waldump")
}

#[tokio::test]
async fn the_log_of_a_crashed_server_ends_where_its_recovery_ends() {
    crash_after(&[
        "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n",
        "BEGIN; INSERT INTO t VALUES (1); COMMIT",
    ])
    .await;
}

/// Several segments, then recycled ones with old content ahead of the end.
#[tokio::test]
async fn the_log_ends_within_recycled_segments_too() {
    let fill =
        "INSERT INTO t SELECT repeat(md5(random()::text), 20) FROM generate_series(1, 40000)";
    crash_after(&[
        "CREATE TABLE t (x text)",
        fill,
        fill,
        "DELETE FROM t",
        fill,
        "DROP TABLE t",
        "CREATE TABLE u (n int)",
        "INSERT INTO u SELECT generate_series(1, 100000)",
    ])
    .await;
}

#[tokio::test]
async fn the_log_of_a_clean_stop_ends_after_its_shutdown_checkpoint() {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    server.end(Shutdown::Clean);
    let DataFolder::Ready(state) = a.engine.folder().await.unwrap() else {
        panic!("not ready");
    };
    assert_eq!(state.shutdown, Shutdown::Clean);
    let end = a.engine.log_end().await.unwrap();
    assert!(end.position > state.checkpoint);
    assert!(end.position.since(state.checkpoint).get() < 200);
}

/// Rolled back and read-only transactions are no loss; each commit is listed once, in order.
#[tokio::test]
async fn the_surplus_is_exactly_what_was_committed() {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    let client = machine.connect(&a, "app", "payments").await.unwrap();
    client
        .batch_execute("CREATE TABLE t (n int)")
        .await
        .unwrap();
    let row = client
        .query_one("SELECT pg_current_wal_flush_lsn()::text", &[])
        .await
        .unwrap();
    let fork: Lsn = row.get::<_, String>(0).parse().unwrap();
    let mut expected = Vec::new();
    for n in 0..1200 {
        let row = client
            .query_one("INSERT INTO t VALUES ($1) RETURNING txid_current()", &[&n])
            .await
            .unwrap();
        expected.push(u64::try_from(row.get::<_, i64>(0)).unwrap());
    }
    client
        .batch_execute("BEGIN; INSERT INTO t VALUES (0); ROLLBACK")
        .await
        .unwrap();
    client.query("SELECT count(*) FROM t", &[]).await.unwrap();
    server.end(Shutdown::Crashed);
    let keep_in = machine.path("surplus");
    let surplus = a
        .engine
        .surplus(Timeline::FIRST, fork, &keep_in)
        .await
        .unwrap();
    assert_eq!(surplus.transactions, 1200);
    expected.truncate(1000);
    let listed: Vec<u64> = surplus
        .commits
        .iter()
        .map(|commit| commit.transaction)
        .collect();
    assert_eq!(listed, expected);
    assert!(surplus.commits[0].committed_at.ends_with(" UTC"));
    assert!(keep_in.join("000000010000000000000001").exists());

    // What is not there to be read is an error, never a short list.
    let gone = a
        .engine
        .surplus(Timeline::FIRST, Lsn::new(8), &keep_in)
        .await;
    gone.unwrap_err();
}

/// Measured: `pg_waldump` learns the size of segments from whichever file it comes across first, and gives up
/// on one that was made ahead.
#[tokio::test]
async fn segments_that_were_made_ahead_do_not_hide_the_end() {
    let machine = Machine::new();
    let (a, server) = machine.primary("main-east-1").await;
    machine.write(&a, 1).await;
    server.end(Shutdown::Clean);
    let before = a.engine.log_end().await.unwrap();
    let folder = a.engine.settings().data.join("pg_wal");
    // In whatever order the folder is read, one of them comes first.
    for number in 32..96 {
        let made_ahead = std::fs::File::create(folder.join(format!("00000001{number:016X}")));
        made_ahead.unwrap().set_len(16 << 20).unwrap();
    }
    assert_eq!(a.engine.log_end().await.unwrap(), before);
}
