//! Calls to AWS. Each service stands behind a feature of its own, so that a function carries what it calls.
//!
//! Requests are retried by the SDK (three attempts, jittered), within the bounds below. `AWS_ENDPOINT_URL` leads them
//! elsewhere, which is how the tests and a local emulator come in.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "notices")]
pub mod notices;
#[cfg(feature = "parameters")]
pub mod parameters;
#[cfg(feature = "secrets")]
pub mod secrets;

/// Bounds a connection to AWS. Its endpoints are in the same region.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Bounds one attempt. These calls take some 20 ms.
const ATTEMPT_WITHIN: Duration = Duration::from_millis(1_500);

/// Bounds a call with all its attempts: what `database-health` keeps of its time for telling people is more than this.
pub const CALL_WITHIN: Duration = Duration::from_secs(4);

/// How to call AWS from here: region and credentials from the environment, TLS by rustls with ring.
pub async fn configuration() -> SdkConfig {
    configuration_with(|loader| loader).await
}

/// The same, with something else than the environment says.
pub async fn configuration_with(change: impl FnOnce(ConfigLoader) -> ConfigLoader) -> SdkConfig {
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let bounds = TimeoutConfig::builder()
        .connect_timeout(CONNECT_WITHIN)
        .operation_attempt_timeout(ATTEMPT_WITHIN)
        .operation_timeout(CALL_WITHIN)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(client)
        .timeout_config(bounds);
    change(loader).load().await
}

/// Logs go to stderr as JSON lines, which is what Lambda collects; it adds the time.
pub fn start_logs() {
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr);
    // Only a second call could fail, and then there are logs already.
    let _ = logs.try_init();
}
