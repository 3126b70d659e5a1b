//! Asking a region: one request on a new connection, whose status is all that counts.
//!
//! A connection kept from a minute ago would say little about whether new clients get through. A redirect is not
//! followed: it would let one region answer for another.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::crypto::ring;
use standfast_functions::Cause;

/// Bounds reaching the other region: an ocean away a connection takes 0.2 s, after one lost packet 1.2 s, after two 3.2
/// s.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);

/// Bounds the whole question. The region answers for its database within four seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// Why a region counts as not serving.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no answer")]
    Request(#[source] hyper_util::client::legacy::Error),
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    TimedOut,
    #[error("it answered with the status {0}")]
    Status(StatusCode),
    #[error("the request cannot be made")]
    Build(#[source] http::Error),
}

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set TLS up")]
pub(crate) struct SetUpError(#[source] Cause);

/// Asks regions.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Asker {
    /// With the authorities that the machine believes in.
    pub(crate) fn new() -> Result<Self, SetUpError> {
        let wrong = |error: Cause| SetUpError(error);
        let tls = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.into()))?
            .with_native_roots()
            .map_err(|error| wrong(error.into()))?
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_WITHIN));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(connector);
        Ok(Self { client })
    }

    /// Whether the region serves.
    pub(crate) async fn ask(&self, url: Uri) -> Result<(), Error> {
        let request = Request::get(url)
            .header("user-agent", "standfast-region-health")
            .body(Empty::new())
            .map_err(Error::Build)?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.client.request(request)).await;
        let status = answer
            .map_err(|_| Error::TimedOut)?
            .map_err(Error::Request)?
            .status();
        if status.is_success() {
            Ok(())
        } else {
            Err(Error::Status(status))
        }
    }
}
