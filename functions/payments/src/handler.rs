//! From an HTTP request to a response. Knows nothing of Lambda.
//!
//! | request | answer |
//! |---|---|
//! | `POST /payment` | 201 with a new receipt, 200 with an earlier one; 400, 409, 413; 503 with `Retry-After` |
//! | `GET /health` | 200 when the database answers here, as writer or as reader, and whether it takes writes; else 503 |
//! | `GET /health?require=writable` | 200 when a write was just committed here, 503 when not |
//!
//! Every 503 means: repeat the request, with the same key.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use standfast_functions::chain::Chain;
use tracing::{error, info, warn};

use crate::ledger::{Error, Ledger, Recorded, State};
use crate::payment::{Payment, Problem};
use crate::receipts::{self, Receipts};

/// Largest body. A payment has some hundred bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// How long a client should wait before it repeats a request, in seconds. A switchover takes about this long.
const RETRY_AFTER_SECONDS: &str = "2";

/// What answers requests.
#[derive(Debug)]
pub struct Service<L, R> {
    /// Where this is.
    pub region: String,
    /// Where payments are recorded.
    pub ledger: L,
    /// Where receipts are kept besides.
    pub receipts: R,
}

/// Answers a request.
pub async fn handle<L: Ledger, R: Receipts>(
    service: &Service<L, R>,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    match (request.uri().path(), request.method()) {
        ("/payment", &Method::POST) => pay(service, request).await,
        ("/payment", _) => not_allowed("POST"),
        ("/health", &Method::GET | &Method::HEAD) => health(service, request).await,
        ("/health", _) => not_allowed("GET, HEAD"),
        _ => refusal(
            StatusCode::NOT_FOUND,
            "not-found",
            "there is nothing here",
            &[],
        ),
    }
}

async fn pay<L: Ledger, R: Receipts>(
    service: &Service<L, R>,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    if request.body().len() > BODY_BYTES_MAX {
        let message = format!("the body has more than {BODY_BYTES_MAX} bytes");
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &message, &[]);
    }
    let payment = match Payment::parse(request.headers(), request.body()) {
        Ok(payment) => payment,
        Err(problems) => {
            let message = "the payment is not valid";
            return refusal(
                StatusCode::BAD_REQUEST,
                "invalid-payment",
                message,
                &problems,
            );
        }
    };
    match service.ledger.record(&payment).await {
        Ok(recorded) => {
            keep(service, &recorded).await;
            let status = match recorded {
                Recorded::Now(_) => StatusCode::CREATED,
                Recorded::Before(_) => StatusCode::OK,
            };
            answer(status, &json!(recorded.receipt()))
        }
        Err(failure) => failed(service, &failure),
    }
}

/// Also for a receipt that is not new: that is how one that could not be kept gets its second chance.
async fn keep<L: Ledger, R: Receipts>(service: &Service<L, R>, recorded: &Recorded) {
    let region = service.region.as_str();
    match service.receipts.keep(recorded.receipt()).await {
        Ok(()) => {}
        Err(differs @ receipts::Error::Differs { .. }) => {
            error!(region, reason = %Chain(&differs), "a payment was lost or made twice");
        }
        Err(failure @ receipts::Error::Keep { .. }) => {
            warn!(region, reason = %Chain(&failure), "receipt not kept");
        }
    }
}

fn failed<L, R>(service: &Service<L, R>, failure: &Error) -> Response<Bytes> {
    let region = service.region.as_str();
    let (status, code) = match failure {
        Error::Conflict { .. } => (StatusCode::CONFLICT, "idempotency-conflict"),
        Error::NotTheWriter { .. } => (StatusCode::SERVICE_UNAVAILABLE, "not-the-writer"),
        Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "database-unavailable"),
        Error::OutcomeUnknown { .. } => (StatusCode::SERVICE_UNAVAILABLE, "outcome-unknown"),
    };
    if status == StatusCode::CONFLICT {
        info!(region, reason = %Chain(failure), "payment refused");
    } else {
        warn!(region, code, reason = %Chain(failure), "payment not confirmed");
    }
    // The causes name hosts and roles, which are no caller's business.
    refusal(status, code, &failure.to_string(), &[])
}

/// What a database has to do to be healthy. That it takes writes is not asked unless the caller says so: a standby that
/// follows is in health, and its watcher must not ring because of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Required {
    Answer,
    Write,
}

impl Required {
    /// Nothing when it cannot be understood. A word that was misspelled must not be taken for none.
    fn in_query(query: &str) -> Option<Self> {
        let mut required = Self::Answer;
        for pair in query.split('&') {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("require", "writable") => required = Self::Write,
                ("require", _) => return None,
                _ => {}
            }
        }
        Some(required)
    }
}

async fn health<L: Ledger, R>(
    service: &Service<L, R>,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let region = service.region.as_str();
    let Some(required) = Required::in_query(request.uri().query().unwrap_or_default()) else {
        let message = "`require` can be `writable` only";
        return refusal(StatusCode::BAD_REQUEST, "invalid-query", message, &[]);
    };
    let state = match required {
        Required::Answer => service.ledger.state().await,
        Required::Write => service.ledger.state_by_writing().await,
    };
    let (database, good) = match state {
        State::Writable => ("writable", true),
        State::ReadOnly => ("read-only", required == Required::Answer),
        State::Unreachable(cause) => {
            warn!(region, reason = %Chain(cause.as_ref()), "database unreachable");
            ("unreachable", false)
        }
    };
    let body = json!({ "region": region, "database": database });
    if good {
        answer(StatusCode::OK, &body)
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, &body)
    }
}

fn not_allowed(methods: &'static str) -> Response<Bytes> {
    let message = format!("this takes {methods}");
    let mut response = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        &message,
        &[],
    );
    let methods = http::HeaderValue::from_static(methods);
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn refusal(status: StatusCode, code: &str, message: &str, problems: &[Problem]) -> Response<Bytes> {
    let mut error = json!({ "code": code, "message": message });
    if let Value::Object(error) = &mut error
        && !problems.is_empty()
    {
        error.insert("fields".to_owned(), json!(problems));
    }
    answer(status, &json!({ "error": error }))
}

fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = http::HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json);
    // An answer is about this request, and health about this moment.
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = http::HeaderValue::from_static(RETRY_AFTER_SECONDS);
        headers.insert(RETRY_AFTER, seconds);
    }
    response
}
