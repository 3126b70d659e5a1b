//! What clients are told when the database fails, and that repeating the request is always right.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use payments::ledger::{Ledger as _, State};
use standfast_functions::chain::Chain;
use standfast_functions::credentials::{Credentials, Error, Source};
use standfast_functions::endpoint::{Endpoint, Protection};
use standfast_functions::tls::Mode;
use standfast_functions_testing::certificates::Certificates;
use standfast_functions_testing::postgres::{PASSWORD, Postgres, USERNAME, programs};
use standfast_functions_testing::server::{folder, give_away};
use standfast_functions_testing::unprivileged::run_with;
use standfast_functions_testing::waiting::{free_port, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::workload::{REQUIRE_WRITABLE, code, credentials, health, pay, workload, workload_with};

/// A hot standby of the server.
pub(crate) async fn standby(of: &Postgres, programs: &std::path::Path) -> Postgres {
    let folder = folder();
    run_with(
        Command::new(programs.join("pg_basebackup"))
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
            .args(["--host=127.0.0.1", "--username", USERNAME])
            .args(["--port", &of.port.to_string(), "--pgdata"])
            .arg(folder.path().join("data"))
            .env("PGPASSWORD", PASSWORD),
        Stdio::null(),
    );
    Postgres::new(folder, programs, &[]).await
}

#[tokio::test]
async fn a_standby_is_not_the_writer_until_it_is_promoted() {
    let Some(programs) = programs() else { return };
    let primary = Postgres::primary(&programs).await;
    let standby = standby(&primary, &programs).await;
    let there = workload(standby.port, 1);
    // Before and after the table exists.
    let refused = pay(&there, "order-1", "1").await;
    assert_eq!(code(&refused), (503, "not-the-writer"));
    let (status, receipt) = pay(&workload(primary.port, 1), "order-1", "1").await;
    assert_eq!(status, 201);
    let refused = pay(&there, "order-1", "1").await;
    assert_eq!(code(&refused), (503, "not-the-writer"));
    // It follows, which is what it is there for.
    assert_eq!(health(&there, "").await, (200, "read-only".to_owned()));
    let writing = health(&there, REQUIRE_WRITABLE).await;
    assert_eq!(writing, (503, "read-only".to_owned()));

    let client = standby.connect().await.unwrap();
    wait_until("the payment is replayed", async || {
        let found = client.query_opt(
            "SELECT FROM payments WHERE idempotency_key = 'order-1'",
            &[],
        );
        found.await.is_ok_and(|row| row.is_some())
    })
    .await;
    drop(primary);
    client.execute("SELECT pg_promote()", &[]).await.unwrap();
    assert_eq!(pay(&there, "order-1", "1").await, (200, receipt));
    assert_eq!(pay(&there, "order-2", "2").await.0, 201);
    for query in ["", REQUIRE_WRITABLE] {
        assert_eq!(health(&there, query).await, (200, "writable".to_owned()));
    }
}

#[tokio::test]
async fn what_takes_writes_is_asked_or_tried_as_one_wishes() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    let workload = workload(server.port, 1);
    let client = server.connect().await.unwrap();
    assert_eq!(health(&workload, "").await, (200, "writable".to_owned()));
    let table = client.query_one("SELECT to_regclass('payments_health') IS NULL", &[]);
    assert!(table.await.unwrap().get::<_, bool>(0), "asking wrote");
    let tried = health(&workload, REQUIRE_WRITABLE).await;
    assert_eq!(tried, (200, "writable".to_owned()));
    // A server that says it takes writes, and does not: no answer but to a write would tell.
    let no_rows = "ALTER TABLE payments_health ADD CHECK (false) NOT VALID";
    client.batch_execute(no_rows).await.unwrap();
    assert_eq!(health(&workload, "").await, (200, "writable".to_owned()));
    let tried = health(&workload, REQUIRE_WRITABLE).await;
    assert_eq!(tried, (503, "unreachable".to_owned()));
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced() {
    let Some(programs) = programs() else { return };
    let mut server = Postgres::primary(&programs).await;
    let workload = workload(server.port, 1);
    assert_eq!(pay(&workload, "order-1", "1").await.0, 201);
    server.end();
    let refused = pay(&workload, "order-2", "1").await;
    assert_eq!(code(&refused), (503, "database-unavailable"));
    assert_eq!(health(&workload, "").await, (503, "unreachable".to_owned()));
    server.start(&programs, &[]).await;
    assert_eq!(pay(&workload, "order-2", "1").await.0, 201);
    // Read only by its own configuration, while we hold a connection that wrote.
    server.end();
    server
        .start(&programs, &["default_transaction_read_only=on"])
        .await;
    let refused = pay(&workload, "order-3", "1").await;
    assert_eq!(code(&refused), (503, "not-the-writer"));
    assert_eq!(health(&workload, "").await, (200, "read-only".to_owned()));
}

/// A name that leads to a server, and later to another: as a writer's name does after a failover.
async fn name_of(to: Arc<AtomicU16>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let to = to.load(Ordering::SeqCst);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    port
}

#[tokio::test]
async fn an_idle_connection_to_what_was_the_primary_is_given_up_for_the_new_one() {
    let Some(programs) = programs() else { return };
    let (old, new) = tokio::join!(Postgres::primary(&programs), Postgres::primary(&programs));
    let to = Arc::new(AtomicU16::new(old.port));
    let name = name_of(Arc::clone(&to)).await;
    let (workload, watched) = (workload(name, 1), workload(name, 1));
    assert_eq!(pay(&workload, "order-1", "1").await.0, 201);
    assert_eq!(health(&watched, "").await, (200, "writable".to_owned()));
    // The old one lives on and takes no writes any more, of the sessions that it has either.
    let client = old.connect().await.unwrap();
    for statement in [
        "ALTER SYSTEM SET default_transaction_read_only = on",
        "SELECT pg_reload_conf()",
    ] {
        client.batch_execute(statement).await.unwrap();
    }
    wait_until("the old primary takes no writes", async || {
        let shown = client.query_one("SHOW default_transaction_read_only", &[]);
        shown.await.unwrap().get::<_, &str>(0) == "on"
    })
    .await;
    to.store(new.port, Ordering::SeqCst);
    assert_eq!(health(&watched, "").await, (200, "writable".to_owned()));
    assert_eq!(pay(&workload, "order-2", "1").await.0, 201);
    let there = new.connect().await.unwrap();
    let found = there.query_opt(
        "SELECT FROM payments WHERE idempotency_key = 'order-2'",
        &[],
    );
    assert!(found.await.unwrap().is_some());
}

/// What a connection through the cutter loses.
#[derive(Debug, Clone, Copy)]
enum Lost {
    TheCommit,
    TheAnswerToTheCommit,
}

/// A way to the server that is cut at the first commit, and whole again afterwards.
async fn cut_at_commit(to: u16, lost: Lost) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let cut = Arc::new(AtomicU32::new(0));
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(carry(client, to, lost, Arc::clone(&cut)));
        }
    });
    port
}

async fn carry(mut client: TcpStream, to: u16, lost: Lost, cut: Arc<AtomicU32>) {
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let said = &up[..count];
                let commits = said.windows(6).any(|word| word == b"COMMIT");
                if commits && cut.fetch_add(1, Ordering::SeqCst) == 0 {
                    if let Lost::TheAnswerToTheCommit = lost {
                        server.write_all(said).await.unwrap();
                        // It has answered, so it has committed.
                        assert!(server.read(&mut down).await.unwrap() > 0);
                    }
                    return;
                }
                if server.write_all(said).await.is_err() { return; }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&down[..count]).await.is_err() { return; }
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_said_and_repeating_settles_it() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    // So that the first commit is that of a payment.
    assert_eq!(pay(&workload(server.port, 1), "order-0", "1").await.0, 201);
    for (lost, key, then) in [
        (Lost::TheCommit, "order-1", 201),
        (Lost::TheAnswerToTheCommit, "order-2", 200),
    ] {
        let workload = workload(cut_at_commit(server.port, lost).await, 1);
        let unknown = pay(&workload, key, "1").await;
        assert_eq!(code(&unknown), (503, "outcome-unknown"), "{lost:?}");
        let (status, _) = pay(&workload, key, "1").await;
        assert_eq!(status, then, "{lost:?}");
    }
}

/// Credentials that change once: the first time they are read they are of yesterday.
#[derive(Default)]
struct Rotated {
    reads: AtomicU32,
}

impl Source for &Rotated {
    async fn read(&self) -> Result<Credentials, Error> {
        let password = match self.reads.fetch_add(1, Ordering::SeqCst) {
            0 => "yesterday".to_owned(),
            _ => PASSWORD.to_owned(),
        };
        Ok(Credentials {
            password,
            ..credentials()
        })
    }
}

#[tokio::test]
async fn a_rotated_password_is_read_again_and_a_wrong_one_only_once() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    let clear = || Protection::new(Mode::Off, None).unwrap();
    let endpoint = || Endpoint::new("127.0.0.1", server.port, "postgres", clear()).unwrap();
    let rotated = Rotated::default();
    let workload = workload_with(endpoint(), 1, &rotated);
    assert_eq!(pay(&workload, "order-1", "1").await.0, 201);
    assert_eq!(rotated.reads.load(Ordering::SeqCst), 2);
    assert_eq!(pay(&workload, "order-2", "1").await.0, 201);
    assert_eq!(rotated.reads.load(Ordering::SeqCst), 2);

    let wrong = Credentials {
        password: "hunter2".to_owned(),
        ..credentials()
    };
    let workload = workload_with(endpoint(), 1, wrong);
    assert_eq!(health(&workload, "").await, (503, "unreachable".to_owned()));
    let refused = pay(&workload, "order-3", "1").await;
    assert_eq!(code(&refused), (503, "database-unavailable"));
    let state = workload.ledger.state().await;
    assert!(!format!("{state:?} {refused:?}").contains("hunter2"));
}

/// A server with a certificate for its address, and the file of the authority that signed it.
async fn encrypted(programs: &std::path::Path) -> (Postgres, PathBuf) {
    let mut server = Postgres::primary(programs).await;
    server.end();
    let certificates = Certificates::of("127.0.0.1");
    let folder = server.data();
    for (name, text) in [
        ("server.crt", certificates.server),
        ("server.key", certificates.key),
        ("authority.crt", certificates.authority),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        give_away(&path);
    }
    server.start(programs, &["ssl=on"]).await;
    (server, folder.join("authority.crt"))
}

#[tokio::test]
async fn a_server_proves_its_name_unless_one_only_asks_for_encryption() {
    let Some(programs) = programs() else { return };
    let (server, authority) = encrypted(&programs).await;
    let through = |host: &str, mode, authorities| {
        let protection = Protection::new(mode, authorities).unwrap();
        let endpoint = Endpoint::new(host, server.port, "postgres", protection).unwrap();
        workload_with(endpoint, 1, credentials())
    };
    let known = through("127.0.0.1", Mode::Verify, Some(authority.clone()));
    assert_eq!(pay(&known, "order-1", "1").await.0, 201);
    let unknown = through("127.0.0.1", Mode::Verify, None);
    assert_eq!(health(&unknown, "").await, (503, "unreachable".to_owned()));
    let State::Unreachable(reason) = unknown.ledger.state().await else {
        panic!("it was believed");
    };
    let reason = Chain(reason.as_ref()).to_string();
    let way_out = "DATABASE_CA_FILE can name a file";
    assert!(reason.contains(way_out), "{reason}");
    let other_name = through("localhost", Mode::Verify, Some(authority));
    assert_eq!(
        health(&other_name, "").await,
        (503, "unreachable".to_owned())
    );
    let unverified = through("127.0.0.1", Mode::Encrypt, None);
    assert_eq!(pay(&unverified, "order-1", "1").await.0, 200);
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_not_spoken_to() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    let protection = Protection::new(Mode::Encrypt, None).unwrap();
    let endpoint = Endpoint::new("127.0.0.1", server.port, "postgres", protection).unwrap();
    let workload = workload_with(endpoint, 1, credentials());
    let refused = pay(&workload, "order-1", "1").await;
    assert_eq!(code(&refused), (503, "database-unavailable"));
}

#[tokio::test]
async fn where_nothing_listens_the_database_is_unreachable() {
    let workload = workload(free_port(), 1);
    assert_eq!(health(&workload, "").await, (503, "unreachable".to_owned()));
}
