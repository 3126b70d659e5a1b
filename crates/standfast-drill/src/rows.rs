//! The drill's own table: made before the load, read at the end, dropped.

use std::net::SocketAddr;
use std::time::Duration;

use standfast_units::{Timeline, Timestamp};
use tokio_postgres::SimpleQueryMessage;

use crate::clock::ClockPair;
use crate::error::Error;
use crate::session::{DrillLogin, SqlSession, parse_timeline};

/// How long connecting for the drill's own statements may take; they run while all is well.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long one of the drill's own statements may take.
const STATEMENT_WITHIN: Duration = Duration::from_secs(30);

/// One row as a database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRow {
    /// The client that wrote it.
    pub client: u32,
    /// Its number within the client.
    pub seq: u64,
    /// The timeline it was written on.
    pub timeline: Timeline,
    /// When the server wrote it: its own clock, before the commit.
    pub at: Timestamp,
}

impl WrittenRow {
    pub(crate) const fn key(&self) -> (u32, u64) {
        (self.client, self.seq)
    }
}

/// The table of one drill.
#[derive(Debug, Clone)]
pub(crate) struct DrillTable {
    name: String,
    credentials: DrillLogin,
}

impl DrillTable {
    /// A table named by `id`, which consists of letters and digits.
    pub(crate) fn new(id: &str, credentials: DrillLogin) -> Self {
        debug_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        Self {
            name: format!("standfast_drill_{id}"),
            credentials,
        }
    }

    pub(crate) const fn credentials(&self) -> &DrillLogin {
        &self.credentials
    }

    /// The timeline is the one the row's log record goes to; both defaults are evaluated by the server
    /// that writes the row.
    pub(crate) async fn create(&self, at: SocketAddr) -> Result<(), Error> {
        let statement = format!(
            "CREATE TABLE {} (client int NOT NULL, seq bigint NOT NULL, \
             timeline text NOT NULL DEFAULT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), \
             at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (client, seq))",
            self.name
        );
        self.run("create", at, &statement).await?;
        Ok(())
    }

    pub(crate) async fn drop(&self, at: SocketAddr) -> Result<(), Error> {
        let statement = format!("DROP TABLE IF EXISTS {}", self.name);
        self.run("drop", at, &statement).await?;
        Ok(())
    }

    /// The statement of one write.
    pub(crate) fn insert(&self, client: u32, seq: u64) -> String {
        format!(
            "INSERT INTO {} (client, seq) VALUES ({client}, {seq}) RETURNING timeline",
            self.name
        )
    }

    /// All rows, in order.
    pub(crate) async fn read(
        &self,
        at: SocketAddr,
        clock: &ClockPair,
    ) -> Result<Vec<WrittenRow>, Error> {
        let statement = format!(
            "SELECT client, seq, timeline, floor(extract(epoch FROM at) * 1000000)::bigint \
             FROM {} ORDER BY client, seq",
            self.name
        );
        let messages = self.run("read", at, &statement).await?;
        let mut rows = Vec::new();
        for message in &messages {
            if let SimpleQueryMessage::Row(row) = message {
                let text = |column| row.get(column).unwrap_or_default();
                rows.push(
                    parse(text(0), text(1), text(2), text(3), clock).ok_or_else(|| {
                        self.error("read", at, "a row of the table cannot be understood".into())
                    })?,
                );
            }
        }
        Ok(rows)
    }

    async fn run(
        &self,
        what: &str,
        at: SocketAddr,
        statement: &str,
    ) -> Result<Vec<SimpleQueryMessage>, Error> {
        let session = SqlSession::connect(at, &self.credentials, CONNECT_WITHIN)
            .await
            .map_err(|source| self.error(what, at, source.into()))?;
        crate::clock::bounded(STATEMENT_WITHIN, session.query(statement))
            .await
            .ok_or_else(|| self.error(what, at, "no answer in time".into()))?
            .map_err(|source| self.error(what, at, source.into()))
    }

    fn error(
        &self,
        what: &str,
        address: SocketAddr,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Error {
        Error::Table {
            what: format!("{what} table {}", self.name),
            address,
            source,
        }
    }
}

fn parse(
    client: &str,
    seq: &str,
    timeline: &str,
    at: &str,
    clock: &ClockPair,
) -> Option<WrittenRow> {
    Some(WrittenRow {
        client: client.parse().ok()?,
        seq: seq.parse().ok()?,
        timeline: parse_timeline(timeline)?,
        at: clock.instant(at.parse().ok()?),
    })
}
