//! Connections to `PostgreSQL`.
//!
//! The name is looked up at each connection and no answer is kept: after a failover it leads elsewhere. Nothing is
//! retried here but a refused password, once and only with another one.

use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use crate::chain::Chain;
use crate::credentials::{self, Cached, Credentials, Source};
use crate::endpoint::Endpoint;
use crate::tls::{UnknownAuthority, is_unknown_authority, of_tls};

/// Bounds a connection from looking its name up to the end of authentication. A healthy one takes some 30 ms, one to
/// another continent half a second; past this, a waiting caller is better served by an answer.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Bounds each statement, by the server. Every statement of ours touches one row.
pub const STATEMENT_WITHIN: Duration = Duration::from_secs(5);

/// What the server is told about our sessions. A function that is frozen in the middle of a transaction must not hold
/// a row against every other session, so an idle transaction ends soon after the longest statement would have.
const SESSION: &str =
    "SET statement_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'";

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no credentials.
    #[error("cannot log in")]
    Credentials {
        /// The cause.
        source: credentials::Error,
    },
    /// No server answered in time.
    #[error("no connection to {host}:{port} within {} s", CONNECT_WITHIN.as_secs())]
    TimedOut {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// No authority that is believed vouches for the server.
    #[error(transparent)]
    UnknownAuthority(UnknownAuthority),
    /// Refused, by the network or by the server.
    #[error("cannot connect to {host}:{port}")]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The cause.
        source: tokio_postgres::Error,
    },
}

impl Error {
    /// Whether no server answered: none refused us, and none failed to prove who it is.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Connect { source, .. } => source.code().is_none() && of_tls(source).is_none(),
            Self::Credentials { .. } | Self::UnknownAuthority(_) => false,
        }
    }

    /// Whether it was the name or the password that was refused.
    fn is_refusal(&self) -> bool {
        let Self::Connect { source, .. } = self else {
            return false;
        };
        source.code().is_some_and(|code| {
            *code == SqlState::INVALID_PASSWORD
                || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        })
    }
}

/// Connects, with the session's limits set.
///
/// # Errors
///
/// When there is no connection within [`CONNECT_WITHIN`].
pub async fn connect<S: Source>(
    endpoint: &Endpoint,
    credentials: &Cached<S>,
) -> Result<Client, Error> {
    let lacking = |source| Error::Credentials { source };
    let known = credentials.current().await.map_err(lacking)?;
    match try_with(endpoint, &known).await {
        Err(refused) if refused.is_refusal() => {
            match credentials.other_than(&known).await.map_err(lacking)? {
                Some(fresh) => try_with(endpoint, &fresh).await,
                None => Err(refused),
            }
        }
        connected => connected,
    }
}

async fn try_with(endpoint: &Endpoint, credentials: &Credentials) -> Result<Client, Error> {
    let (host, port) = (endpoint.host().to_owned(), endpoint.port());
    match tokio::time::timeout(CONNECT_WITHIN, log_in(endpoint, credentials)).await {
        Ok(connected) => connected.map_err(|source| {
            if is_unknown_authority(&source) {
                let source = source.into();
                Error::UnknownAuthority(UnknownAuthority { host, port, source })
            } else {
                Error::Connect { host, port, source }
            }
        }),
        Err(_) => Err(Error::TimedOut { host, port }),
    }
}

async fn log_in(
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> Result<Client, tokio_postgres::Error> {
    let mut config = Config::new();
    config
        .host(endpoint.host())
        .port(endpoint.port())
        .dbname(endpoint.database())
        .user(&credentials.username)
        .password(&credentials.password)
        .connect_timeout(CONNECT_WITHIN)
        .tcp_user_timeout(STATEMENT_WITHIN)
        .application_name("standfast");
    let client = if let Some(tls) = endpoint.tls() {
        config.ssl_mode(SslMode::Require);
        let tls = MakeRustlsConnect::new(ClientConfig::clone(&tls));
        let (client, connection) = config.connect(tls).await?;
        drive(connection);
        client
    } else {
        let (client, connection) = config.connect(NoTls).await?;
        drive(connection);
        client
    };
    client.batch_execute(SESSION).await?;
    Ok(client)
}

/// The user of the client learns of an error as well, so it is no news here.
fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            debug!(reason = %Chain(&error), "connection ended");
        }
    });
}
