//! Running other programs: what is run is shown, its output is streamed, its end is looked at.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, bail};

use crate::signals;
use crate::steps::say;

/// The cargo that runs us.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs to the end, with our own input and output.
pub(crate) fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    say(&format!("  $ {}", shown(command)));
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    // `wait` needs the child whole, the watcher only its number.
    let mut waited = None;
    signals::forwarding(&child_number(&child), || waited = Some(child.wait()));
    waited
        .context("the child was not waited for")?
        .with_context(|| format!("cannot wait for {}", command.get_program().display()))
}
