//! `MariaDB`, which speaks the protocol of `MySQL`.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use standfast_functions_testing::certificates::Certificates;
use standfast_functions_testing::postgres::{PASSWORD, USERNAME};
use standfast_functions_testing::server::{Server, folder, give_away, listens};
use standfast_functions_testing::unprivileged::{run_with, unprivileged};
use standfast_functions_testing::waiting::{free_port, wait_until};
use tempfile::TempDir;

/// A server with its data.
pub(crate) struct MariaDb {
    server: Option<Server>,
    folder: TempDir,
    pub(crate) port: u16,
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

impl MariaDb {
    /// A new server with certificates, or a loud word that this test is skipped.
    pub(crate) async fn start() -> Option<Self> {
        let Some(server) = program("mariadbd") else {
            let required = std::env::var_os("STANDFAST_REQUIRE_MARIADB").is_some();
            assert!(!required, "there is no MariaDB server here");
            eprintln!("skipped: there is no MariaDB server here");
            return None;
        };
        let folder = folder();
        let certificates = Certificates::of("127.0.0.1");
        let create = format!(
            "CREATE USER '{USERNAME}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT SELECT ON *.* TO '{USERNAME}'@'127.0.0.1';\n"
        );
        for (name, text) in [
            ("create.sql", &create),
            ("server.crt", &certificates.server),
            ("server.key", &certificates.key),
            ("authority.crt", &certificates.authority),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            give_away(&path);
        }
        let data = argument("--datadir=", &folder.path().join("data"));
        set_up(
            &server,
            &folder.path().join("data"),
            &folder.path().join("sql"),
        );
        let port = free_port();
        let at = |name| folder.path().join(name);
        let mut command = Command::new(server);
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1", &data])
            .args(["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"])
            .arg(format!("--port={port}"))
            .arg(argument("--socket=", &at("socket")))
            .arg(argument("--init-file=", &at("create.sql")))
            .arg(argument("--ssl-cert=", &at("server.crt")))
            .arg(argument("--ssl-key=", &at("server.key")));
        let server = Server::start(unprivileged(&mut command), &at("log"), Signal::SIGKILL);
        wait_until("MariaDB listens", async || listens(port).await).await;
        Some(Self {
            server: Some(server),
            folder,
            port,
        })
    }

    /// The authority that vouches for it.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.crt")
    }

    pub(crate) fn end(&mut self) {
        self.server = None;
    }
}

/// What `mariadb-install-db` does, which wants more packages than the server's own.
fn set_up(server: &Path, data: &Path, statements: &Path) {
    std::fs::create_dir(data).unwrap();
    give_away(data);
    let mut sql = "CREATE DATABASE mysql;\nUSE mysql;\n".to_owned();
    for name in [
        "mysql_system_tables",
        "mysql_performance_tables",
        "mysql_system_tables_data",
    ] {
        let path = format!("/usr/share/mysql/{name}.sql");
        sql.push_str(&std::fs::read_to_string(path).unwrap());
    }
    std::fs::write(statements, sql).unwrap();
    let mut command = Command::new(server);
    command
        .args(["--no-defaults", "--bootstrap"])
        .arg(argument("--datadir=", data));
    run_with(&mut command, std::fs::File::open(statements).unwrap());
}

fn argument(name: &str, path: &Path) -> String {
    format!("{name}{}", path.display())
}
