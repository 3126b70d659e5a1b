//! `standfast agent`: the embedded store, a database engine and the guard, joined to the agent's loop.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use standfast_agent::{GuardPlace, Settings};
use standfast_failover::Mode;
use standfast_guard::SOCKET_FILE;
use standfast_local::session::OWN_PROGRAM;
use standfast_replication::Engine;
use standfast_store::Client;

use crate::engine::{self, Companion};
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::files::{self, AgentFile, ModeFile};
use crate::runtime;

fn agent_settings(file: &AgentFile) -> anyhow::Result<Settings> {
    let own = file.own()?;
    Ok(Settings {
        system: file.system.clone(),
        database: file.database.clone(),
        node: file.node.clone(),
        region: own.region.clone(),
        zone: own.zone.clone(),
        address: own.address.ip(),
        port: own.address.port(),
        pid: std::process::id(),
        peers: file
            .nodes
            .iter()
            .map(|(node, at)| (node.clone(), at.address))
            .collect(),
        lost_folder: file.lost_folder.clone(),
        core: standfast_failover::Settings {
            node: file.node.clone(),
            nodes: file
                .nodes
                .iter()
                .map(|(node, at)| (node.clone(), at.region.clone()))
                .collect(),
            founder: file.founder.clone(),
            timings: file.timings.to_core(),
            mode: match file.mode {
                ModeFile::Automatic => Mode::Automatic,
                ModeFile::Approve => Mode::Approve,
                ModeFile::Manual => Mode::Manual,
            },
        },
    })
}

fn guard_place(file: &AgentFile) -> GuardPlace {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    GuardPlace {
        socket: file.run_folder.join(SOCKET_FILE),
        command: vec![
            OWN_PROGRAM.to_owned(),
            "guard".to_owned(),
            "--node".to_owned(),
            file.node.to_string(),
            "--data".to_owned(),
            text(&file.data_folder),
            "--run".to_owned(),
            text(&file.run_folder),
            "--log".to_owned(),
            text(&file.database_log),
        ],
    }
}

/// Runs the agent.
pub(crate) fn run(config: &Path) -> CommandResult {
    let file: AgentFile = files::read(config)?;
    for folder in [&file.run_folder, &file.config_folder, &file.lost_folder] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    // Two agents beside one node would take its guard from each other, renewal by renewal.
    let lock_path = file.run_folder.join("agent.lock");
    let lock = File::create(&lock_path)
        .with_context(|| format!("cannot create {}", lock_path.display()))?;
    if lock.try_lock().is_err() {
        return Err(CommandError::refused(format!(
            "another agent of {} runs already",
            file.node
        )));
    }
    let settings = agent_settings(&file)?;
    engine::run_beside(
        &file,
        Beside {
            file: &file,
            settings,
        },
    )
}

/// The agent, but for its engine.
struct Beside<'a> {
    file: &'a AgentFile,
    settings: Settings,
}

impl Companion for Beside<'_> {
    fn run(self, engine: impl Engine) -> CommandResult {
        runtime::start()?.block_on(async {
            let store = Client::new(self.file.store, self.file.timings.store_timeout());
            let guard = guard_place(self.file);
            let shutdown = runtime::asked_to_end()?;
            standfast_agent::run(self.settings, guard, store, engine, shutdown).await;
            Ok(ExitStatus::Success)
        })
    }
}
