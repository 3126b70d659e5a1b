//! Making data folders: by `initdb`, by `pg_basebackup`, by `pg_rewind`.
//!
//! New folders grow beside the data folder under a name of their own and are renamed once they are
//! whole, so that a failed copy leaves the old folder as it was. The old folder is removed after that;
//! what it had and the source had not must have been recorded before (P14).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use standfast_replication::{Error, Shutdown, Upstream};

use crate::configuration;
use crate::control::Control;
use crate::defaults::{
    CHECKPOINT_WITHIN, COPY_NAME, COPY_WITHIN, INITIALISE_WITHIN, REPLICATION_ROLE, REWIND_WITHIN,
    STATEMENT_WITHIN, SUPERUSER,
};
use crate::files::{self, IncompleteMark, PRIVATE};
use crate::program::{self, Programs};
use crate::session::Login;
use crate::settings::Settings;

/// What tells a server that its folder follows.
pub(crate) fn standby_signal(data: &Path) -> PathBuf {
    data.join("standby.signal")
}

/// What a base backup leaves to be recovered from.
pub(crate) fn backup_label(data: &Path) -> PathBuf {
    data.join("backup_label")
}

/// Whether there is nothing in a folder.
pub(crate) fn is_absent(data: &Path) -> Result<bool, Error> {
    match fs::read_dir(data) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(files::failed("read", data)(error)),
    }
}

/// Makes an empty cluster where nothing or nothing whole is.
pub(crate) async fn initialise(settings: &Settings, programs: &Programs) -> Result<(), Error> {
    let data = settings.data.clone();
    let fresh = files::blocking(move || {
        if !is_absent(&data)? && !IncompleteMark::of(&data).is_set()? {
            return Err(Error::Contradiction {
                what: format!(
                    "{} is not empty; it is not initialised over",
                    data.display()
                ),
            });
        }
        prepare_sibling(&data)
    })
    .await?;
    let mut command = programs.command("initdb");
    command
        .arg("--pgdata")
        .arg(&fresh)
        .args(["--username", SUPERUSER])
        .arg("--pwfile")
        .arg(settings.secrets.standfast_file())
        .args(["--auth", "scram-sha-256", "--data-checksums"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8"]);
    program::run("initdb", command, INITIALISE_WITHIN).await?;
    let data = settings.data.clone();
    files::blocking(move || {
        remove_config_files(&fresh)?;
        put_in_place(&fresh, &data, "the initialisation")
    })
    .await
}

/// Replaces the folder by a copy of `source`, set up as a standby.
pub(crate) async fn clone_from(
    settings: &Settings,
    programs: &Programs,
    source: &Upstream,
) -> Result<(), Error> {
    refuse_tablespaces(settings, source).await?;
    let at = settings.clone();
    let fresh = files::blocking(move || {
        configuration::write_password_file(&at)?;
        refuse_if_running(&at.data)?;
        prepare_sibling(&at.data)
    })
    .await?;
    // A copy that syncs a segment to a slow disk is silent for longer than a standby may be.
    let conninfo = conninfo(
        settings,
        source,
        REPLICATION_ROLE,
        "options='-c wal_sender_timeout=60s'",
    );
    let mut command = programs.command("pg_basebackup");
    command
        .arg("--pgdata")
        .arg(&fresh)
        .args(["--dbname", &conninfo])
        .args(["--wal-method", "stream", "--checkpoint", "fast"])
        .args(["--status-interval", "1", "--no-password"]);
    program::run("pg_basebackup", command, COPY_WITHIN).await?;
    let data = settings.data.clone();
    files::blocking(move || {
        remove_config_files(&fresh)?;
        // Without it the copy would open for writes on its source's own timeline (P6).
        files::write_durably(&standby_signal(&fresh), b"", PRIVATE)?;
        put_in_place(&fresh, &data, "the copy")
    })
    .await
}

/// Takes back what the stopped server has past the fork and sets it up as a standby.
pub(crate) async fn rewind(
    settings: &Settings,
    programs: &Programs,
    source: &Upstream,
) -> Result<(), Error> {
    refuse_tablespaces(settings, source).await?;
    // Until the first checkpoint on its new timeline is complete, the source's control file still names
    // the old one, and pg_rewind would find nothing to do (P14).
    Login::remote(settings, source)
        .connect()
        .await?
        .run("write a checkpoint", "CHECKPOINT", CHECKPOINT_WITHIN)
        .await?;
    let control = Control::read(programs, &settings.data).await?;
    let at = settings.clone();
    let aside = files::blocking(move || {
        configuration::write_password_file(&at)?;
        refuse_if_running(&at.data)?;
        if files::exists(&backup_label(&at.data))? {
            return Err(Error::Contradiction {
                what: format!("{} is a copy that never started", at.data.display()),
            });
        }
        move_aside(&at.data)
    })
    .await?;
    if control.shutdown() != Shutdown::Clean {
        recover(settings, &aside, programs).await?;
    }
    let mut command = programs.command("pg_rewind");
    command
        .arg("--target-pgdata")
        .arg(&aside)
        .args([
            "--source-server",
            &conninfo(settings, source, SUPERUSER, "dbname=postgres"),
        ])
        .arg("--no-ensure-shutdown");
    let finished = program::run_for_status("pg_rewind", command, REWIND_WITHIN).await?;
    if !finished.status.success() {
        return Err(finished.into_error("pg_rewind"));
    }
    if finished.output.contains("no rewind required")
        || finished.talk.contains("no rewind required")
    {
        // Two servers promoted from one position look like one history (P11, P14).
        return Err(Error::Contradiction {
            what: "pg_rewind found nothing to rewind, which is not believed".to_owned(),
        });
    }
    let data = settings.data.clone();
    files::blocking(move || {
        remove_config_files(&aside)?;
        // First the signal, then the place: a rewound folder without the signal opens for writes (P6).
        files::write_durably(&standby_signal(&aside), b"", PRIVATE)?;
        put_in_place(&aside, &data, "the rewind")
    })
    .await
}

/// Gives a folder that is to be rewritten another name. A program that outlives us (its agent was killed)
/// goes on under that name; under the folder's own it would write into whatever takes its place.
fn move_aside(data: &Path) -> Result<PathBuf, Error> {
    let aside = prepare_sibling(data)?;
    IncompleteMark::of(data).set("the rewind")?;
    fs::rename(data, &aside).map_err(files::failed("move away", data))?;
    files::sync_parent(data)?;
    Ok(aside)
}

/// Recovers a crashed folder in single-user mode, because `pg_rewind` wants a clean end. It would do so
/// itself, but with the server's configuration, which needs the guard's permit, and before version 15
/// only with one that lies in the data folder.
async fn recover(settings: &Settings, folder: &Path, programs: &Programs) -> Result<(), Error> {
    let at = settings.clone();
    let signal = standby_signal(folder);
    let config = files::blocking(move || {
        // Single-user mode refuses to follow.
        files::remove_durably(&signal)?;
        configuration::write_recovery_config(&at)
    })
    .await?;
    let mut command = programs.command("postgres");
    command
        // -F: pg_rewind syncs the whole folder at its end.
        .args(["--single", "-F", "-D"])
        .arg(folder)
        .arg("-c")
        .arg(format!("config_file={}", config.display()))
        .arg("template1");
    program::run("postgres", command, REWIND_WITHIN).await?;
    files::blocking(move || files::remove_durably(&config)).await
}

/// `pg_basebackup` and `pg_rewind` would write a tablespace to the very path it has on the source.
async fn refuse_tablespaces(settings: &Settings, source: &Upstream) -> Result<(), Error> {
    let session = Login::remote(settings, source).connect().await?;
    let rows = session
        .query(
            "list its tablespaces",
            "SELECT spcname::text FROM pg_tablespace
              WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1 LIMIT 1",
            &[],
            STATEMENT_WITHIN,
        )
        .await?;
    match rows.first() {
        None => Ok(()),
        Some(row) => Err(Error::Unsuitable {
            what: format!(
                "the source has the tablespace `{}`",
                row.try_get::<_, String>(0).unwrap_or_default()
            ),
            hint: "move its tables to pg_default and drop it; Standfast copies data folders only"
                .to_owned(),
        }),
    }
}

fn conninfo(settings: &Settings, source: &Upstream, role: &str, more: &str) -> String {
    configuration::connection(settings, source, role, COPY_NAME) + " " + more
}

/// A server that runs on the folder, however it was started, keeps its process there.
fn refuse_if_running(data: &Path) -> Result<(), Error> {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
        return Ok(());
    };
    let Some(pid) = text
        .lines()
        .next()
        // A server in single-user mode writes its number with a minus sign.
        .and_then(|pid| pid.trim().trim_start_matches('-').parse::<u32>().ok())
    else {
        return Ok(());
    };
    let folder = fs::canonicalize(data).map_err(files::failed("read", data))?;
    if fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder) {
        return Err(Error::Contradiction {
            what: format!("process {pid} runs on {}", data.display()),
        });
    }
    Ok(())
}

/// Removes the lock files of a server that is gone, in its data folder and beside its socket. The server
/// would do so itself, but only when no process bears the number in them: after a kill that may be the dead
/// server until its parent collects it, after a reboot any process. The guard starts nothing while a process of
/// the folder remains (P5).
pub(crate) fn remove_stale_locks(settings: &Settings) -> Result<(), Error> {
    refuse_if_running(&settings.data)?;
    let socket = format!(".s.PGSQL.{}.lock", settings.port);
    files::remove_durably(&settings.data.join("postmaster.pid"))?;
    files::remove_durably(&settings.socket_folder.join(socket))
}

/// The name of a new folder beside the data folder. What earlier attempts left there is removed.
fn prepare_sibling(data: &Path) -> Result<PathBuf, Error> {
    let parent = data.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(files::failed("create", parent))?;
    let name = data.file_name().unwrap_or_default().to_string_lossy();
    let prefixes = [format!("{name}.new-"), format!("{name}.old-")];
    for entry in fs::read_dir(parent).map_err(files::failed("read", parent))? {
        let entry = entry.map_err(files::failed("read", parent))?;
        let found = entry.file_name();
        if prefixes
            .iter()
            .any(|prefix| found.to_string_lossy().starts_with(prefix.as_str()))
        {
            files::remove_tree(&entry.path())?;
        }
    }
    // Random, because a program that an earlier attempt started may still write to its own.
    Ok(files::beside(
        data,
        &format!(".new-{:08x}", rand::random::<u32>()),
    ))
}

/// Puts a whole new folder where the data folder is. A cut on the way leaves the data folder marked or
/// absent, never half of each.
fn put_in_place(fresh: &Path, data: &Path, what: &str) -> Result<(), Error> {
    let mark = IncompleteMark::of(data);
    mark.set(what)?;
    let old = files::beside(data, &format!(".old-{:08x}", rand::random::<u32>()));
    let replaced = files::exists(data)?;
    if replaced {
        fs::rename(data, &old).map_err(files::failed("move away", data))?;
    }
    fs::rename(fresh, data).map_err(files::failed("move into place", fresh))?;
    files::sync_parent(data)?;
    mark.remove()?;
    if replaced {
        files::remove_tree(&old)?;
    }
    Ok(())
}

/// Removes the configuration that programs put into a data folder: ours lies outside (P6).
fn remove_config_files(data: &Path) -> Result<(), Error> {
    for name in ["postgresql.conf", "pg_hba.conf", "pg_ident.conf"] {
        files::remove_durably(&data.join(name))?;
    }
    Ok(())
}
