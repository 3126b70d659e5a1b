//! `PostgreSQL` servers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::server::{Server, folder};
use crate::unprivileged::{run_with, unprivileged};
use crate::waiting::{free_port, wait_until};

/// The role of the tests, which may do everything.
pub const USERNAME: &str = "app";
/// Its password.
pub const PASSWORD: &str = "correct horse battery staple";

/// A server with its data.
pub struct Postgres {
    server: Option<Server>,
    folder: TempDir,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// The programs, or a loud word that this test is skipped.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut folders: Vec<PathBuf> = versions
        .map(|each| each.unwrap().path().join("bin"))
        .collect();
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.sort();
    let found = folders.pop();
    if found.is_none() {
        let required = std::env::var_os("STANDFAST_REQUIRE_POSTGRES").is_some();
        assert!(!required, "there is no PostgreSQL server here");
        eprintln!("skipped: there is no PostgreSQL server here");
    }
    found
}

impl Postgres {
    /// A new server, alone.
    pub async fn primary(programs: &Path) -> Self {
        let folder = folder();
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        run_with(
            Command::new(programs.join("initdb"))
                .arg("--pgdata")
                .arg(folder.path().join("data"))
                .args(["--username", USERNAME, "--auth=scram-sha-256", "--no-sync"])
                .args(["--encoding=UTF8", "--no-locale"])
                .arg("--pwfile")
                .arg(password),
            Stdio::null(),
        );
        Self::new(folder, programs, &[]).await
    }

    /// Started on what stands in the folder.
    pub async fn new(folder: TempDir, programs: &Path, settings: &[&str]) -> Self {
        let mut new = Self {
            server: None,
            folder,
            port: free_port(),
        };
        new.start(programs, settings).await;
        new
    }

    /// Starts it, again after [`Self::end`], on the same port.
    pub async fn start(&mut self, programs: &Path, settings: &[&str]) {
        let mut command = Command::new(programs.join("postgres"));
        command
            .arg("-D")
            .arg(self.data())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", "shared_buffers=16MB"])
            .args(settings.iter().flat_map(|setting| ["-c", setting]));
        let log = self.folder.path().join("log");
        self.server = Some(Server::start(
            unprivileged(&mut command),
            &log,
            Signal::SIGQUIT,
        ));
        wait_until("the server takes connections", async || {
            self.connect().await.is_ok()
        })
        .await;
    }

    /// Ends it at once; its data stay.
    pub fn end(&mut self) {
        self.server = None;
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A connection of the test's own.
    ///
    /// # Errors
    ///
    /// When the server does not take it.
    pub async fn connect(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::Config::new()
            .host("127.0.0.1")
            .port(self.port)
            .user(USERNAME)
            .password(PASSWORD)
            .dbname("postgres")
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(client)
    }
}
