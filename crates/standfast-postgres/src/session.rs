//! SQL connections that end when they are dropped and never wait longer than a bound.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use standfast_replication::{Error, Upstream};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, Row, types::ToSql};

use crate::defaults::{CONNECT_WITHIN, SESSION_NAME, SUPERUSER};
use crate::files;
use crate::secrets::read_password;
use crate::settings::Settings;

/// The cause of a failed exchange.
type Cause = Box<dyn StdError + Send + Sync>;

/// Where to connect and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    config: Config,
    password_file: PathBuf,
    /// For messages.
    address: String,
}

impl Login {
    /// The server beside us, through its socket.
    pub(crate) fn own(settings: &Settings, database: &str) -> Self {
        let mut config = Config::new();
        config
            .host_path(&settings.socket_folder)
            .port(settings.port);
        Self::new(
            config,
            SUPERUSER,
            database,
            settings.secrets.standfast_file(),
            settings.socket_folder.display().to_string(),
        )
    }

    /// The server of another node.
    pub(crate) fn remote(settings: &Settings, upstream: &Upstream) -> Self {
        Self::tcp(
            upstream.address,
            SUPERUSER,
            "postgres",
            settings.secrets.standfast_file(),
        )
    }

    /// A server over TCP.
    pub(crate) fn tcp(
        address: SocketAddr,
        role: &str,
        database: &str,
        password_file: PathBuf,
    ) -> Self {
        let mut config = Config::new();
        config.host(address.ip().to_string()).port(address.port());
        Self::new(config, role, database, password_file, address.to_string())
    }

    fn new(
        mut config: Config,
        role: &str,
        database: &str,
        password_file: PathBuf,
        address: String,
    ) -> Self {
        config
            .user(role)
            .dbname(database)
            .application_name(SESSION_NAME)
            .connect_timeout(CONNECT_WITHIN);
        Self {
            config,
            password_file,
            address,
        }
    }

    /// The same server as another role.
    pub(crate) fn with_role(&self, role: &str, password_file: &Path) -> Self {
        let mut target = self.clone();
        target.config.user(role);
        password_file.clone_into(&mut target.password_file);
        target
    }

    /// Connects, within a bound, with the password as it stands in its file now.
    pub(crate) async fn connect(&self) -> Result<SqlSession, Error> {
        let path = self.password_file.clone();
        let password = files::blocking(move || read_password(&path)).await?;
        let mut config = self.config.clone();
        config.password(password);
        let connecting = async {
            let (client, connection) = config.connect(NoTls).await?;
            // It ends with the client, or is aborted with the session.
            let driver = tokio::spawn(async move {
                let _ = connection.await;
            });
            Ok::<_, tokio_postgres::Error>(SqlSession {
                client,
                driver,
                address: self.address.clone(),
            })
        };
        match tokio::time::timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(self.failed("let us connect", error)),
            Err(_) => Err(Error::Late {
                what: "connecting to the server",
                within: CONNECT_WITHIN,
            }),
        }
    }

    fn failed(&self, what: &'static str, source: impl Into<Cause>) -> Error {
        Error::Server {
            address: self.address.clone(),
            what,
            source: source.into(),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct SqlSession {
    client: Client,
    driver: JoinHandle<()>,
    address: String,
}

impl Drop for SqlSession {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl SqlSession {
    /// The connection, for what needs a prepared statement.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// A failure of this connection.
    pub(crate) fn failed(&self, what: &'static str, source: impl Into<Cause>) -> Error {
        Error::Server {
            address: self.address.clone(),
            what,
            source: source.into(),
        }
    }

    /// Asks for rows. The server gives up when we do, so that no statement runs on unattended.
    pub(crate) async fn query(
        &self,
        what: &'static str,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
        within: Duration,
    ) -> Result<Vec<Row>, Error> {
        self.bounded(what, within, self.client.query(statement, parameters))
            .await
    }

    /// Asks for exactly one row.
    pub(crate) async fn query_one(
        &self,
        what: &'static str,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
        within: Duration,
    ) -> Result<Row, Error> {
        self.bounded(what, within, self.client.query_one(statement, parameters))
            .await
    }

    /// Runs statements without parameters or results.
    pub(crate) async fn run(
        &self,
        what: &'static str,
        statements: &str,
        within: Duration,
    ) -> Result<(), Error> {
        self.bounded(what, within, self.client.batch_execute(statements))
            .await
    }

    async fn bounded<T>(
        &self,
        what: &'static str,
        within: Duration,
        exchange: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(within, exchange).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.failed(what, error)),
            Err(_) => {
                // The caller may go on with another connection; this statement must not.
                let _ = tokio::time::timeout(
                    CONNECT_WITHIN,
                    self.client.cancel_token().cancel_query(NoTls),
                )
                .await;
                Err(Error::Late { what, within })
            }
        }
    }
}

/// The SQLSTATE of a failed exchange, if the server answered at all.
pub(crate) fn sql_state(error: &Error) -> Option<&tokio_postgres::error::SqlState> {
    match error {
        Error::Server { source, .. } => source
            .downcast_ref::<tokio_postgres::Error>()
            .and_then(tokio_postgres::Error::code),
        _ => None,
    }
}

/// A name as SQL reads it.
pub(crate) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL reads it, with `standard_conforming_strings` on, as it is by default.
pub(crate) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
