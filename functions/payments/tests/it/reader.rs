//! A region whose database follows: the writer's name leads nowhere, and the reader's says that all is well.

use std::time::Duration;

use payments::ledger::{Ledger as _, State};
use standfast_functions::chain::Chain;
use standfast_functions_testing::postgres::{Postgres, programs};
use standfast_functions_testing::waiting::free_port;
use tokio::net::TcpListener;

use crate::failures::standby;
use crate::workload::{
    REQUIRE_WRITABLE, Workload, code, credentials, health, in_clear, pay, workload_between,
};

/// Bounds an answer, above what the workload gives itself. Some who ask wait six seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

fn between(writer: u16, reader: u16) -> Workload {
    workload_between(in_clear(writer), Some(in_clear(reader)), 1, credentials())
}

async fn health_in_time(workload: &Workload) -> (u16, String) {
    let answer = tokio::time::timeout(ANSWER_WITHIN, health(workload, "")).await;
    answer.expect("no answer in time")
}

#[tokio::test]
async fn a_region_that_follows_is_in_health_by_its_reader_and_takes_no_payments() {
    let Some(programs) = programs() else { return };
    let primary = Postgres::primary(&programs).await;
    let standby = standby(&primary, &programs).await;
    let follows = between(free_port(), standby.port);
    let (read_only, unreachable) = ("read-only".to_owned(), "unreachable".to_owned());
    assert_eq!(health(&follows, "").await, (200, read_only.clone()));
    let writing = health(&follows, REQUIRE_WRITABLE).await;
    assert_eq!(writing, (503, unreachable.clone()));
    let refused = pay(&follows, "order-1", "1").await;
    assert_eq!(code(&refused), (503, "database-unavailable"));

    // Who answers as the writer is believed, whatever the reader is.
    for reader in [standby.port, free_port()] {
        let takes = between(primary.port, reader);
        assert_eq!(health(&takes, "").await, (200, "writable".to_owned()));
        let demoted = between(standby.port, reader);
        assert_eq!(health(&demoted, "").await, (200, read_only.clone()));
    }
    // No payment goes to a reader, even to one that would take it. The second time its connection lay idle.
    let willing = between(free_port(), primary.port);
    for key in ["order-1", "order-2"] {
        assert_eq!(health(&willing, "").await, (200, read_only.clone()));
        let writing = health(&willing, REQUIRE_WRITABLE).await;
        assert_eq!(writing, (503, unreachable.clone()));
        let refused = pay(&willing, key, "1").await;
        assert_eq!(code(&refused), (503, "database-unavailable"));
    }
}

#[tokio::test]
async fn a_writer_that_was_lost_while_its_connection_lay_idle_gives_way_to_the_reader() {
    let Some(programs) = programs() else { return };
    let mut primary = Postgres::primary(&programs).await;
    let standby = standby(&primary, &programs).await;
    let workload = between(primary.port, standby.port);
    assert_eq!(pay(&workload, "order-1", "1").await.0, 201);
    primary.end();
    let read_only = (200, "read-only".to_owned());
    assert_eq!(health_in_time(&workload).await, read_only);
    primary.start(&programs, &[]).await;
    let writable = (200, "writable".to_owned());
    assert_eq!(health_in_time(&workload).await, writable);
}

#[tokio::test]
async fn a_name_that_swallows_everything_leaves_time_to_ask_the_reader() {
    let Some(programs) = programs() else { return };
    let primary = Postgres::primary(&programs).await;
    let standby = standby(&primary, &programs).await;
    // Connections are taken by the kernel, and no server ever looks at them.
    let unattended = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = unattended.local_addr().unwrap().port();
    let follows = between(silent, standby.port);
    assert_eq!(
        health_in_time(&follows).await,
        (200, "read-only".to_owned())
    );
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lost = between(silent, other.local_addr().unwrap().port());
    assert_eq!(health_in_time(&lost).await, (503, "unreachable".to_owned()));
}

#[tokio::test]
async fn where_neither_answers_the_database_is_unreachable_and_the_log_says_why_of_both() {
    let (writer, reader) = (free_port(), free_port());
    let lost = between(writer, reader);
    assert_eq!(health(&lost, "").await, (503, "unreachable".to_owned()));
    let State::Unreachable(reason) = lost.ledger.state().await else {
        panic!("a server answered");
    };
    let reason = Chain(reason.as_ref()).to_string();
    for port in [writer, reader] {
        let part = format!("cannot connect to 127.0.0.1:{port}");
        assert!(reason.contains(&part), "{reason}");
    }
}
