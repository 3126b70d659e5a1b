//! What clients and standbys find on a primary: roles, the database, the table of verification.
//!
//! Every step looks first, so that a second run changes nothing. A password is set only when logging in
//! with it fails: a rotation is a new file and another run. The password of `standfast` itself is the
//! one we log in with and is not rotated here.

use std::path::Path;

use standfast_replication::Error;
use tokio_postgres::error::SqlState;

use crate::defaults::{REPLICATION_ROLE, STATEMENT_WITHIN};
use crate::files;
use crate::secrets::read_password;
use crate::session::{Login, SqlSession, quote_name, quote_text, sql_state};
use crate::settings::Settings;

/// Creates what is missing.
pub(crate) async fn provision(settings: &Settings) -> Result<(), Error> {
    let target = Login::own(settings, "postgres");
    let session = target.connect().await?;
    // What is stored of a password stands in the statements that set it.
    session
        .run(
            "log no statements",
            "SET log_statement = none",
            STATEMENT_WITHIN,
        )
        .await?;
    let app = &settings.username;
    for (role, attributes, password_file) in [
        (app.as_str(), "LOGIN", settings.secrets.app_file()),
        (
            REPLICATION_ROLE,
            "LOGIN REPLICATION",
            settings.secrets.replication_file(),
        ),
    ] {
        ensure_role(&session, role, attributes, &password_file).await?;
        ensure_password(&session, &target, role, &password_file).await?;
    }
    ensure_database(&session, &settings.database, app).await?;
    let session = Login::own(settings, &settings.database).connect().await?;
    ensure_verification(&session, app).await
}

async fn there_is(session: &SqlSession, catalogue: &str, name: &str) -> Result<bool, Error> {
    let rows = session
        .query("read its catalogue", catalogue, &[&name], STATEMENT_WITHIN)
        .await?;
    Ok(!rows.is_empty())
}

async fn ensure_role(
    session: &SqlSession,
    role: &str,
    attributes: &str,
    password_file: &Path,
) -> Result<(), Error> {
    let what = "create a role";
    if there_is(session, "SELECT 1 FROM pg_roles WHERE rolname = $1", role).await? {
        let attributes_hold = "SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolcanlogin \
                               AND (rolreplication OR rolname <> 'replication')";
        if !there_is(session, attributes_hold, role).await? {
            let alter = format!("ALTER ROLE {} {attributes}", quote_name(role));
            session.run(what, &alter, STATEMENT_WITHIN).await?;
        }
        return Ok(());
    }
    let verifier = verifier(password_file).await?;
    let create = format!(
        "CREATE ROLE {} {attributes} PASSWORD {}",
        quote_name(role),
        quote_text(&verifier)
    );
    session.run(what, &create, STATEMENT_WITHIN).await
}

/// Tries the password as a client would, and sets it when the server refuses it.
async fn ensure_password(
    session: &SqlSession,
    target: &Login,
    role: &str,
    password_file: &Path,
) -> Result<(), Error> {
    match target.with_role(role, password_file).connect().await {
        Ok(_) => Ok(()),
        Err(error) if sql_state(&error) == Some(&SqlState::INVALID_PASSWORD) => {
            let alter = format!(
                "ALTER ROLE {} PASSWORD {}",
                quote_name(role),
                quote_text(&verifier(password_file).await?)
            );
            session
                .run("set a password", &alter, STATEMENT_WITHIN)
                .await
        }
        Err(error) => Err(error),
    }
}

/// What the server stores of a password (RFC 5803). Computed here, so that no log of statements ever
/// holds the password.
async fn verifier(password_file: &Path) -> Result<String, Error> {
    let path = password_file.to_owned();
    files::blocking(move || {
        let password = read_password(&path)?;
        Ok(postgres_protocol::password::scram_sha_256(
            password.as_bytes(),
        ))
    })
    .await
}

async fn ensure_database(session: &SqlSession, database: &str, owner: &str) -> Result<(), Error> {
    if there_is(
        session,
        "SELECT 1 FROM pg_database WHERE datname = $1",
        database,
    )
    .await?
    {
        return Ok(());
    }
    let create = format!(
        "CREATE DATABASE {} OWNER {}",
        quote_name(database),
        quote_name(owner)
    );
    session
        .run("create the database", &create, STATEMENT_WITHIN)
        .await
}

async fn ensure_verification(session: &SqlSession, app: &str) -> Result<(), Error> {
    let complete = "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = 'standfast' AND c.relname = 'verification'
           AND has_schema_privilege($1::text::name, n.oid, 'USAGE')
           AND has_table_privilege($1::text::name, c.oid, 'SELECT')
           AND has_table_privilege($1::text::name, c.oid, 'INSERT')
           AND has_table_privilege($1::text::name, c.oid, 'UPDATE')";
    if there_is(session, complete, app).await? {
        return Ok(());
    }
    let app = quote_name(app);
    let create = format!(
        "BEGIN;
         CREATE SCHEMA IF NOT EXISTS standfast;
         CREATE TABLE IF NOT EXISTS standfast.verification (
             epoch bigint PRIMARY KEY,
             written_at timestamptz NOT NULL DEFAULT clock_timestamp());
         COMMENT ON TABLE standfast.verification IS
             'Standfast writes one row per epoch to prove that writes are taken.';
         GRANT USAGE ON SCHEMA standfast TO {app};
         GRANT SELECT, INSERT, UPDATE ON standfast.verification TO {app};
         COMMIT"
    );
    session
        .run(
            "create the table of verification",
            &create,
            STATEMENT_WITHIN,
        )
        .await
}
