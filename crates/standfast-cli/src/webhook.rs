//! Tells people by an HTTP POST.

use std::time::Duration;

use anyhow::Context;
use standfast_blueprint::SecretReference;

use crate::exit::CommandError;

/// How long the other side may take. People wait for the message, nothing else does.
const WITHIN: Duration = Duration::from_secs(10);

/// The URL itself. What lies in a cloud's store cannot be had on one machine.
pub(crate) fn url(reference: &SecretReference) -> Result<String, CommandError> {
    match reference {
        SecretReference::Environment(name) => std::env::var(name).map_err(|_| {
            CommandError::environment(format!("notify.webhook: the variable {name} is not set"))
                .hint(format!("set {name}, or remove `notify.webhook`"))
        }),
        SecretReference::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| {
                CommandError::environment(format!("notify.webhook: cannot read {}: {error}", path.display()))
            }),
        SecretReference::Secret(name) => Err(CommandError::refused(format!(
            "notify.webhook: `secret:{name}` lies in a cloud's store, which is not there on one machine"
        ))
        .hint("use `env:NAME` or `file:PATH`")),
    }
}

/// Posts `{"text": …}`, the form that chat services take. The client blocks, so it gets a thread.
pub(crate) async fn post(url: &str, text: &str) -> anyhow::Result<()> {
    let url = url.to_owned();
    let body = serde_json::json!({ "text": text }).to_string();
    let call = move || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(WITHIN))
            .build()
            .into();
        agent
            .post(&url)
            .header("content-type", "application/json")
            .send(body.as_bytes())
            .map(|_| ())
    };
    // The URL is a secret and is in no message.
    tokio::task::spawn_blocking(call)
        .await
        .context("the call was cancelled")?
        .map_err(|error| anyhow::anyhow!("the webhook was not told: {}", kind(&error)))
}

fn kind(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(status) => format!("it answered with status {status}"),
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        _ => "it cannot be reached".to_owned(),
    }
}
