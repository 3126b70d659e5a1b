//! Trying `MySQL`.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use standfast_functions::credentials::{self, Cached, Credentials, Source};
use standfast_functions::endpoint::Endpoint;
use standfast_functions::postgres::{CONNECT_WITHIN, STATEMENT_WITHIN};
use standfast_functions::tls::{self, Mode, UnknownAuthority};

/// `ER_ACCESS_DENIED_ERROR`: the name or the password was refused.
const ACCESS_DENIED: u16 = 1045;

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot log in")]
    Credentials(#[source] credentials::Error),
    #[error(transparent)]
    UnknownAuthority(UnknownAuthority),
    #[error("cannot connect to {host}:{port}")]
    Connect {
        host: String,
        port: u16,
        source: mysql_async::Error,
    },
    #[error("no connection to {host}:{port} within {} s", CONNECT_WITHIN.as_secs())]
    TimedOut { host: String, port: u16 },
    #[error("`SELECT 1` failed")]
    Statement(#[source] mysql_async::Error),
    #[error("no answer to `SELECT 1` within {} s", STATEMENT_WITHIN.as_secs())]
    Silence,
}

impl Error {
    /// Whether it is not the database that failed, but we that do not know how to log in.
    pub(crate) fn credentials(&self) -> Option<&credentials::Error> {
        match self {
            Self::Credentials(error) => Some(error),
            Self::UnknownAuthority(_)
            | Self::Connect { .. }
            | Self::TimedOut { .. }
            | Self::Statement(_)
            | Self::Silence => None,
        }
    }

    fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Connect { source: mysql_async::Error::Server(error), .. }
                if error.code == ACCESS_DENIED
        )
    }
}

/// Connects and reads. A refused password is read anew, once.
pub(crate) async fn try_it<S: Source>(
    endpoint: &Endpoint,
    credentials: &Cached<S>,
) -> Result<(), Error> {
    let known = credentials.current().await.map_err(Error::Credentials)?;
    let mut connection = match connect(endpoint, &known).await {
        Err(refused) if refused.is_refusal() => {
            let other = credentials.other_than(&known).await;
            match other.map_err(Error::Credentials)? {
                Some(fresh) => connect(endpoint, &fresh).await,
                None => Err(refused),
            }
        }
        connected => connected,
    }?;
    let answer = connection.query_drop("SELECT 1");
    match tokio::time::timeout(STATEMENT_WITHIN, answer).await {
        Ok(answer) => answer.map_err(Error::Statement),
        Err(_) => Err(Error::Silence),
    }
}

async fn connect(endpoint: &Endpoint, credentials: &Credentials) -> Result<Conn, Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname(endpoint.host())
        .tcp_port(endpoint.port())
        .prefer_socket(false)
        .user(Some(&credentials.username))
        .pass(Some(&credentials.password))
        .db_name(Some(endpoint.database()))
        .ssl_opts(protection(endpoint));
    let (host, port) = (endpoint.host().to_owned(), endpoint.port());
    match tokio::time::timeout(CONNECT_WITHIN, Conn::new(options)).await {
        Ok(connected) => connected.map_err(|source| {
            if tls::is_unknown_authority(&source) {
                let source = source.into();
                Error::UnknownAuthority(UnknownAuthority { host, port, source })
            } else {
                Error::Connect { host, port, source }
            }
        }),
        Err(_) => Err(Error::TimedOut { host, port }),
    }
}

fn protection(endpoint: &Endpoint) -> Option<SslOpts> {
    let protection = endpoint.protection();
    let file = protection.authorities.clone();
    match protection.mode {
        Mode::Off => None,
        Mode::Encrypt => Some(SslOpts::default().with_danger_accept_invalid_certs(true)),
        // The roots that are built in are the public ones.
        Mode::Verify => Some(
            SslOpts::default()
                .with_disable_built_in_roots(true)
                .with_root_certs(
                    [tls::RDS.into()]
                        .into_iter()
                        .chain(file.map(Into::into))
                        .collect(),
                ),
        ),
    }
}
