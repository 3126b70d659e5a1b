//! `standfast down`: stops everything in order, and with `--purge` removes what it stored.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use standfast_local::stale::{self, Down};
use standfast_local::supervisor::STOP_WAIT;

use crate::deployment::processes::STOP_RANKS;
use crate::exit::{CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::{files, privilege, runtime, system};

/// How long the supervisor may take: its four ranks of at most ten seconds each, and the rest.
const PATIENCE: Duration = Duration::from_mins(1);

// `down` must not give up on a supervisor that stops everything in order.
const _: () = assert!(STOP_WAIT.as_millis() * STOP_RANKS < PATIENCE.as_millis());

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, purge: bool, format: Format) -> CommandResult {
    let layout = system::folders(file, format)?;
    let mut arguments = vec!["down".to_owned()];
    if purge {
        arguments.push("--purge".to_owned());
    }
    if format == Format::Json {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    privilege::leave_root(&files::system_path(layout.state()), &arguments)?;
    let down = runtime::start()?.block_on(stale::down(&layout, PATIENCE))?;
    if purge {
        stale::purge(&layout)?;
    }
    let system = layout
        .state()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let text = match &down {
        Down::WasDown => "was down".to_owned(),
        Down::Supervised => "down".to_owned(),
        Down::CleanedUp(report) => format!("down; {report}"),
    };
    match format {
        Format::Json => print::json(&json!({
            "version": 1, "system": system, "down": text, "purged": purge,
        }))?,
        Format::Human => {
            let purged = if purge { ", its data is gone" } else { "" };
            print::data(&format!("{system}: {text}{purged}"));
        }
    }
    Ok(ExitStatus::Success)
}
