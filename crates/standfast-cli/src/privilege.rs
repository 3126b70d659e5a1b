//! Who runs what. Started as root, everything runs as the user `standfast`: a database refuses to run as
//! root, and nothing here needs it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::IntoRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::{MemfdFlags, memfd_create};
use standfast_local::layout::{Environment, Owner, Privilege};
use standfast_local::session::{OWN_NAME, OWN_PROGRAM};

use crate::exit::{CommandError, CommandResult};
use crate::print;

/// The user of a system that root started.
const USER: &str = "standfast";

/// Its home, and where the state of systems lies.
const HOME: &str = "/var/lib/standfast";

/// The user everything runs as: ourselves, or `standfast` when we are root.
pub(crate) fn owner() -> Result<Option<Owner>, CommandError> {
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
pub(crate) fn environment() -> Result<Environment, CommandError> {
    let mut environment = Environment::read();
    let own = Owner::own();
    if is_root() || find(USER)?.is_some_and(|user| user.uid == own.uid) {
        environment.privilege = Privilege::Root;
    }
    Ok(environment)
}

/// As root: makes sure that the user exists and that the roots of its folders do.
pub(crate) fn ensure_user() -> Result<Owner, CommandError> {
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

/// What the user `standfast` keeps of root's environment: databases run in it, and what root had set for
/// itself is not theirs to see.
const KEPT: [&str; 5] = ["PATH", "LANG", "LC_ALL", "TERM", "STANDFAST_LOG"];

/// Starts this program anew as that user, with the environment variables named; returns only when it
/// cannot.
pub(crate) fn become_user(
    user: Owner,
    arguments: &[String],
    variables: &[String],
) -> CommandResult {
    let kept = KEPT
        .iter()
        .copied()
        .chain(variables.iter().map(String::as_str));
    let environment: Vec<(&str, OsString)> = kept
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
        .collect();
    let error = Command::new(OWN_PROGRAM)
        .arg0(OWN_NAME)
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .envs(environment)
        .env("HOME", HOME)
        .uid(user.uid)
        .gid(user.gid)
        .exec();
    Err(anyhow::Error::new(error)
        .context(format!("cannot become the user {USER}"))
        .into())
}

/// As root: does the rest of a command about a running system as the user `standfast`, to whom its
/// folders belong. Returns when we are not root.
pub(crate) fn leave_root(system_file: &Path, arguments: &[String]) -> Result<(), CommandError> {
    if !is_root() {
        return Ok(());
    }
    let Some(user) = find(USER)? else {
        return Ok(());
    };
    let mut all = vec![
        "--system-file".to_owned(),
        system_file.to_string_lossy().into_owned(),
    ];
    all.extend_from_slice(arguments);
    become_user(user, &all, &[]).map(|_| ())
}

/// A file in memory that the program we become can open by the path returned.
pub(crate) fn share(text: &[u8]) -> Result<String, CommandError> {
    let file = memfd_create(c"blueprint", MemfdFlags::empty())
        .map_err(|error| anyhow::Error::new(error).context("cannot make a file in memory"))?;
    let mut file = File::from(file);
    file.write_all(text)?;
    // Kept open for the program that takes our place.
    Ok(format!("/proc/self/fd/{}", file.into_raw_fd()))
}

fn create() -> Result<Owner, CommandError> {
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
            CommandError::environment(format!("the user {USER} could not be created")).hint(
                format!(
                    "create it (`useradd --system --user-group {USER}`), or run as an ordinary user"
                ),
            ),
        );
    }
    find(USER)?.ok_or_else(|| CommandError::environment(format!("the user {USER} does not exist")))
}

/// Looks a user up where local ones are kept. Users of a directory service are not looked for: the one
/// we want was made by `useradd`.
fn find(name: &str) -> Result<Option<Owner>, CommandError> {
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
