//! The files that configure a server, all outside its data folder (P6): `postgresql.conf`,
//! `pg_hba.conf`, `pg_ident.conf` and the file with the passwords that its programs use.
//!
//! The text is a function of the settings alone, so that equal settings give equal bytes.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use standfast_replication::{Error, Upstream};
use standfast_units::Node;

use crate::defaults::{REPLICATION_ROLE, SLOT_PREFIX, SUPERUSER};
use crate::files::{self, PRIVATE};
use crate::parameters::{DEFAULTS, FIXED, is_owned};
use crate::secrets::read_password;
use crate::settings::Settings;

/// The replication slot that a primary keeps for a standby.
pub fn slot_name(node: &Node) -> String {
    // A node's name has no underscore, so no two nodes share a slot.
    format!("{SLOT_PREFIX}{}", node.as_str().replace('-', "_"))
}

/// The server's configuration file.
pub(crate) fn config_file(config: &Path) -> PathBuf {
    config.join("postgresql.conf")
}

fn hba_file(config: &Path) -> PathBuf {
    config.join("pg_hba.conf")
}

fn ident_file(config: &Path) -> PathBuf {
    config.join("pg_ident.conf")
}

/// The passwords of our roles, as libpq reads them.
pub(crate) fn password_file(config: &Path) -> PathBuf {
    config.join("passwords")
}

/// Whether clients are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientDoor {
    /// They are, by password.
    Open,
    /// They are not; standbys and our own role are (P8).
    Closed,
}

/// Writes every file, in an order in which the server finds each one that another names.
pub(crate) fn write_all(settings: &Settings, upstream: Option<&Upstream>) -> Result<(), Error> {
    write_password_file(settings)?;
    write_door(settings, ClientDoor::Open)?;
    files::write_durably(&ident_file(&settings.config), b"", PRIVATE)?;
    write_config(settings, upstream)
}

/// Writes `postgresql.conf` alone, for a server that will read it again.
pub(crate) fn write_config(settings: &Settings, upstream: Option<&Upstream>) -> Result<(), Error> {
    files::write_durably(
        &config_file(&settings.config),
        render(settings, upstream).as_bytes(),
        PRIVATE,
    )
}

/// Writes `pg_hba.conf`.
pub(crate) fn write_door(settings: &Settings, door: ClientDoor) -> Result<(), Error> {
    files::write_durably(
        &hba_file(&settings.config),
        render_hba(settings, door).as_bytes(),
        PRIVATE,
    )
}

/// Creates the folder of the configuration, which only its owner may enter.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(files::failed("create", folder))
}

/// Writes the passwords of our roles in libpq's form.
pub(crate) fn write_password_file(settings: &Settings) -> Result<(), Error> {
    create_folder(&settings.config)?;
    let mut text = String::new();
    for (role, path) in [
        (SUPERUSER, settings.secrets.standfast_file()),
        (REPLICATION_ROLE, settings.secrets.replication_file()),
    ] {
        let password = read_password(&path)?
            .replace('\\', "\\\\")
            .replace(':', "\\:");
        let _ = writeln!(text, "*:*:*:{role}:{password}");
    }
    files::write_durably(&password_file(&settings.config), text.as_bytes(), PRIVATE)
}

/// Writes a configuration for recovering a stopped folder in single-user mode: no permit, no network.
/// It lies in the configuration folder under a name that no server is started with.
pub(crate) fn write_recovery_config(settings: &Settings) -> Result<PathBuf, Error> {
    let path = settings.config.join("recovery.conf");
    let mut text =
        String::from("# Written by Standfast, for recovery in single-user mode before a rewind.\n");
    // What shared memory and the log's replay depend on must be as in the server that wrote it.
    for (name, value) in &settings.parameters {
        let _ = writeln!(text, "{name} = {}", quote(value));
    }
    let _ = writeln!(text, "listen_addresses = ''");
    let _ = writeln!(
        text,
        "hba_file = {}",
        quote_path(&hba_file(&settings.config))
    );
    let _ = writeln!(
        text,
        "ident_file = {}",
        quote_path(&ident_file(&settings.config))
    );
    let _ = writeln!(text, "logging_collector = off");
    files::write_durably(&path, text.as_bytes(), PRIVATE)?;
    Ok(path)
}

fn render(settings: &Settings, upstream: Option<&Upstream>) -> String {
    let mut text = String::from(
        "# Written by Standfast at every start; changes made here are lost. Parameters of your own\n\
         # belong into the blueprint.\n\n\
         # This file exists only while the guard runs: nobody else starts this server (P6).\n",
    );
    let _ = writeln!(text, "include {}\n", quote_path(&settings.permit));
    let config = &settings.config;
    for (name, value) in [
        ("data_directory", quote_path(&settings.data)),
        ("hba_file", quote_path(&hba_file(config))),
        ("ident_file", quote_path(&ident_file(config))),
        ("listen_addresses", quote(&settings.address.to_string())),
        ("port", settings.port.to_string()),
        (
            "unix_socket_directories",
            quote_socket_folder(&settings.socket_folder),
        ),
        ("unix_socket_permissions", "0700".to_owned()),
        ("cluster_name", quote(settings.node.as_str())),
        (
            "primary_conninfo",
            quote(&upstream.map_or_else(String::new, |upstream| conninfo(settings, upstream))),
        ),
        ("primary_slot_name", quote(&slot_name(&settings.node))),
    ] {
        let _ = writeln!(text, "{name} = {value}");
    }
    for (name, value, why) in DEFAULTS.iter().chain(FIXED) {
        let _ = writeln!(text, "{name} = {value}  # {why}");
    }
    if !settings.parameters.is_empty() {
        text.push_str("\n# From the blueprint.\n");
    }
    for (name, value) in &settings.parameters {
        let _ = writeln!(text, "{name} = {}", quote(value));
    }
    text
}

/// How the standby reaches its upstream.
pub(crate) fn conninfo(settings: &Settings, upstream: &Upstream) -> String {
    connection(settings, upstream, REPLICATION_ROLE, settings.node.as_str())
}

/// How libpq reaches a server. The password is in a file, never in this text, which every user sees who may
/// read the settings or the list of processes.
pub(crate) fn connection(settings: &Settings, to: &Upstream, role: &str, name: &str) -> String {
    let passwords = password_file(&settings.config);
    let host = to.address.ip().to_string();
    let parts = [
        ("host", host.as_str()),
        ("port", &to.address.port().to_string()),
        ("user", role),
        ("application_name", name),
        ("passfile", &passwords.to_string_lossy()),
        ("connect_timeout", "3"),
        ("tcp_user_timeout", "5000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "3"),
        ("gssencmode", "disable"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(key, value)| {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            format!("{key}='{value}'")
        })
        .collect();
    parts.join(" ")
}

fn render_hba(settings: &Settings, door: ClientDoor) -> String {
    let mut text = String::from("# Written by Standfast. The first line that fits decides.\n");
    // `all` does not cover replication, so no other role can stand in for a standby (P19).
    let _ = writeln!(text, "local all {SUPERUSER} scram-sha-256");
    let _ = writeln!(text, "local replication {REPLICATION_ROLE} scram-sha-256");
    for network in &settings.networks {
        let _ = writeln!(text, "host all {SUPERUSER} {network} scram-sha-256");
        let _ = writeln!(
            text,
            "host replication {REPLICATION_ROLE} {network} scram-sha-256"
        );
    }
    // Clients are `all`, because operators make roles of their own.
    match door {
        ClientDoor::Open => {
            text.push_str("local all all scram-sha-256\n");
            for network in &settings.networks {
                let _ = writeln!(text, "host all all {network} scram-sha-256");
            }
        }
        ClientDoor::Closed => {
            text.push_str("# Clients are kept out for a switchover (P8).\n");
            text.push_str("local all all reject\nhost all all all reject\n");
        }
    }
    text
}

/// A value as `postgresql.conf` reads it.
fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

fn quote_path(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// The list of socket folders splits at commas outside double quotes.
fn quote_socket_folder(folder: &Path) -> String {
    quote(&format!(
        "\"{}\"",
        folder.to_string_lossy().replace('"', "\"\"")
    ))
}

/// Removes from `postgresql.auto.conf` what belongs to us. It is read last and comes along with every
/// clone, so that an `ALTER SYSTEM` of long ago could point a standby elsewhere or turn `fsync` off.
pub(crate) fn purge_auto_config(data: &Path) -> Result<(), Error> {
    let path = data.join("postgresql.auto.conf");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(files::failed("read", &path)(error)),
    };
    let (ours, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| {
        let name = line.trim_start();
        let end = name
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(name.len());
        is_owned(&name[..end])
    });
    if ours.is_empty() {
        return Ok(());
    }
    tracing::warn!(removed = ?ours, "removed settings of ALTER SYSTEM that belong to standfast");
    let mut rest = rest.join("\n");
    rest.push('\n');
    files::write_durably(&path, rest.as_bytes(), PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_names_are_quoted_for_their_reader() {
        assert_eq!(quote(r"it's a \ path"), r"'it''s a \\ path'");
        let node = Node::new("main-us-east-1-1").unwrap();
        assert_eq!(slot_name(&node), "sf_main_us_east_1_1");
        let longest = Node::new(&"a".repeat(60)).unwrap();
        assert_eq!(slot_name(&longest).len(), 63);
    }

    #[test]
    fn settings_of_alter_system_that_are_ours_are_removed_and_others_stay() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("postgresql.auto.conf");
        std::fs::write(
            &path,
            "# comment\nfsync = 'off'\nwork_mem = '1MB'\nprimary_conninfo='x'\nPORT 1\n",
        )
        .unwrap();
        purge_auto_config(data.path()).unwrap();
        let left = std::fs::read_to_string(&path).unwrap();
        assert_eq!(left, "# comment\nwork_mem = '1MB'\n");
    }
}
