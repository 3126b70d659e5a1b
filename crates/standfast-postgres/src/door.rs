//! Ending the sessions of clients before a clean stop, and letting them in again (P8).
//!
//! The door is `pg_hba.conf`: closing it writes nothing to the log, unlike `ALTER DATABASE … ALLOW_CONNECTIONS`,
//! which standbys would replay and keep after their promotion.

use standfast_replication::Error;
use tokio::time::{interval, timeout};

use crate::configuration::{self, ClientDoor};
use crate::defaults::{END_SESSIONS_WITHIN, POLL_EVERY, STATEMENT_WITHIN, SUPERUSER};
use crate::files;
use crate::session::{Login, SqlSession};
use crate::settings::Settings;

/// Closes the door and ends every session but our own; standbys are not sessions.
pub(crate) async fn end(settings: &Settings) -> Result<(), Error> {
    move_door(settings, ClientDoor::Closed).await?;
    let session = Login::own(settings, "postgres").connect().await?;
    let ending = async {
        let mut poll = interval(POLL_EVERY);
        loop {
            poll.tick().await;
            let what = "end the sessions of clients";
            let row = session
                .query_one(
                    what,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE backend_type = 'client backend' AND usename <> $1",
                    &[&SUPERUSER],
                    STATEMENT_WITHIN,
                )
                .await?;
            let left: i64 = row
                .try_get(0)
                .map_err(|source| session.failed(what, source))?;
            if left == 0 {
                return Ok(());
            }
        }
    };
    timeout(END_SESSIONS_WITHIN, ending)
        .await
        .unwrap_or(Err(Error::Late {
            what: "ending the sessions of clients",
            within: END_SESSIONS_WITHIN,
        }))
}

/// Opens the door again.
pub(crate) async fn admit(settings: &Settings) -> Result<(), Error> {
    move_door(settings, ClientDoor::Open).await
}

async fn move_door(settings: &Settings, door: ClientDoor) -> Result<(), Error> {
    let target = Login::own(settings, "postgres");
    // Whether it can be told now or not, the next time the server reads it the door is as it should be.
    let at = settings.clone();
    files::blocking(move || configuration::write_door(&at, door)).await?;
    let session = target.connect().await?;
    reload(&session, &target).await
}

/// Has the server read its configuration again and waits until it has: a session that begins afterwards
/// inherits the time of the reload from the postmaster.
pub(crate) async fn reload(session: &SqlSession, target: &Login) -> Result<(), Error> {
    let what = "read its configuration again";
    let before = load_time(session).await?;
    session
        .query(what, "SELECT pg_reload_conf()", &[], STATEMENT_WITHIN)
        .await?;
    let reloading = async {
        let mut poll = interval(POLL_EVERY);
        loop {
            poll.tick().await;
            if load_time(&target.connect().await?).await? != before {
                return Ok(());
            }
        }
    };
    timeout(STATEMENT_WITHIN, reloading)
        .await
        .unwrap_or(Err(Error::Late {
            what: "reading the configuration again",
            within: STATEMENT_WITHIN,
        }))
}

async fn load_time(session: &SqlSession) -> Result<String, Error> {
    let what = "say when it read its configuration";
    session
        .query_one(
            what,
            "SELECT pg_conf_load_time()::text",
            &[],
            STATEMENT_WITHIN,
        )
        .await?
        .try_get(0)
        .map_err(|source| session.failed(what, source))
}
