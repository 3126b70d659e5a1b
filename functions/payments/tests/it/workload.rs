//! The workload without Lambda, as a local server would use it.

use std::num::NonZeroUsize;

use bytes::Bytes;
use http::{Request, Response};
use payments::handler::{Service, handle};
use payments::postgres::{PostgresLedger, Settings};
use payments::receipts::Nowhere;
use serde_json::Value;
use standfast_functions::credentials::{Credentials, Source};
use standfast_functions::endpoint::{Endpoint, Protection};
use standfast_functions::tls::Mode;
use standfast_functions_testing::postgres::{PASSWORD, USERNAME};

/// The workload with credentials from `S`.
pub(crate) type Workload<S = Credentials> = Service<PostgresLedger<S>, Nowhere>;

/// The right ones.
pub(crate) fn credentials() -> Credentials {
    Credentials {
        username: USERNAME.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

/// In clear, with so many connections.
pub(crate) fn workload(port: u16, connections: usize) -> Workload {
    workload_with(in_clear(port), connections, credentials())
}

pub(crate) fn in_clear(port: u16) -> Endpoint {
    let clear = Protection::new(Mode::Off, None).unwrap();
    Endpoint::new("127.0.0.1", port, "postgres", clear).unwrap()
}

pub(crate) fn workload_with<S: Source>(
    endpoint: Endpoint,
    connections: usize,
    credentials: S,
) -> Workload<S> {
    workload_between(endpoint, None, connections, credentials)
}

/// With a reader besides the writer.
pub(crate) fn workload_between<S: Source>(
    endpoint: Endpoint,
    reader: Option<Endpoint>,
    connections: usize,
    credentials: S,
) -> Workload<S> {
    let settings = Settings {
        region: "eu-west-1".to_owned(),
        endpoint,
        reader,
        connections: NonZeroUsize::new(connections).unwrap(),
    };
    Service {
        region: "eu-west-1".to_owned(),
        ledger: PostgresLedger::new(settings, credentials),
        receipts: Nowhere,
    }
}

/// Pays, and tells the status and the body.
pub(crate) async fn pay<S: Source>(
    workload: &Workload<S>,
    key: &str,
    amount: &str,
) -> (u16, Value) {
    let body = format!(r#"{{"amount":"{amount}","currency":"EUR"}}"#);
    let request = Request::post("/payment")
        .header("Idempotency-Key", key)
        .body(Bytes::from(body));
    told(&handle(workload, &request.unwrap()).await)
}

/// The query of those who want to know that a write was committed.
pub(crate) const REQUIRE_WRITABLE: &str = "?require=writable";

/// Asks for its health.
pub(crate) async fn health<S: Source>(workload: &Workload<S>, query: &str) -> (u16, String) {
    let request = Request::get(format!("/health{query}")).body(Bytes::new());
    let (status, body) = told(&handle(workload, &request.unwrap()).await);
    assert_eq!(body["region"], "eu-west-1");
    (status, body["database"].as_str().unwrap().to_owned())
}

pub(crate) fn told(response: &Response<Bytes>) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(
        response.headers().contains_key("retry-after"),
        status == 503
    );
    (status, serde_json::from_slice(response.body()).unwrap())
}

/// The code of a refusal.
pub(crate) fn code(answer: &(u16, Value)) -> (u16, &str) {
    (
        answer.0,
        answer.1["error"]["code"].as_str().unwrap_or_default(),
    )
}
