//! What the adapter is told about its server, checked before anything is done.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use standfast_replication::Error;
use standfast_units::Node;

use crate::defaults::{REPLICATION_ROLE, SUPERUSER};
use crate::parameters::is_owned;
use crate::secrets::Secrets;

/// `PostgreSQL` cuts identifiers off at 63 bytes without an error.
const IDENTIFIER_BYTES_MAX: usize = 63;

/// A socket's path has at most 107 bytes (`sun_path` in unix(7)), of which the server uses up to 15 for
/// `/.s.PGSQL.65535`.
const SOCKET_FOLDER_BYTES_MAX: usize = 92;

/// One server and its surroundings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The node the server belongs to; standbys connect under its name.
    pub node: Node,
    /// The folder of `PostgreSQL`'s programs; found when absent.
    pub bin: Option<PathBuf>,
    /// The data folder. Its parent must be writable: marks and copies lie beside it.
    pub data: PathBuf,
    /// The folder of the configuration, outside the data folder (P6).
    pub config: PathBuf,
    /// The file that exists only while the guard runs, on a temporary file system. The configuration
    /// includes it, so that without it the server refuses to start (P6).
    pub permit: PathBuf,
    /// The folder of the server's socket.
    pub socket_folder: PathBuf,
    /// The address the server listens on.
    pub address: IpAddr,
    /// The port the server listens on.
    pub port: u16,
    /// From where clients, standbys and the agents of other nodes may connect, always by password. See
    /// [`loopback_networks`].
    pub networks: Vec<IpNet>,
    /// The passwords, equal on every node of the database.
    pub secrets: Secrets,
    /// The database of the clients.
    pub database: String,
    /// The role of the clients.
    pub username: String,
    /// Settings from the blueprint, by name, beyond those the adapter itself decides.
    pub parameters: BTreeMap<String, String>,
}

/// The networks of a system that lives on one machine: 127.0.0.0/8 and `::1`.
pub fn loopback_networks() -> Vec<IpNet> {
    vec![
        Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into(),
        Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into(),
    ]
}

fn unsuitable(what: String, hint: &str) -> Error {
    Error::Unsuitable {
        what,
        hint: hint.to_owned(),
    }
}

impl Settings {
    /// Refuses what could not work or would undermine a guarantee.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (what, path) in [
            ("data folder", &self.data),
            ("configuration folder", &self.config),
            ("permit", &self.permit),
            ("socket folder", &self.socket_folder),
        ] {
            check_path(what, path)?;
        }
        if self.config.starts_with(&self.data) || self.permit.starts_with(&self.data) {
            return Err(unsuitable(
                format!(
                    "the configuration and the permit must lie outside the data folder {}",
                    self.data.display()
                ),
                "a server whose configuration lies in its data folder can be started by hand, past \
                 the lease",
            ));
        }
        if self.socket_folder.as_os_str().len() > SOCKET_FOLDER_BYTES_MAX {
            return Err(unsuitable(
                format!(
                    "the socket folder {} is longer than {SOCKET_FOLDER_BYTES_MAX} bytes",
                    self.socket_folder.display()
                ),
                "choose a shorter path, for example below /run",
            ));
        }
        check_identifier("database", &self.database)?;
        check_identifier("role", &self.username)?;
        if [SUPERUSER, REPLICATION_ROLE].contains(&self.username.as_str())
            || self.username.starts_with("pg_")
        {
            return Err(unsuitable(
                format!("the role `{}` is not for clients", self.username),
                "choose another name, for example `app`",
            ));
        }
        if ["template0", "template1"].contains(&self.database.as_str()) {
            return Err(unsuitable(
                format!("the database `{}` is not for clients", self.database),
                "choose another name",
            ));
        }
        self.parameters
            .iter()
            .try_for_each(|(name, value)| check_parameter(name, value))
    }
}

/// Paths stand in configuration files and arguments: absolute, UTF-8, one line.
fn check_path(what: &str, path: &Path) -> Result<(), Error> {
    let plain = path
        .to_str()
        .is_some_and(|text| !text.contains(['\n', '\r', '\0']));
    if path.is_absolute() && plain && path.file_name().is_some() {
        Ok(())
    } else {
        Err(unsuitable(
            format!("the {what} `{}` is not usable", path.display()),
            "give an absolute path in UTF-8 without line ends",
        ))
    }
}

fn check_identifier(what: &str, name: &str) -> Result<(), Error> {
    let well_formed = !name.is_empty()
        && name.len() <= IDENTIFIER_BYTES_MAX
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if well_formed {
        Ok(())
    } else {
        Err(unsuitable(
            format!("`{name}` is not usable as the name of a {what}"),
            "use up to 63 letters, digits, `_` and `-`",
        ))
    }
}

fn check_parameter(name: &str, value: &str) -> Result<(), Error> {
    let well_formed = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !well_formed {
        return Err(unsuitable(
            format!("`{name}` is not the name of a parameter"),
            "parameters are named as in PostgreSQL's manual, for example `log_statement`",
        ));
    }
    if is_owned(name) {
        return Err(unsuitable(
            format!("the parameter `{name}` belongs to Standfast"),
            "remove it from `parameters`; failover depends on its value",
        ));
    }
    if value.contains(['\n', '\r', '\0']) {
        return Err(unsuitable(
            format!("the value of the parameter `{name}` holds a line end"),
            "write it on one line",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            node: Node::new("main-east-1").unwrap(),
            bin: None,
            data: "/srv/node/data".into(),
            config: "/srv/node/config".into(),
            permit: "/run/node/permit".into(),
            socket_folder: "/run/node".into(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 5440,
            networks: loopback_networks(),
            secrets: Secrets::new(Path::new("/srv/node/secrets")),
            database: "payments".to_owned(),
            username: "app".to_owned(),
            parameters: BTreeMap::new(),
        }
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Settings), because: &str) {
        let mut settings = settings();
        change(&mut settings);
        match settings.check() {
            Err(Error::Unsuitable { what, .. }) => assert!(what.contains(because), "{what}"),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn settings_that_undermine_a_guarantee_are_refused() {
        settings().check().unwrap();
        refused(|s| s.config = s.data.join("config"), "outside");
        refused(|s| s.permit = s.data.join("permit"), "outside");
        refused(|s| s.data = "data".into(), "not usable");
        refused(|s| s.config = "/srv/a\nb".into(), "not usable");
        refused(
            |s| s.socket_folder = format!("/{}", "a".repeat(92)).into(),
            "longer",
        );
        refused(|s| s.username = "standfast".to_owned(), "not for clients");
        refused(|s| s.username = "a\"b".to_owned(), "not usable");
        refused(|s| s.database = "template1".to_owned(), "not for clients");
        for (name, value, because) in [
            ("fsync", "off", "belongs to Standfast"),
            ("Synchronous_Standby_Names", "", "belongs to Standfast"),
            ("restore_command", "x", "belongs to Standfast"),
            ("include", "/etc/x", "belongs to Standfast"),
            ("work_mem'", "1", "is not the name"),
            ("work_mem", "1\nfsync = off", "line end"),
        ] {
            refused(
                |s| {
                    s.parameters.insert(name.to_owned(), value.to_owned());
                },
                because,
            );
        }
    }

    #[test]
    fn parameters_of_extensions_and_of_tuning_are_taken() {
        let mut settings = settings();
        for name in ["log_statement", "pg_stat_statements.max", "shared_buffers"] {
            settings.parameters.insert(name.to_owned(), "1".to_owned());
        }
        settings.check().unwrap();
    }
}
