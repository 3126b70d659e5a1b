//! The `standfast` command: arguments in, exit status out. The only crate that picks adapters and joins
//! them to runtimes.

mod arguments;
mod blueprint_file;
mod daemon;
mod deployment;
mod down;
mod drill;
mod engine;
mod events;
mod exit;
mod files;
mod outputs;
mod print;
mod privilege;
mod request;
mod runtime;
mod status;
mod synth;
mod system;
mod up;
mod watch;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Subcommand};
use crate::exit::{CommandResult, ExitStatus};
use crate::request::PrimaryChange;
use crate::up::{Half, Up};

fn main() -> ExitCode {
    // Started by way of `/proc/self/exe`, which would show as `exe` in process lists. Cosmetic.
    let _ = rustix::thread::set_name(c"standfast");
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, everything else is a mistake; clap says which.
            let exit = if error.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Success
            };
            // When this cannot be printed, there is no other way to tell.
            let _ = error.print();
            return exit.into();
        }
    };
    let format = arguments.format;
    log(&arguments.command);
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            print::failure(&failure, format);
            failure.exit.into()
        }
    }
}

/// Daemons log what they do; commands only what is unexpected.
fn log(command: &Subcommand) {
    let usual = if command.is_daemon() {
        "info,hickory_server=warn"
    } else {
        "error"
    };
    let filter = EnvFilter::try_from_env("STANDFAST_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
}

fn run(arguments: Arguments) -> CommandResult {
    let Arguments {
        command,
        file,
        system_file,
        format,
    } = arguments;
    let about = system_file.as_deref().or(file.as_deref());
    match command {
        Subcommand::Up {
            blueprint: named,
            detach,
            supervise,
            dry_run,
        } => {
            let file = named
                .or(file)
                .unwrap_or_else(|| system::DEFAULT_FILE.into());
            let half = match (detach, supervise) {
                (_, true) => Half::Back,
                (true, false) => Half::Front,
                (false, false) => Half::Both,
            };
            up::run(&Up {
                file,
                half,
                dry_run,
                format,
            })
        }
        Subcommand::Down { purge } => down::run(about, purge, format),
        Subcommand::Status { watch } => status::run(about, watch, format),
        Subcommand::Outputs => outputs::run(about, format),
        Subcommand::Events { last, losses } => events::run(about, last, losses, format),
        Subcommand::Switchover { to, database } => {
            let change = PrimaryChange {
                to,
                database,
                failover: false,
                accept_loss: None,
            };
            request::change(about, &change, format)
        }
        Subcommand::Failover {
            to,
            database,
            accept_loss,
        } => {
            let change = PrimaryChange {
                to,
                database,
                failover: true,
                accept_loss,
            };
            request::change(about, &change, format)
        }
        Subcommand::Pause { reason } => request::pause(about, reason, format),
        Subcommand::Resume => request::resume(about, format),
        Subcommand::Drill(drill) => drill::run(about, &drill, format),
        Subcommand::Synth(synth) => synth::run(file, &synth, format),
        printed @ (Subcommand::Schema | Subcommand::Completions { .. } | Subcommand::Manpage) => {
            describe(&printed)
        }
        daemon @ (Subcommand::Agent { .. }
        | Subcommand::Controller { .. }
        | Subcommand::Store { .. }
        | Subcommand::Relay { .. }
        | Subcommand::Guard { .. }
        | Subcommand::ExecDatabase { .. }
        | Subcommand::BeginSession { .. }) => daemon::run(daemon),
    }
}

/// Prints what the command knows of itself.
fn describe(command: &Subcommand) -> CommandResult {
    let mut text = Vec::new();
    match command {
        Subcommand::Completions { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "standfast", &mut text);
        }
        Subcommand::Manpage => clap_mangen::Man::new(Arguments::command()).render(&mut text)?,
        _ => text = serde_json::to_vec_pretty(&standfast_blueprint::schema())?,
    }
    print::data(&String::from_utf8_lossy(&text));
    Ok(ExitStatus::Success)
}
