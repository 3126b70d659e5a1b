//! Installs the distribution's packages that this repository needs, when it may.
//!
//! Debian and Ubuntu start a database of their own when the server's package is installed; the tests have
//! no use for that one, so its creation is switched off first (`postgresql-common`, `createcluster.conf(5)`).
//! Nothing else of the machine's configuration is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use rustix::process::geteuid;

use crate::program::{run_aside, works};
use crate::steps::say;

/// Where the distribution keeps server programs, one folder per version.
const SERVERS: &str = "/usr/lib/postgresql";

/// The server programs that Standfast runs.
const SERVER_PROGRAMS: [&str; 5] = [
    "initdb",
    "pg_basebackup",
    "pg_rewind",
    "pg_waldump",
    "postgres",
];

/// Whether the distribution creates a database when the server is installed.
const CREATION: &str = "/etc/postgresql-common/createcluster.conf";

/// Something that must be on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A `PostgreSQL` server with its tools.
    Postgres,
    /// `dig`, which judges our DNS server from outside.
    Dig,
    /// A server that speaks `MySQL`, without a database of the distribution's own.
    Mariadb,
    /// Python with what makes folders of packages.
    Python,
}

impl Need {
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Dig => "bind9-dnsutils",
            Self::Mariadb => "mariadb-server-core",
            Self::Python => "python3-venv",
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::Postgres => server_folders().iter().any(|folder| is_complete(folder)),
            Self::Dig => works("dig", &["-v"]),
            Self::Mariadb => {
                works("mariadbd", &["--version"]) || works("/usr/sbin/mariadbd", &["--version"])
            }
            Self::Python => works("python3", &["-c", "import ensurepip, venv"]),
        }
    }
}

/// Makes sure that all of these are there.
pub(crate) fn install(needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<Need> = needs
        .iter()
        .copied()
        .filter(|need| !need.is_met())
        .collect();
    if missing.is_empty() {
        say("  everything is there");
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|need| need.package()).collect();
    let names = names.join(" ");
    if !works("apt-get", &["--version"]) {
        bail!(
            "{names} (as Debian calls it) is missing, and this is not Debian or Ubuntu: install it by hand"
        );
    }
    let Some(apt) = Privilege::own() else {
        bail!(
            "missing, and installing takes root: run\n    \
             sudo mkdir -p /etc/postgresql-common\n    \
             echo 'create_main_cluster = false' | sudo tee -a {CREATION}\n    \
             sudo apt-get install {names}"
        );
    };
    if missing.contains(&Need::Postgres) {
        apt.switch_creation_off()?;
    }
    run_aside(&mut apt.command(&["apt-get", "update", "--quiet"]))?;
    let mut install = vec![
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        // What stands in configuration files is the operator's, our own line included.
        "UCF_FORCE_CONFFOLD=1",
        "apt-get",
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        "--option=Dpkg::Options::=--force-confold",
    ];
    install.extend(missing.iter().map(|need| need.package()));
    run_aside(&mut apt.command(&install))?;
    match missing.iter().find(|need| !need.is_met()) {
        Some(need) => bail!(
            "{} is installed, and something is still missing",
            need.package()
        ),
        None => Ok(()),
    }
}

/// How we may do what only root may.
#[derive(Debug, Clone, Copy)]
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    fn own() -> Option<Self> {
        if geteuid().is_root() {
            Some(Self::Root)
        } else if works("sudo", &["--non-interactive", "true"]) {
            Some(Self::Sudo)
        } else {
            None
        }
    }

    fn command(self, words: &[&str]) -> Command {
        let words: Vec<&str> = match self {
            Self::Root => words.to_vec(),
            Self::Sudo => ["sudo", "--non-interactive"]
                .iter()
                .chain(words)
                .copied()
                .collect(),
        };
        let (program, arguments) = words.split_first().unwrap_or((&"true", &[]));
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    /// Keeps the distribution from creating and starting a database that the tests have no use for.
    fn switch_creation_off(self) -> anyhow::Result<()> {
        let path = Path::new(CREATION);
        let text = if path.exists() {
            fs::read_to_string(path).with_context(|| format!("cannot read {CREATION}"))?
        } else {
            String::new()
        };
        if sets_creation(&text) {
            say(&format!(
                "  {CREATION} says whether the distribution creates a database; it stays as it is"
            ));
            return Ok(());
        }
        say(&format!(
            "  the distribution is told not to create and start a database of its own ({CREATION})"
        ));
        let line = format!(
            "mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >> {CREATION}"
        );
        run_aside(&mut self.command(&["sh", "-c", &line]))
    }
}

/// Whether the machine's owner has decided already.
fn sets_creation(text: &str) -> bool {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, _)| name.trim() == "create_main_cluster")
}

fn server_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir(SERVERS).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    // Where else the product looks.
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    folders
}

fn is_complete(folder: &Path) -> bool {
    SERVER_PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_commented_out_is_none() {
        assert!(!sets_creation(""));
        assert!(!sets_creation(
            "#create_main_cluster = true\nstart_conf = 'auto'\n"
        ));
        assert!(sets_creation("create_main_cluster = true\n"));
        assert!(sets_creation("create_main_cluster=false"));
    }
}
