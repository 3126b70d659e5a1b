//! Running other programs: what is run is shown, its output is streamed, its end is looked at.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, bail, ensure};

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
    let name = command.get_program().to_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", name.display()))?;
    signals::wait(&mut child).with_context(|| format!("cannot wait for {}", name.display()))
}

/// Runs to the end; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = status(command)?;
    ensure!(
        status.success(),
        "{} ended with {status}",
        command.get_program().display()
    );
    Ok(())
}

/// Like [`run`], with what it prints kept off our standard output, which is for data.
pub(crate) fn run_aside(command: &mut Command) -> anyhow::Result<()> {
    run(command.stdout(Stdio::from(io::stderr())))
}

/// What it prints. Not streamed, and not shown unless it fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed: {}", shown(command), complaint.trim());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` did not print UTF-8", shown(command)))
}

/// Whether a program can be run with these arguments, usually `--version`.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// As a person would type it, with what is added to the environment.
fn shown(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.display(), value?.display())))
        .collect();
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    words.push(name.to_string_lossy().into_owned());
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    let plain = !text.is_empty() && !text.contains([' ', '(', ')', '\'', '"', '*', '$', '|', '&']);
    if plain {
        text.into_owned()
    } else {
        format!("'{text}'")
    }
}
