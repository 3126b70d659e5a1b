//! Which adapter runs a database: the only file of this crate that knows an engine by name.
//!
//! A blueprint names an engine; [`Adapter::of`] says what runs it on this machine, or refuses it. All
//! other files hand the adapter on and ask it for what differs between engines: what suits it, its secrets,
//! the server beside an agent, the write check, and how people connect. A new engine is a variant here and
//! whatever the compiler then asks for.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use standfast_blueprint::{DatabaseSpec, Engine as NamedEngine};
use standfast_guard::PERMIT_FILE;
use standfast_postgres::{AppWriteCheck, Postgres, Secrets, loopback_networks};
use standfast_replication::{Engine, Error, WriteCheck};
use standfast_units::Epoch;

use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::files::{AgentFile, ControllerDatabaseFile};

/// The adapter of an engine that runs on one machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Adapter {
    /// `PostgreSQL`, which also stands in for Amazon Aurora with its protocol.
    #[default]
    Postgres,
}

impl Adapter {
    /// What runs a database here; an engine without an adapter is refused rather than pretended.
    pub(crate) fn of(database: &DatabaseSpec) -> Result<Self, CommandError> {
        match database.engine {
            NamedEngine::Postgres | NamedEngine::AuroraPostgresql => Ok(Self::Postgres),
            NamedEngine::Mysql | NamedEngine::AuroraMysql => Err(CommandError::refused(format!(
                "database `{}`: `up` cannot run the engine `{}` yet; the MariaDB engine is not part of this \
                 version",
                database.name, database.engine
            ))
            .hint("use `engine: postgres`, or wait for the version that brings MariaDB")),
        }
    }

    /// Whether a file need not say it: files of versions that had one adapter do not.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(crate) fn is_implied(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses an agent whose engine does not suit this machine: a program that is missing or too old, or a
    /// parameter that would undermine a guarantee.
    pub(crate) fn examine(agent: &AgentFile) -> Result<(), CommandError> {
        match agent.adapter {
            Self::Postgres => postgres(agent).map(drop),
        }
    }

    /// Makes the passwords that the engine's roles log in with, where they are not there yet.
    pub(crate) fn ensure_secrets(self, folder: &Path) -> Result<(), CommandError> {
        match self {
            Self::Postgres => Secrets::ensure(folder).map(drop).map_err(unsuitable),
        }
    }

    /// Where the password of the clients' role lies.
    pub(crate) fn password_file(self, secrets: &Path) -> PathBuf {
        match self {
            Self::Postgres => Secrets::new(secrets).app_file(),
        }
    }

    /// Where clients connect, in the form that the engine's drivers take.
    pub(crate) fn connection_string(self, username: &str, address: &str, database: &str) -> String {
        match self {
            Self::Postgres => format!("postgresql://{username}@{address}/{database}"),
        }
    }

    /// The command line that connects a person.
    pub(crate) fn client_command(self, password_file: &str, connection_string: &str) -> String {
        match self {
            Self::Postgres => format!("PGPASSWORD=$(cat {password_file}) psql {connection_string}"),
        }
    }
}

/// What takes an engine and runs beside its server.
pub(crate) trait Companion {
    /// Runs until it is told to end.
    fn run(self, engine: impl Engine) -> CommandResult;
}

/// Runs a companion with the engine of its agent.
pub(crate) fn run_beside(agent: &AgentFile, companion: impl Companion) -> CommandResult {
    match agent.adapter {
        Adapter::Postgres => companion.run(postgres(agent)?),
    }
}

fn postgres(agent: &AgentFile) -> Result<Postgres, CommandError> {
    let own = agent.own()?.address;
    Postgres::new(standfast_postgres::Settings {
        node: agent.node.clone(),
        bin: agent.bin.clone(),
        data: agent.data_folder.clone(),
        config: agent.config_folder.clone(),
        permit: agent.run_folder.join(PERMIT_FILE),
        socket_folder: agent.run_folder.clone(),
        address: own.ip(),
        port: own.port(),
        networks: loopback_networks(),
        secrets: Secrets::new(&agent.secrets_folder),
        database: agent.database_name.clone(),
        username: agent.username.clone(),
        parameters: agent.parameters.clone(),
    })
    .map_err(unsuitable)
}

/// An engine that does not suit this machine, with its hint.
fn unsuitable(error: Error) -> CommandError {
    let hint = match &error {
        Error::Unsuitable { hint, .. } => Some(hint.clone()),
        _ => None,
    };
    let failure = CommandError::new(ExitStatus::Environment, error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The write check of a database (P13).
#[derive(Debug, Clone)]
pub(crate) enum DatabaseCheck {
    /// As a client of `PostgreSQL`.
    Postgres(AppWriteCheck),
}

impl DatabaseCheck {
    /// Writes as the clients of this database do.
    pub(crate) fn of(database: &ControllerDatabaseFile) -> Self {
        match database.adapter {
            Adapter::Postgres => Self::Postgres(AppWriteCheck::new(
                &database.database_name,
                &database.username,
                &database.password_file,
            )),
        }
    }
}

impl WriteCheck for DatabaseCheck {
    async fn answers(&self, address: SocketAddr) -> bool {
        match self {
            Self::Postgres(check) => check.answers(address).await,
        }
    }

    async fn verify(&self, address: SocketAddr, epoch: Epoch) -> Result<(), Error> {
        match self {
            Self::Postgres(check) => check.verify(address, epoch).await,
        }
    }
}
