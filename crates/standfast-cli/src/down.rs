//! `standfast down`: stops everything in order, and with `--purge` removes what it stored.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use standfast_local::stale::{self, Down};

use crate::exit::{Exit, Outcome};
use crate::print::{self, Format};
use crate::{daemon, files, privilege, system};

/// How long the supervisor may take: four ranks of at most ten seconds, and the rest.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, purge: bool, format: Format) -> Outcome {
    let located = system::locate(file, format)?;
    let mut arguments = vec!["down".to_owned()];
    if purge {
        arguments.push("--purge".to_owned());
    }
    if format == Format::Json {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    privilege::leave_root(&files::system_path(located.layout.state()), &arguments)?;
    let down = daemon::runtime()?.block_on(stale::down(&located.layout, PATIENCE))?;
    if purge {
        stale::purge(&located.layout)?;
    }
    let text = match &down {
        Down::WasDown => "was down".to_owned(),
        Down::Supervised => "down".to_owned(),
        Down::CleanedUp(report) => format!("down; {report}"),
    };
    match format {
        Format::Json => print::json(&json!({
            "version": 1, "system": located.file.system, "down": text, "purged": purge,
        }))?,
        Format::Human => {
            let purged = if purge { ", its data is gone" } else { "" };
            print::data(&format!("{}: {text}{purged}", located.file.system));
        }
    }
    Ok(Exit::Success)
}
