//! The system of an example on this machine: up, drilled, down, and nothing left.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, ensure};

use crate::metadata::Metadata;
use crate::program::{cargo, output, run, run_aside, status};
use crate::steps::Steps;

/// How the `standfast` command is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// With debug assertions, and next to nothing to build after the tests.
    Dev,
    /// What is shipped, but for link-time optimisation.
    Release,
}

/// The `standfast` command and the blueprint it is used on.
#[derive(Debug)]
pub(crate) struct Machine {
    program: PathBuf,
    blueprint: PathBuf,
}

/// The example that everything here runs.
pub(crate) const EXAMPLE: &str = "examples/quickstart.yaml";

impl Machine {
    /// The example itself, as a person would run it.
    pub(crate) fn of_example(metadata: &Metadata) -> Self {
        Self {
            program: program_path(metadata, Profile::Release),
            blueprint: EXAMPLE.into(),
        }
    }

    /// A copy of the example under the environment `e2e`, so that a system that a person has brought up
    /// from the example itself is not ours to break or to purge.
    pub(crate) fn of_copy(metadata: &Metadata, profile: Profile) -> anyhow::Result<Self> {
        let folder = metadata.target_directory.join("xtask");
        let blueprint = folder.join("quickstart-e2e.yaml");
        let text = fs::read_to_string(EXAMPLE).with_context(|| format!("cannot read {EXAMPLE}"))?;
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&blueprint, format!("{text}\nenvironment: e2e\n")))
            .with_context(|| format!("cannot write {}", blueprint.display()))?;
        Ok(Self {
            program: program_path(metadata, profile),
            blueprint,
        })
    }

    /// Where the system keeps its state, whether it exists or not.
    pub(crate) fn state_folder(&self) -> anyhow::Result<PathBuf> {
        let text = output(
            self.command(&["up", "--dry-run", "--format", "json"])
                .arg(&self.blueprint),
        )?;
        let described: serde_json::Value =
            serde_json::from_str(&text).context("cannot read what `up --dry-run` prints")?;
        let state = described.get("state").and_then(serde_json::Value::as_str);
        Ok(state.context("`up --dry-run` names no `state`")?.into())
    }

    /// Starts it and waits until it serves.
    pub(crate) fn up(&self) -> anyhow::Result<()> {
        run_aside(self.command(&["up"]).arg(&self.blueprint).arg("--detach"))
    }

    /// Drills it; the report is printed on standard output.
    pub(crate) fn drill(&self, scenario: &str, runs: u32) -> anyhow::Result<ExitStatus> {
        let mut command = self.command(&["drill", scenario]);
        if runs > 1 {
            command.arg("--runs").arg(runs.to_string());
        }
        status(command.arg("--file").arg(&self.blueprint))
    }

    /// Stops it and removes what it stored.
    pub(crate) fn down(&self) -> anyhow::Result<()> {
        run_aside(
            self.command(&["down", "--purge", "--file"])
                .arg(&self.blueprint),
        )
    }

    /// How a person removes it.
    pub(crate) fn removal(&self) -> String {
        let (program, blueprint) = (self.program.display(), self.blueprint.display());
        format!("{program} down --purge --file {blueprint}")
    }

    /// Whether there is such a system, running or not.
    pub(crate) fn exists(&self) -> bool {
        succeeds(self.command(&["outputs", "--file"]).arg(&self.blueprint))
    }

    /// Brings it up, does the work, and in every case, after Ctrl-C too, brings it down again and looks
    /// for what is left. Whether there was a system to work on.
    pub(crate) fn session(&self, steps: &mut Steps, work: impl FnOnce(&mut Steps)) -> bool {
        let served = steps.take("bring the example up", || self.up());
        if served {
            work(steps);
        }
        steps.take_anyway("bring it down and remove its data", || {
            let state = self.state_folder()?;
            if self.exists() {
                self.down()?;
            }
            nothing_left(&state)
        });
        served
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }
}

/// Builds the `standfast` command.
pub(crate) fn build(profile: Profile) -> anyhow::Result<()> {
    let mut command = cargo(["build", "--locked"]);
    match profile {
        // All binaries, so that features are united as they were for the tests, and little is built anew.
        Profile::Dev => command.args(["--workspace", "--bins"]),
        Profile::Release => command.args(["--release", "--package", "standfast-cli"]),
    };
    run(&mut command)
}

fn program_path(metadata: &Metadata, profile: Profile) -> PathBuf {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    metadata.target_directory.join(folder).join("standfast")
}

/// Fails when a process of the system still runs: one that carries the mark of `up` in its environment, or
/// works in the system's folders. The system's own command says the same; this does not believe it.
fn nothing_left(state: &Path) -> anyhow::Result<()> {
    let left: Vec<String> = fs::read_dir("/proc")
        .context("cannot read /proc")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|process| belongs(process, state))
        .map(|process| {
            let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
            format!("{} ({})", process.display(), name.trim())
        })
        .collect();
    ensure!(
        left.is_empty(),
        "processes of the system remain: {}",
        left.join(", ")
    );
    Ok(())
}

fn belongs(process: &Path, state: &Path) -> bool {
    // Processes of others cannot be looked into, and ours vanish while we look.
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let mut mark = OsString::from("STANDFAST_STATE=");
    mark.push(state);
    let marked = environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == mark.as_bytes());
    marked || fs::read_link(process.join("cwd")).is_ok_and(|folder| folder.starts_with(state))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_in_the_systems_folders_is_found() {
        let folder = std::env::temp_dir();
        let mut child = Command::new("cat")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let found = nothing_left(&fs::canonicalize(&folder).unwrap());
        drop(child.stdin.take());
        child.wait().unwrap();
        let complaint = found.unwrap_err().to_string();
        assert!(complaint.contains("(cat)"), "{complaint}");
    }

    #[test]
    fn where_nobody_works_nothing_is_left() {
        assert!(nothing_left(Path::new("/nowhere/standfast/quickstart-dev")).is_ok());
    }
}
