//! One connection to a database, as an ordinary client has it.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use standfast_units::Timeline;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::clock;

/// Who connects, to what.
#[derive(Debug, Clone)]
pub(crate) struct DrillLogin {
    config: Config,
}

impl DrillLogin {
    pub(crate) fn new(user: &str, database: &str, password: &str) -> Self {
        let mut config = Config::new();
        config
            .user(user)
            .dbname(database)
            .password(password)
            .application_name("standfast-drill");
        Self { config }
    }

    /// Reads the password from its file.
    pub(crate) fn from_file(user: &str, database: &str, file: &Path) -> std::io::Result<Self> {
        let password = std::fs::read_to_string(file)?;
        Ok(Self::new(user, database, password.trim_end()))
    }
}

#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    #[error("no session within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("no connection")]
    Tcp(#[source] std::io::Error),
    #[error("no session")]
    Session(#[source] tokio_postgres::Error),
}

/// A session. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct SqlSession {
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for SqlSession {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What came of a statement that writes one row.
#[derive(Debug)]
pub(crate) enum Written {
    /// The commit was confirmed.
    Acknowledged(Timeline),
    /// The server refused: an error that leaves the session usable.
    Refused(tokio_postgres::Error),
    /// The connection was lost, or the session ended while the statement was under way.
    Unknown(String),
}

impl SqlSession {
    /// Connects and logs in, both within the bound.
    pub(crate) async fn connect(
        to: SocketAddr,
        credentials: &DrillLogin,
        within: Duration,
    ) -> Result<Self, ConnectError> {
        let connect = async {
            let stream = TcpStream::connect(to).await.map_err(ConnectError::Tcp)?;
            stream.set_nodelay(true).map_err(ConnectError::Tcp)?;
            let (client, connection) = credentials
                .config
                .connect_raw(stream, NoTls)
                .await
                .map_err(ConnectError::Session)?;
            // An error of the connection reaches the statement that waits for an answer on it.
            let driver = tokio::spawn(async move {
                let _ = connection.await;
            });
            Ok(Self { client, driver })
        };
        clock::bounded(within, connect)
            .await
            .unwrap_or(Err(ConnectError::Late(within)))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a statement that writes one row and returns its timeline as eight hexadecimal digits.
    ///
    /// The simple query protocol sends one message and, for a statement outside a transaction block,
    /// `CommandComplete` follows the commit; that message is the acknowledgement, whatever becomes of
    /// the connection afterwards.
    pub(crate) async fn write(&self, statement: &str) -> Written {
        let mut timeline = None;
        let messages = match self.client.simple_query_raw(statement).await {
            Ok(messages) => messages,
            Err(error) => return Written::Unknown(describe(&error)),
        };
        let mut messages = pin!(messages);
        loop {
            match messages.next().await {
                Some(Ok(SimpleQueryMessage::Row(row))) => {
                    timeline = row.get(0).and_then(parse_timeline);
                }
                Some(Ok(SimpleQueryMessage::CommandComplete(_))) => {
                    return timeline.map_or_else(
                        || Written::Unknown("confirmed without a timeline".to_owned()),
                        Written::Acknowledged,
                    );
                }
                Some(Ok(_)) => {}
                Some(Err(error)) if is_refusal(&error) => return Written::Refused(error),
                Some(Err(error)) => return Written::Unknown(describe(&error)),
                None => return Written::Unknown("the answer ended early".to_owned()),
            }
        }
    }

    /// Runs statements whose rows are wanted as text.
    pub(crate) async fn query(
        &self,
        statement: &str,
    ) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        self.client.simple_query(statement).await
    }
}

/// The first eight digits of a log file's name.
pub(crate) fn parse_timeline(digits: &str) -> Option<Timeline> {
    u32::from_str_radix(digits, 16).ok().and_then(Timeline::new)
}

/// Whether the server said that the statement was not carried out. A session that is ended (`FATAL`,
/// `PANIC`) may have been ended while it waited for its commit to be replicated, after the commit.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|error| error.parsed_severity() == Some(Severity::Error))
}

/// Whether the server refused because it takes no writes.
pub(crate) fn is_read_only(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
}

/// An error with its causes, on one line.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
