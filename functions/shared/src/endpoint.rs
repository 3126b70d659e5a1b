//! Where a database is.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::environment::{self, Environment, invalid};
use crate::tls::{self, Mode};

/// An address that cannot be one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Not a name and not an address.
    #[error("`{0}` is not a host, or a host and a port")]
    Address(String),
    /// A password would go over a network in clear.
    #[error("`{0}` is not a loopback address; `off` is for those only")]
    ClearOnANetwork(String),
}

/// A host, and perhaps its port: as endpoints stand in AWS, `host` or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address.
    pub host: String,
    /// The port, when one is given.
    pub port: Option<u16>,
}

impl std::str::FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.to_owned());
        let text = text.trim();
        let (host, port) = match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => {
                (host, Some(port.parse().map_err(|_| wrong())?))
            }
            // No colon at all, or an IPv6 address, which has several.
            Some(_) | None => (text, None),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) || port == Some(0) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// How connections are protected, whatever they lead to.
#[derive(Debug, Clone)]
pub struct Protection {
    /// What is asked of a connection.
    pub mode: Mode,
    /// The file with authorities that are believed besides those of RDS.
    pub authorities: Option<PathBuf>,
    client: Option<Arc<ClientConfig>>,
}

impl Protection {
    /// Reads the authorities.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn new(mode: Mode, authorities: Option<PathBuf>) -> Result<Self, tls::Error> {
        let client = tls::client(mode, authorities.as_deref())?;
        Ok(Self {
            mode,
            authorities,
            client,
        })
    }

    /// From `DATABASE_TLS` and `DATABASE_CA_FILE`.
    ///
    /// # Errors
    ///
    /// When one of them is not valid.
    pub fn from_environment(environment: &Environment) -> Result<Self, environment::Error> {
        let mode = environment.parsed("DATABASE_TLS")?.unwrap_or_default();
        let authorities = environment.optional("DATABASE_CA_FILE").map(PathBuf::from);
        Self::new(mode, authorities).map_err(|error| invalid("DATABASE_CA_FILE", error))
    }
}

/// A database, and how to speak to it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    database: String,
    protection: Protection,
}

impl Endpoint {
    /// Checks that nothing goes over a network in clear.
    ///
    /// # Errors
    ///
    /// When TLS is off and the host is not on this machine.
    pub fn new(
        host: &str,
        port: u16,
        database: &str,
        protection: Protection,
    ) -> Result<Self, Error> {
        let loopback = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if protection.mode == Mode::Off && !loopback {
            return Err(Error::ClearOnANetwork(host.to_owned()));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            database: database.to_owned(),
            protection,
        })
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name of the database on the server.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// How the connection is protected.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// What rustls needs; nothing in clear.
    pub fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.protection.client.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, host: &str, port: Option<u16>) {
        let address: Address = text.parse().unwrap();
        assert_eq!((address.host.as_str(), address.port), (host, port));
    }

    #[test]
    fn an_address_has_a_port_or_none() {
        check(
            "db.cluster-x.eu-west-1.rds.amazonaws.com",
            "db.cluster-x.eu-west-1.rds.amazonaws.com",
            None,
        );
        check("db:5433\n", "db", Some(5433));
        check("::1", "::1", None);
        for wrong in [
            "", "db:", "db:0", "db:70000", "a b", "user@db", "db/x", ":5432",
        ] {
            assert_eq!(
                wrong.parse::<Address>(),
                Err(Error::Address(wrong.to_owned())),
                "{wrong}"
            );
        }
    }

    #[test]
    fn nothing_goes_over_a_network_in_clear() {
        let off = || Protection::new(Mode::Off, None).unwrap();
        for here in ["127.0.0.1", "127.8.9.10", "::1", "localhost"] {
            assert!(
                Endpoint::new(here, 5432, "payments", off()).is_ok(),
                "{here}"
            );
        }
        for there in ["10.0.0.1", "db.internal", "localhost.example.com"] {
            assert!(
                Endpoint::new(there, 5432, "payments", off()).is_err(),
                "{there}"
            );
        }
        let encrypted = Protection::new(Mode::Encrypt, None).unwrap();
        assert!(Endpoint::new("db.internal", 5432, "payments", encrypted).is_ok());
    }
}
