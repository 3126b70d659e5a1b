//! What `up` writes down for the daemons and for the other commands: plain JSON in the state folder,
//! so that a running system can be understood without its blueprint.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use standfast_blueprint::{Mode, RegionKind};
use standfast_units::{Database, Node, Region, System};

use crate::engine::Adapter;
use crate::exit::CommandError;

/// The spans of the protocol, in milliseconds.
#[expect(
    clippy::struct_field_names,
    reason = "numbers in files carry their unit"
)]
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct TimingsFile {
    pub(crate) lease_ms: u64,
    pub(crate) self_fence_after_ms: u64,
    pub(crate) clock_drift_max_ms: u64,
    pub(crate) renew_every_ms: u64,
    pub(crate) hold_down_ms: u64,
    pub(crate) cool_down_ms: u64,
    pub(crate) max_loss_ms: u64,
}

impl TimingsFile {
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    pub(crate) fn renew_every(&self) -> Duration {
        Duration::from_millis(self.renew_every_ms)
    }

    /// How long one call to the store may take: two fit before the deadline.
    pub(crate) fn store_timeout(&self) -> Duration {
        Duration::from_millis(self.self_fence_after_ms / 2)
    }

    pub(crate) fn to_core(self) -> standfast_failover::Timings {
        standfast_failover::Timings {
            lease: self.lease(),
            self_fence_after: Duration::from_millis(self.self_fence_after_ms),
            renew_every: self.renew_every(),
            hold_down: Duration::from_millis(self.hold_down_ms),
            cool_down: Duration::from_millis(self.cool_down_ms),
            max_loss: Duration::from_millis(self.max_loss_ms),
        }
    }
}

impl From<standfast_blueprint::Timings> for TimingsFile {
    fn from(timings: standfast_blueprint::Timings) -> Self {
        Self {
            lease_ms: millis(timings.lease),
            self_fence_after_ms: millis(timings.self_fence_after),
            clock_drift_max_ms: millis(timings.clock_drift_max),
            renew_every_ms: millis(timings.renew_every),
            hold_down_ms: millis(timings.hold_down),
            cool_down_ms: millis(timings.cool_down),
            max_loss_ms: millis(timings.max_loss),
        }
    }
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Where a node is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NodeFile {
    pub(crate) region: Region,
    pub(crate) zone: String,
    pub(crate) address: SocketAddr,
}

/// What an agent is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AgentFile {
    pub(crate) system: System,
    pub(crate) database: Database,
    /// What runs it.
    #[serde(default, skip_serializing_if = "Adapter::is_implied")]
    pub(crate) adapter: Adapter,
    pub(crate) node: Node,
    /// Every node of the database, as seen from this one.
    pub(crate) nodes: BTreeMap<Node, NodeFile>,
    pub(crate) founder: Node,
    pub(crate) store: SocketAddr,
    pub(crate) run_folder: PathBuf,
    pub(crate) data_folder: PathBuf,
    pub(crate) config_folder: PathBuf,
    pub(crate) lost_folder: PathBuf,
    pub(crate) database_log: PathBuf,
    pub(crate) secrets_folder: PathBuf,
    pub(crate) database_name: String,
    pub(crate) username: String,
    pub(crate) bin: Option<PathBuf>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) timings: TimingsFile,
    pub(crate) mode: ModeFile,
}

impl AgentFile {
    /// What its process is called.
    pub(crate) fn process(&self) -> String {
        format!("agent/{}", self.node)
    }

    /// The agent's own node.
    pub(crate) fn own(&self) -> anyhow::Result<&NodeFile> {
        self.nodes
            .get(&self.node)
            .context("the agent's node is not among its nodes")
    }
}

/// Who starts a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModeFile {
    Automatic,
    Approve,
    Manual,
}

impl From<Mode> for ModeFile {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Automatic => Self::Automatic,
            Mode::Approve => Self::Approve,
            Mode::Manual => Self::Manual,
        }
    }
}

/// What a controller is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ControllerFile {
    pub(crate) system: System,
    pub(crate) region: Region,
    pub(crate) regions: Vec<Region>,
    pub(crate) store: SocketAddr,
    pub(crate) dns: SocketAddr,
    pub(crate) databases: BTreeMap<Database, ControllerDatabaseFile>,
    pub(crate) zone: String,
    pub(crate) ttl_s: u32,
    pub(crate) name_servers: BTreeMap<Region, IpAddr>,
    pub(crate) timings: TimingsFile,
    /// Where people are told: the URL itself, taken from the reference when the system was started.
    pub(crate) webhook: Option<String>,
}

impl ControllerFile {
    /// What its process is called.
    pub(crate) fn process(&self) -> String {
        controller_process(&self.region)
    }
}

/// What the process of a region's controller is called.
pub(crate) fn controller_process(region: &Region) -> String {
    format!("controller/{region}")
}

/// One database as a controller sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ControllerDatabaseFile {
    pub(crate) proxy: SocketAddr,
    /// What runs it.
    #[serde(default, skip_serializing_if = "Adapter::is_implied")]
    pub(crate) adapter: Adapter,
    pub(crate) nodes: BTreeMap<Node, NodeFile>,
    pub(crate) database_name: String,
    pub(crate) username: String,
    pub(crate) password_file: PathBuf,
}

/// What a region is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegionKindFile {
    Home,
    Standby,
    Witness,
}

impl From<RegionKind> for RegionKindFile {
    fn from(kind: RegionKind) -> Self {
        match kind {
            RegionKind::Home => Self::Home,
            RegionKind::Standby => Self::Standby,
            RegionKind::Witness => Self::Witness,
        }
    }
}

/// What the other commands need to know of a system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SystemFile {
    pub(crate) version: u32,
    pub(crate) system: System,
    pub(crate) promise_rto_ms: u64,
    pub(crate) promise_rpo_ms: u64,
    pub(crate) timings: TimingsFile,
    pub(crate) regions: BTreeMap<Region, SystemRegion>,
    pub(crate) region_order: Vec<Region>,
    pub(crate) databases: BTreeMap<Database, SystemDatabase>,
    pub(crate) zone: String,
    pub(crate) store: SocketAddr,
    pub(crate) not_run_here: Vec<String>,
}

/// One region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SystemRegion {
    pub(crate) kind: RegionKindFile,
    pub(crate) dns: SocketAddr,
    pub(crate) proxies: BTreeMap<Database, SocketAddr>,
}

/// One database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SystemDatabase {
    pub(crate) engine: String,
    /// What runs it.
    #[serde(default, skip_serializing_if = "Adapter::is_implied")]
    pub(crate) adapter: Adapter,
    pub(crate) durability: String,
    pub(crate) database_name: String,
    pub(crate) username: String,
    pub(crate) password_file: PathBuf,
    pub(crate) nodes: BTreeMap<Node, NodeFile>,
}

impl SystemFile {
    /// The home region.
    pub(crate) fn home(&self) -> Option<&Region> {
        self.regions
            .iter()
            .find(|(_, each)| each.kind == RegionKindFile::Home)
            .map(|(name, _)| name)
    }
}

/// Where the system's own description lies.
pub(crate) fn system_path(state: &Path) -> PathBuf {
    state.join("system.json")
}

/// Where the files of the daemons lie.
pub(crate) fn daemon_path(state: &Path, process: &str) -> PathBuf {
    state
        .join("daemons")
        .join(format!("{}.json", process.replace('/', "-")))
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<(), CommandError> {
    let context = || format!("cannot write {}", path.display());
    let attempt = || -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("json.new");
        std::fs::write(&fresh, serde_json::to_vec_pretty(value)?)?;
        std::fs::rename(&fresh, path)?;
        Ok(())
    };
    attempt().map_err(|error| error.context(context()).into())
}

/// Reads a file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CommandError> {
    let attempt = || -> anyhow::Result<T> { Ok(serde_json::from_slice(&std::fs::read(path)?)?) };
    attempt().map_err(|error| {
        error
            .context(format!("cannot read {}", path.display()))
            .into()
    })
}
