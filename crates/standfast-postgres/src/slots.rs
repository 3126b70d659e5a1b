//! Replication slots: a primary keeps the log for the standbys it is told of, and for no others.

use std::collections::BTreeSet;

use standfast_replication::Error;
use standfast_units::Node;
use tokio::time::interval;

use crate::configuration::slot_name;
use crate::defaults::{POLL_EVERY, SLOT_PREFIX, STATEMENT_WITHIN};
use crate::session::{Login, SqlSession};
use crate::settings::Settings;

/// Makes our slots be exactly those of `standbys`. A slot that lost its place to the size limit is made
/// anew: its standby is cloned (P14), and the new slot serves the clone.
pub(crate) async fn keep_log_for(settings: &Settings, standbys: &[Node]) -> Result<(), Error> {
    let session = Login::own(settings, "postgres").connect().await?;
    let what = "list its replication slots";
    let rows = session
        .query(
            what,
            "SELECT slot_name::text, wal_status IS NOT DISTINCT FROM 'lost' FROM pg_replication_slots
              WHERE slot_type = 'physical' AND starts_with(slot_name::text, $1)",
            &[&SLOT_PREFIX],
            STATEMENT_WITHIN,
        )
        .await?;
    let mut missing: BTreeSet<String> = standbys.iter().map(slot_name).collect();
    for row in rows {
        let (name, lost): (String, bool) = row
            .try_get(0)
            .and_then(|name| Ok((name, row.try_get(1)?)))
            .map_err(|source| session.failed(what, source))?;
        if lost || !missing.contains(&name) {
            drop_slot(&session, &name).await?;
        } else {
            missing.remove(&name);
        }
    }
    for name in missing {
        session
            .query(
                "create a replication slot",
                "SELECT pg_create_physical_replication_slot($1::text::name, true)",
                &[&name],
                STATEMENT_WITHIN,
            )
            .await?;
    }
    Ok(())
}

/// Drops a slot. A standby that still uses it is cut off first: it is not to be kept log for.
async fn drop_slot(session: &SqlSession, name: &str) -> Result<(), Error> {
    let dropping = async {
        let mut poll = interval(POLL_EVERY);
        loop {
            poll.tick().await;
            let left = session
                .query_one(
                    "drop a replication slot",
                    "SELECT count(pg_terminate_backend(active_pid)) FROM pg_replication_slots
                      WHERE slot_name = $1::text::name AND active_pid IS NOT NULL",
                    &[&name],
                    STATEMENT_WITHIN,
                )
                .await?;
            let users: i64 = left
                .try_get(0)
                .map_err(|source| session.failed("drop a replication slot", source))?;
            if users > 0 {
                continue;
            }
            let dropped = session
                .query(
                    "drop a replication slot",
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
                      WHERE slot_name = $1::text::name",
                    &[&name],
                    STATEMENT_WITHIN,
                )
                .await;
            match dropped {
                Ok(_) => return Ok(()),
                // Its user came back in between.
                Err(error)
                    if crate::session::sql_state(&error)
                        == Some(&tokio_postgres::error::SqlState::OBJECT_IN_USE) => {}
                Err(error) => return Err(error),
            }
        }
    };
    tokio::time::timeout(STATEMENT_WITHIN, dropping)
        .await
        .unwrap_or(Err(Error::Late {
            what: "dropping a replication slot",
            within: STATEMENT_WITHIN,
        }))
}
