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

use crate::arguments::Command;
use crate::exit::{Exit, Failure, Outcome};
use crate::runtime;

/// Runs the daemon that the command line names.
pub(crate) fn run(command: Command) -> Outcome {
    match command {
        Command::Agent { config } => agent::run(&config),
        Command::Controller { config } => controller::run(&config),
        Command::Store { path, listen } => store(path, listen),
        Command::Relay { control, routes } => relay(routes, &control),
        Command::Guard {
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
        Command::ExecDatabase { guard_pid, command } => exec_database(guard_pid, &command),
        Command::BeginSession { command } => begin_session(&command),
        _ => Err(Failure::new(
            Exit::Usage,
            anyhow::Error::msg("not a daemon"),
        )),
    }
}

/// `standfast store`.
fn store(path: PathBuf, listen: SocketAddr) -> Outcome {
    runtime::start()?.block_on(async {
        server::serve(server::Settings { path, listen }, runtime::asked_to_end()?).await?;
        Ok(Exit::Success)
    })
}

/// `standfast relay`.
fn relay(routes: Vec<Route>, control: &Path) -> Outcome {
    runtime::start()?.block_on(async {
        relay::serve(routes, control, runtime::asked_to_end()?).await?;
        Ok(Exit::Success)
    })
}

/// `standfast guard`. No runtime, no other thread: see [`standfast_guard`].
fn guard(settings: &standfast_guard::Settings) -> Outcome {
    standfast_guard::run(settings)?;
    Ok(Exit::Success)
}

/// `standfast exec-database`. Returns only when it fails.
fn exec_database(guard_pid: u32, command: &[String]) -> Outcome {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::new(
            Exit::Usage,
            anyhow::Error::msg("no program given"),
        ));
    };
    let error: TrampolineError = standfast_guard::trampoline(guard_pid, None, program, arguments);
    Err(error.into())
}

/// `standfast begin-session`: a program in a session of its own. Returns only when it fails.
fn begin_session(command: &[OsString]) -> Outcome {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::new(
            Exit::Usage,
            anyhow::Error::msg("no program given"),
        ));
    };
    Err(standfast_local::session::exec(program, arguments).into())
}
