//! However often and however many ask for a payment, it is made once.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use payments::handler::{BODY_BYTES_MAX, handle};
use standfast_functions_testing::postgres::{Postgres, programs};
use tokio::task::JoinSet;

use crate::workload::{REQUIRE_WRITABLE, Workload, code, health, pay, told, workload};

async fn rows(server: &Postgres) -> i64 {
    let client = server.connect().await.unwrap();
    let row = client.query_one("SELECT count(*) FROM payments", &[]);
    row.await.unwrap().get(0)
}

#[tokio::test]
async fn a_payment_repeated_with_its_key_gets_its_first_receipt() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    let workload = workload(server.port, 1);
    let (status, first) = pay(&workload, "order-1", "12.34").await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(first["amount"], "12.34");
    assert_eq!(first["amount_minor"], 1_234);
    assert_eq!(first["region"], "eu-west-1");
    assert!(first["recorded_at"].as_str().unwrap().ends_with('Z'));
    // The same amount, written differently, is the same content.
    assert_eq!(pay(&workload, "order-1", "012.34").await, (200, first));
    let other = pay(&workload, "order-1", "12.35").await;
    assert_eq!(code(&other), (409, "idempotency-conflict"));
    assert_eq!(rows(&server).await, 1);
    // Twice within a second, when there is nothing new to write.
    for _ in 0..2 {
        let tried = health(&workload, REQUIRE_WRITABLE).await;
        assert_eq!(tried, (200, "writable".to_owned()));
    }
}

#[tokio::test]
async fn sixteen_at_once_with_one_key_get_one_receipt() {
    let Some(programs) = programs() else { return };
    let server = Postgres::primary(&programs).await;
    // Sixteen functions with a connection each, then one server with four for all; neither finds a table.
    let functions: Vec<Arc<Workload>> = (0..16)
        .map(|_| Arc::new(workload(server.port, 1)))
        .collect();
    let shared = Arc::new(workload(server.port, 4));
    let sharing: Vec<Arc<Workload>> = (0..16).map(|_| Arc::clone(&shared)).collect();
    for (key, workloads) in [("each", functions), ("shared", sharing)] {
        let mut asked = JoinSet::new();
        for workload in workloads {
            asked.spawn(async move { pay(&workload, key, "1").await });
        }
        let answers = asked.join_all().await;
        let new = answers.iter().filter(|(status, _)| *status == 201).count();
        let old = answers.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!((new, old), (1, 15), "{answers:?}");
        let receipt = &answers[0].1;
        assert!(
            answers.iter().all(|(_, each)| each == receipt),
            "{answers:?}"
        );
    }
    assert_eq!(rows(&server).await, 2);
}

#[tokio::test]
async fn what_is_no_payment_never_reaches_the_database() {
    let workload = workload(standfast_functions_testing::waiting::free_port(), 1);
    let too_large = "x".repeat(BODY_BYTES_MAX + 1);
    for (method, path, body, expected) in [
        ("POST", "/payment", "{}", (400, "invalid-payment")),
        ("POST", "/payment", too_large.as_str(), (413, "too-large")),
        ("GET", "/payment", "", (405, "method-not-allowed")),
        ("POST", "/health", "", (405, "method-not-allowed")),
        ("GET", "/health?require", "", (400, "invalid-query")),
        (
            "GET",
            "/health?a=b&require=writeable",
            "",
            (400, "invalid-query"),
        ),
        ("GET", "/", "", (404, "not-found")),
        ("GET", "/payment/", "", (404, "not-found")),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        let answer = told(&handle(&workload, &request).await);
        assert_eq!(code(&answer), expected, "{method} {path}");
    }
}
