//! Observing the running server: one connection of our own, one prepared statement, one round trip.

use standfast_replication::{Error, Follower, ServerObservation};
use standfast_units::{Lsn, Timeline};
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::PgLsn;
use tokio_postgres::{Row, Statement};

use crate::defaults::{COPY_NAME, OBSERVE_WITHIN, REPLICATION_ROLE};
use crate::session::{Login, SqlSession, sql_state};
use standfast_units::chain;

/// Everything there is to see, one row per follower, at least one row.
///
/// Without a stream a standby knows the timeline it has received only from the names of its log
/// segments: the control file is written too seldom. A server leaves recovery once and never goes back,
/// so whatever is asked after `recovering` was read still fits what was read.
const STATEMENT: &str = "
WITH me AS MATERIALIZED (SELECT pg_is_in_recovery() AS recovering)
SELECT me.recovering,
       CASE WHEN me.recovering THEN coalesce(
           (SELECT received_tli::bigint FROM pg_stat_wal_receiver WHERE received_tli > 0),
           (SELECT max(('x' || left(name, 8))::bit(32)::bigint)
              FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))
       ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint
       END AS timeline,
       CASE WHEN me.recovering
           THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
           ELSE pg_current_wal_flush_lsn()
       END AS received,
       CASE WHEN me.recovering THEN pg_last_wal_replay_lsn() END AS replayed,
       EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS streaming,
       follower.application_name::text AS follower,
       follower.flush_lsn AS flushed
  FROM me LEFT JOIN pg_stat_replication AS follower
       ON follower.usename = $1 AND follower.application_name <> $2
 ORDER BY follower.application_name, follower.pid";

/// The connection that observations go over.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    held: Mutex<Option<(SqlSession, Statement)>>,
}

impl Observer {
    /// Asks once, within [`OBSERVE_WITHIN`]. A connection that broke since the last time is replaced.
    pub(crate) async fn observe(&self, target: &Login) -> ServerObservation {
        let asking = async {
            let mut held = self.held.lock().await;
            // Taken out while in use: when this is given up halfway, the connection goes with it.
            if let Some((session, statement)) = held.take()
                && let Ok(observation) = ask(&session, &statement).await
            {
                *held = Some((session, statement));
                return Ok(observation);
            }
            let session = target.connect().await?;
            let statement = session
                .client()
                .prepare(STATEMENT)
                .await
                .map_err(|source| session.failed("say how it stands", source))?;
            let observation = ask(&session, &statement).await?;
            *held = Some((session, statement));
            Ok::<_, Error>(observation)
        };
        match tokio::time::timeout(OBSERVE_WITHIN, asking).await {
            Ok(Ok(observation)) => observation,
            Ok(Err(error)) => {
                let reason = chain(&error);
                // Starting, recovering without being open for readers yet, or stopping.
                if sql_state(&error) == Some(&SqlState::CANNOT_CONNECT_NOW) {
                    ServerObservation::Busy { reason }
                } else {
                    ServerObservation::Silent { reason }
                }
            }
            Err(_) => ServerObservation::Silent {
                reason: format!("no answer within {OBSERVE_WITHIN:?}"),
            },
        }
    }
}

/// Asks once over a connection that the caller holds.
pub(crate) async fn observe_over(session: &SqlSession) -> Result<ServerObservation, Error> {
    let what = "say how it stands";
    let rows = session
        .query(
            what,
            STATEMENT,
            &[&REPLICATION_ROLE, &COPY_NAME],
            OBSERVE_WITHIN,
        )
        .await?;
    read(&rows).map_err(|source| session.failed(what, source))
}

async fn ask(session: &SqlSession, statement: &Statement) -> Result<ServerObservation, Error> {
    let rows = session
        .client()
        .query(statement, &[&REPLICATION_ROLE, &COPY_NAME])
        .await
        .map_err(|source| session.failed("say how it stands", source))?;
    read(&rows).map_err(|source| session.failed("say how it stands in a known form", source))
}

/// A position column; absent before there is one.
fn position(row: &Row, column: &str) -> Result<Lsn, tokio_postgres::Error> {
    let position: Option<PgLsn> = row.try_get(column)?;
    Ok(position.map_or(Lsn::ZERO, |position| Lsn::new(u64::from(position))))
}

/// A timeline column.
fn timeline(row: &Row, column: &str) -> Result<Timeline, Cause> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number)
        .ok()
        .and_then(Timeline::new)
        .ok_or_else(|| format!("{number} is not a timeline").into())
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

fn read(rows: &[Row]) -> Result<ServerObservation, Cause> {
    let first = rows.first().ok_or("no row")?;
    let timeline = timeline(first, "timeline")?;
    let received = position(first, "received")?;
    if first.try_get("recovering")? {
        return Ok(ServerObservation::Standby {
            timeline,
            received,
            replayed: position(first, "replayed")?,
            streaming: first.try_get("streaming")?,
        });
    }
    let mut followers = Vec::new();
    for row in rows {
        let name: Option<String> = row.try_get("follower")?;
        if let Some(name) = name {
            let flushed = position(row, "flushed")?;
            followers.push(Follower { name, flushed });
        }
    }
    Ok(ServerObservation::Primary {
        timeline,
        position: received,
        followers,
    })
}
