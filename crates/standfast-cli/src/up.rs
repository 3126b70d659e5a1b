//! `standfast up`: starts everything one machine needs, and keeps it running.
//!
//! Four steps: the blueprint is prepared as a [`Deployment`]; what does not suit this machine is refused before
//! anything is written; the system is started, here or in the background; and followed. `up` decides
//! nothing: what it starts does. Its death interrupts nothing, and the next `up` cleans up after it.

mod background;
mod foreground;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use standfast_blueprint::{Blueprint, SecretReference};
use standfast_local::layout::{Layout, Owner};

use crate::deployment::Deployment;
use crate::engine::Adapter;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::watch::Audience;
use crate::{blueprint_file, privilege, runtime};

/// How `up` was called.
#[derive(Debug, Clone)]
pub(crate) struct Up {
    pub(crate) file: PathBuf,
    pub(crate) half: Half,
    pub(crate) dry_run: bool,
    pub(crate) format: Format,
}

/// Which half of the work is this process's: `--detach` divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// Both: it starts the system and shows how it goes, until it is told to end.
    Both,
    /// It starts the other half and waits until the system serves.
    Front,
    /// It starts the system, for an operator who has gone.
    Back,
}

/// Runs the command.
pub(crate) fn run(up: &Up) -> CommandResult {
    let (blueprint, variables) = blueprint_file::load_noting(&up.file, up.told_of_blueprint())?;
    let deployment = Deployment::prepare(&blueprint)?;
    if up.dry_run {
        return describe(&deployment, up.format);
    }
    refuse(&deployment)?;
    if privilege::is_root() {
        return start_as_user(up, &blueprint, &variables);
    }
    make_folders(up, deployment.layout())?;
    runtime::start()?.block_on(async {
        match up.half {
            Half::Front => {
                let supervisor = background::start(deployment.layout())?;
                background::follow(supervisor, &deployment, up.format).await
            }
            Half::Both => {
                let system = foreground::start(deployment).await?;
                foreground::follow(system, Audience::Operator(up.format)).await
            }
            Half::Back => {
                let system = foreground::start(deployment).await?;
                foreground::follow(system, Audience::Log).await
            }
        }
    })
}

impl Up {
    /// For whom problems of the blueprint are shown: the front half has shown them already.
    fn told_of_blueprint(&self) -> Format {
        match self.half {
            Half::Both | Half::Front => self.format,
            Half::Back => Format::Json,
        }
    }
}

/// What this machine lacks is no reason to leave folders behind.
fn refuse(deployment: &Deployment) -> Result<(), CommandError> {
    deployment.agents().iter().try_for_each(Adapter::examine)
}

fn describe(deployment: &Deployment, format: Format) -> CommandResult {
    let system = deployment.system();
    let layout = deployment.layout();
    let not_run_here = deployment.not_run_here();
    let endpoints: BTreeMap<String, String> = deployment
        .endpoints()
        .map(|(endpoint, address)| (endpoint.to_string(), address.to_string()))
        .collect();
    match format {
        Format::Json => print::json(&serde_json::json!({
            "version": 1,
            "system": system,
            "state": layout.state(),
            "run": layout.run(),
            "endpoints": endpoints,
            "not_run_here": not_run_here,
        }))?,
        Format::Human => {
            let mut text = format!("{system}\n  state in {}\n", layout.state().display());
            // Writing to a string cannot fail.
            for (endpoint, address) in endpoints {
                let _ = writeln!(text, "  {address:<22} {endpoint}");
            }
            for section in not_run_here {
                let _ = writeln!(text, "  not run here: {section}");
            }
            print::data(&text);
        }
    }
    Ok(ExitStatus::Success)
}

/// Root reads the blueprint, which may lie where others cannot look, and hands it to the user
/// `standfast` as an open file: root itself writes nothing into folders that are that user's.
fn start_as_user(up: &Up, blueprint: &Blueprint, variables: &[String]) -> CommandResult {
    let owner = privilege::ensure_user()?;
    let path = privilege::share(&std::fs::read(&up.file)?)?;
    let mut arguments = vec!["up".to_owned(), path];
    if up.half == Half::Front {
        arguments.push("--detach".to_owned());
    }
    if up.format == Format::Json {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    let mut variables = variables.to_vec();
    if let Some(SecretReference::Environment(name)) = &blueprint.notify.webhook {
        variables.push(name.clone());
    }
    privilege::become_user(owner, &arguments, &variables)
}

/// The folders of the system, with a copy of the blueprint that it runs by. The back half finds both.
fn make_folders(up: &Up, layout: &Layout) -> Result<(), CommandError> {
    layout
        .prepare(Owner::own())
        .map_err(|error| CommandError::new(ExitStatus::Environment, error))?;
    match up.half {
        Half::Both | Half::Front => keep_copy(&up.file, &layout.blueprint()),
        Half::Back => Ok(()),
    }
}

fn keep_copy(file: &Path, copy: &Path) -> Result<(), CommandError> {
    if file != copy {
        std::fs::read(file)
            .and_then(|text| std::fs::write(copy, text))
            .with_context(|| format!("cannot copy the blueprint to {}", copy.display()))?;
    }
    Ok(())
}
