//! Trying `PostgreSQL`.

use std::time::Duration;

use standfast_functions::credentials::{self, Cached, Source};
use standfast_functions::endpoint::Endpoint;
use standfast_functions::postgres::{self, STATEMENT_WITHIN};

/// Bounds our wait for a server that does not answer: it should have given up itself a second before.
const REPLY_WITHIN: Duration = STATEMENT_WITHIN.saturating_add(Duration::from_secs(1));

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no connection")]
    Connect(#[source] postgres::Error),
    #[error("`SELECT 1` failed")]
    Statement(#[source] tokio_postgres::Error),
    #[error("no answer to `SELECT 1` within {} s", REPLY_WITHIN.as_secs())]
    Silence,
}

impl Error {
    /// Whether it is not the database that failed, but we that do not know how to log in.
    pub(crate) fn credentials(&self) -> Option<&credentials::Error> {
        match self {
            Self::Connect(postgres::Error::Credentials { source }) => Some(source),
            Self::Connect(_) | Self::Statement(_) | Self::Silence => None,
        }
    }
}

/// Connects and reads.
pub(crate) async fn try_it<S: Source>(
    endpoint: &Endpoint,
    credentials: &Cached<S>,
) -> Result<(), Error> {
    let client = postgres::connect(endpoint, credentials)
        .await
        .map_err(Error::Connect)?;
    match tokio::time::timeout(REPLY_WITHIN, client.simple_query("SELECT 1")).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Error::Statement(error)),
        Err(_) => Err(Error::Silence),
    }
}
