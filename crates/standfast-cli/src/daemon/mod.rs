//! The daemons: each reads what it was started with, joins adapters to a runtime, and runs until told to
//! end. Nothing else in this crate runs for long.

pub(crate) mod agent;
pub(crate) mod controller;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use standfast_guard::TrampolineError;
use standfast_local::relay::{self, Route};
use standfast_local::session::OWN_PROGRAM;
use standfast_store::server;

use crate::arguments::Subcommand;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::runtime;

/// Runs the daemon that the command line names.
pub(crate) fn run(command: Subcommand) -> CommandResult {
    match command {
        Subcommand::Agent { config } => agent::run(&config),
        Subcommand::Controller { config } => controller::run(&config),
        Subcommand::Store { path, listen } => store(path, listen),
        Subcommand::Relay { control, routes } => relay(routes, &control),
        Subcommand::Guard {
            node,
            data,
            run,
            log,
        } => guard(&standfast_guard::Settings {
            node,
            data_folder: data,
            run_folder: run,
            log,
            trampoline: vec![OWN_PROGRAM.to_owned(), "exec-database".to_owned()],
            quit_to_kill: standfast_guard::QUIT_TO_KILL,
        }),
        Subcommand::ExecDatabase { guard_pid, command } => exec_database(guard_pid, &command),
        Subcommand::BeginSession { command } => begin_session(&command),
        _ => Err(CommandError::new(
            ExitStatus::Usage,
            anyhow::Error::msg("not a daemon"),
        )),
    }
}

/// `standfast store`.
fn store(path: PathBuf, listen: SocketAddr) -> CommandResult {
    runtime::start()?.block_on(async {
        server::serve(server::Settings { path, listen }, runtime::asked_to_end()?).await?;
        Ok(ExitStatus::Success)
    })
}

/// `standfast relay`.
fn relay(routes: Vec<Route>, control: &Path) -> CommandResult {
    runtime::start()?.block_on(async {
        relay::serve(routes, control, runtime::asked_to_end()?).await?;
        Ok(ExitStatus::Success)
    })
}

/// `standfast guard`. No runtime, no other thread: see [`standfast_guard`].
fn guard(settings: &standfast_guard::Settings) -> CommandResult {
    standfast_guard::run(settings)?;
    Ok(ExitStatus::Success)
}

/// `standfast exec-database`. Returns only when it fails.
fn exec_database(guard_pid: u32, command: &[String]) -> CommandResult {
    let Some((program, arguments)) = command.split_first() else {
        return Err(CommandError::new(
            ExitStatus::Usage,
            anyhow::Error::msg("no program given"),
        ));
    };
    let error: TrampolineError = standfast_guard::trampoline(guard_pid, None, program, arguments);
    Err(error.into())
}

/// `standfast begin-session`: a program in a session of its own. Returns only when it fails.
fn begin_session(command: &[OsString]) -> CommandResult {
    let Some((program, arguments)) = command.split_first() else {
        return Err(CommandError::new(
            ExitStatus::Usage,
            anyhow::Error::msg("no program given"),
        ));
    };
    Err(standfast_local::session::exec(program, arguments).into())
}
