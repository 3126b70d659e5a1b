//! Who runs what. Started as root, everything runs as the user `standfast`: a database refuses to run as
//! root, and nothing here needs it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use standfast_local::layout::{Environment, Owner, Privilege};
use standfast_local::session::{OWN_NAME, OWN_PROGRAM};

use crate::exit::{Failure, Outcome};
use crate::print;

/// The user of a system that root started.
const USER: &str = "standfast";

/// Its home, and where the state of systems lies.
const HOME: &str = "/var/lib/standfast";

/// The user everything runs as: ourselves, or `standfast` when we are root.
pub(crate) fn owner() -> Result<Option<Owner>, Failure> {
    if is_root() {
        Ok(find(USER)?)
    } else {
        Ok(Some(Owner::own()))
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What decides where files lie. The user `standfast` uses the folders of a system that root started.
pub(crate) fn environment() -> Result<Environment, Failure> {
    let mut environment = Environment::read();
    let own = Owner::own();
    if is_root() || find(USER)?.is_some_and(|user| user.uid == own.uid) {
        environment.privilege = Privilege::Root;
    }
    Ok(environment)
}

/// As root: makes sure that the user exists and that the roots of its folders do.
pub(crate) fn ensure_user() -> Result<Owner, Failure> {
    let user = match find(USER)? {
        Some(user) => user,
        None => create()?,
    };
    for root in [Path::new(HOME), Path::new("/run/standfast")] {
        // Where `/run` is no temporary file system, folders lie in `/dev/shm` and this one stays empty.
        let attempt = std::fs::create_dir_all(root)
            .and_then(|()| std::os::unix::fs::chown(root, Some(user.uid), Some(user.gid)));
        attempt.map_err(|error| {
            anyhow::Error::new(error).context(format!("cannot give {} to {USER}", root.display()))
        })?;
    }
    Ok(user)
}

/// Starts this program anew as that user; returns only when it cannot.
pub(crate) fn become_user(user: Owner, arguments: &[String]) -> Outcome {
    let error = Command::new(OWN_PROGRAM)
        .arg0(OWN_NAME)
        .args(arguments)
        .current_dir("/")
        .env("HOME", HOME)
        .uid(user.uid)
        .gid(user.gid)
        .exec();
    Err(anyhow::Error::new(error)
        .context(format!("cannot become the user {USER}"))
        .into())
}

fn create() -> Result<Owner, Failure> {
    print::say(&format!(
        "creating the system user {USER}: databases do not run as root"
    ));
    let status = Command::new("useradd")
        .args([
            "--system",
            "--user-group",
            "--home-dir",
            HOME,
            "--shell",
            "/usr/sbin/nologin",
            USER,
        ])
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(
            Failure::environment(format!("the user {USER} could not be created")).hint(format!(
                "create it (`useradd --system --user-group {USER}`), or run as an ordinary user"
            )),
        );
    }
    find(USER)?.ok_or_else(|| Failure::environment(format!("the user {USER} does not exist")))
}

/// Looks a user up where local ones are kept. Users of a directory service are not looked for: the one
/// we want was made by `useradd`.
fn find(name: &str) -> Result<Option<Owner>, Failure> {
    let table = std::fs::read_to_string("/etc/passwd")
        .map_err(|error| anyhow::Error::new(error).context("cannot read /etc/passwd"))?;
    Ok(table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        found.then_some(Owner { uid, gid })
    }))
}
