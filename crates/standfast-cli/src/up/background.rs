//! `up --detach`: starts the other half of itself in the background, and waits until the system serves.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use standfast_clock as clock;
use standfast_local::layout::Layout;
use standfast_local::session::{OWN_NAME, OWN_PROGRAM};

use crate::deployment::Deployment;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::Format;
use crate::watch::{self, Narrator};
use crate::{outputs, system};

/// How long a new system may take until it serves: two new data folders and one copy of such, a few seconds
/// each on a slow disk.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// How often readiness is looked at.
const READY_POLL: Duration = Duration::from_millis(100);

// Readiness is looked at often enough that the wait is hardly longer than it takes.
const _: () = assert!(READY_POLL.as_millis() * 100 <= READY_WITHIN.as_millis());

/// The background half.
#[derive(Debug)]
pub(super) struct Background {
    process: Child,
    log: PathBuf,
}

/// Starts the background half.
pub(super) fn start(layout: &Layout) -> Result<Background, CommandError> {
    // Refused here, where the operator sees it; the background half takes the lock for good.
    drop(system::lock(layout)?);
    let path = layout.log("up");
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    let process = Command::new(OWN_PROGRAM)
        .arg0(OWN_NAME)
        .args(["begin-session", OWN_PROGRAM, "up"])
        .arg(layout.blueprint())
        .arg("--supervise")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start the supervisor")?;
    Ok(Background { process, log: path })
}

/// Shows how the system comes up, and once it serves, where.
pub(super) async fn follow(
    mut background: Background,
    deployment: &Deployment<'_>,
    format: Format,
) -> CommandResult {
    let layout = deployment.layout();
    ready(&mut background, layout, format).await?;
    let located = system::open(layout.clone())?;
    if let Some(running) = &located.up {
        watch::tell_ports(&deployment.moved(&running.ports));
    }
    outputs::print(&located, format)?;
    Ok(ExitStatus::Success)
}

async fn ready(
    background: &mut Background,
    layout: &Layout,
    format: Format,
) -> Result<(), CommandError> {
    let deadline = clock::now().after(READY_WITHIN);
    let mut narrator = Narrator::new(format);
    loop {
        if let Some(status) = background.process.try_wait()? {
            return Err(CommandError::environment(format!(
                "the system did not come up ({status}): {}",
                last_line(&background.log)
            ))
            .hint(format!(
                "the whole story is in {}",
                background.log.display()
            )));
        }
        // Files of an earlier life may lie there: only those of the new supervisor count.
        if let Ok(located) = system::open(layout.clone())
            && located.supervisor() == Some(background.process.id())
            && narrator.look(&located).await
        {
            return Ok(());
        }
        if clock::now() > deadline {
            return Err(CommandError::environment(format!(
                "the system did not serve within {READY_WITHIN:?}; it goes on trying"
            ))
            .hint("see how it stands: `standfast status`")
            .hint(format!(
                "logs are in {}",
                layout.state().join("logs").display()
            )));
        }
        clock::pause(READY_POLL).await;
    }
}

fn last_line(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let errors = text.lines().rev().find(|line| line.starts_with("error:"));
    errors
        .or_else(|| text.lines().next_back())
        .unwrap_or("it said nothing")
        .to_owned()
}
