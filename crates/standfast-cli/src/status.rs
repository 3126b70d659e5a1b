//! `standfast status`: what every node, controller and process does now.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use standfast_clock as clock;
use standfast_coordination::Store;
use standfast_record::{
    Controller, Lease, LeaseState, Member, Role, Snapshot, Succession, Writer, key,
};
use standfast_units::{Database, Epoch, Node, Region, Timeline, WallTime, format_duration};

use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::files::{RegionKindFile, SystemDatabase};
use crate::print::{self, Format};
use crate::system::Located;
use crate::{runtime, system};

/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// The whole system at one instant. Version 1 of the format; documented in `docs/manual.md`.
#[derive(Debug, Serialize)]
pub(crate) struct SystemStatus {
    version: u32,
    pub(crate) system: String,
    at_ms: u64,
    home: Option<Region>,
    promise: Promise,
    lease_ms: u64,
    hold_down_ms: u64,
    folder: String,
    paused: bool,
    processes: Processes,
    regions: Vec<RegionStatus>,
    pub(crate) databases: Vec<DatabaseStatus>,
    not_run_here: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Promise {
    rto_ms: u64,
    rpo_ms: u64,
}

#[derive(Debug, Serialize)]
struct Processes {
    up: Option<u32>,
    store: StoreStatus,
}

#[derive(Debug, Serialize)]
struct StoreStatus {
    pid: Option<u32>,
    address: IpAddr,
    port: u16,
    answers: bool,
}

#[derive(Debug, Serialize)]
struct RegionStatus {
    region: Region,
    kind: RegionKindFile,
    controller: Option<ControllerStatus>,
    relay: Option<Pid>,
}

#[derive(Debug, Serialize)]
struct Pid {
    pid: u32,
}

#[derive(Debug, Serialize)]
struct ControllerStatus {
    pid: u32,
    address: IpAddr,
    port_dns: u16,
    ports_proxy: BTreeMap<Database, u16>,
    age_ms: u64,
    diagnosis: BTreeMap<Database, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct DatabaseStatus {
    pub(crate) name: Database,
    engine: String,
    durability: String,
    pub(crate) epoch: Option<Epoch>,
    timeline: Option<Timeline>,
    holder: Option<Node>,
    lease: &'static str,
    pub(crate) writer: Option<Writer>,
    pub(crate) nodes: Vec<NodeStatus>,
    transition: Option<TransitionStatus>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NodeStatus {
    pub(crate) node: Node,
    region: Region,
    zone: String,
    pub(crate) role: &'static str,
    pub(crate) state: String,
    epoch: Option<Epoch>,
    timeline: Option<Timeline>,
    address: IpAddr,
    port: u16,
    position: Option<String>,
    replayed: Option<String>,
    lag_bytes: Option<String>,
    lag_time_ms: Option<u64>,
    pub(crate) streaming: bool,
    pids: Pids,
    pub(crate) holds: Vec<String>,
    age_ms: Option<u64>,
}

#[derive(Debug, Default, Serialize)]
struct Pids {
    agent: Option<u32>,
    guard: Option<u32>,
    database: Option<u32>,
}

#[derive(Debug, Serialize)]
struct TransitionStatus {
    epoch: Epoch,
    kind: String,
    cause: String,
    evidence: Vec<String>,
    loss_max_ms: Option<u64>,
    steps: BTreeMap<String, WallTime>,
}

impl DatabaseStatus {
    /// The writer name means the holder of the present epoch.
    pub(crate) fn serves(&self) -> bool {
        self.lease == "held"
            && self
                .writer
                .as_ref()
                .is_some_and(|writer| Some(writer.epoch) == self.epoch)
    }

    /// It serves, and every other node follows.
    pub(crate) fn is_complete(&self) -> bool {
        self.serves()
            && self.nodes.iter().all(|node| match node.role {
                "primary" => true,
                "standby" => node.streaming,
                _ => false,
            })
    }
}

/// Reads everything at one revision of the store.
pub(crate) async fn read(located: &Located) -> Result<SystemStatus, CommandError> {
    let file = &located.file;
    let prefix = key::system(&file.system);
    let snapshot = if located
        .up
        .as_ref()
        .is_some_and(|up| !up.running_processes().is_empty())
    {
        located.store().range(&prefix).await.ok()
    } else {
        None
    };
    let answers = snapshot.is_some();
    let snapshot = snapshot.unwrap_or_default();
    let running = located
        .up
        .as_ref()
        .map(|up| up.running_processes())
        .unwrap_or_default();
    let pid = |name: &str| running.get(name).map(|process| process.pid);
    let regions = file
        .region_order
        .iter()
        .filter_map(|region| {
            let controller =
                record::<Controller>(&snapshot, &key::controller(&file.system, region));
            Some(RegionStatus {
                region: region.clone(),
                kind: file.regions.get(region)?.kind,
                controller: controller.map(controller_status),
                relay: pid(&format!("relay/{region}")).map(|pid| Pid { pid }),
            })
        })
        .collect();
    let databases = file
        .databases
        .iter()
        .map(|(name, database)| database_status(located, &snapshot, name, database))
        .collect();
    Ok(SystemStatus {
        version: 1,
        system: file.system.to_string(),
        at_ms: clock::wall().as_unix_ms(),
        home: file.home().cloned(),
        promise: Promise {
            rto_ms: file.promise_rto_ms,
            rpo_ms: file.promise_rpo_ms,
        },
        lease_ms: file.timings.lease_ms,
        hold_down_ms: file.timings.hold_down_ms,
        folder: located.layout.state().to_string_lossy().into_owned(),
        paused: snapshot.entries.contains_key(&key::pause(&file.system)),
        processes: Processes {
            up: located.supervisor(),
            store: StoreStatus {
                pid: pid("store"),
                address: file.store.ip(),
                port: file.store.port(),
                answers,
            },
        },
        regions,
        databases,
        not_run_here: file.not_run_here.clone(),
    })
}

fn record<T: serde::de::DeserializeOwned>(snapshot: &Snapshot, key: &str) -> Option<T> {
    snapshot
        .entries
        .get(key)
        .and_then(|entry| entry.record().ok())
}

/// Wall clocks of one machine: an age below zero is a clock that was set.
fn age_ms(at: WallTime) -> u64 {
    clock::wall().as_unix_ms().saturating_sub(at.as_unix_ms())
}

fn controller_status(controller: Controller) -> ControllerStatus {
    ControllerStatus {
        pid: controller.pid,
        address: controller.address,
        port_dns: controller.port_dns,
        ports_proxy: controller.port_proxy,
        age_ms: age_ms(controller.published_at),
        diagnosis: controller.diagnosis,
    }
}

fn database_status(
    located: &Located,
    snapshot: &Snapshot,
    name: &Database,
    file: &SystemDatabase,
) -> DatabaseStatus {
    let system = &located.file.system;
    let lease: Option<Lease> = record(snapshot, &key::lease(system, name));
    let succession = lease.as_ref().and_then(|lease| {
        record::<Succession>(snapshot, &key::succession(system, name, lease.epoch))
    });
    let nodes = file.nodes.iter().map(|(node, place)| {
        let member: Option<Member> = record(snapshot, &key::member(system, name, node));
        match member {
            Some(member) => node_status(member),
            None => NodeStatus {
                node: node.clone(),
                region: place.region.clone(),
                zone: place.zone.clone(),
                role: "none",
                state: "unseen".to_owned(),
                epoch: None,
                timeline: None,
                address: place.address.ip(),
                port: place.address.port(),
                position: None,
                replayed: None,
                lag_bytes: None,
                lag_time_ms: None,
                streaming: false,
                pids: Pids::default(),
                holds: Vec::new(),
                age_ms: None,
            },
        }
    });
    DatabaseStatus {
        name: name.clone(),
        engine: file.engine.clone(),
        durability: file.durability.clone(),
        epoch: lease.as_ref().map(|lease| lease.epoch),
        timeline: lease.as_ref().map(|lease| lease.timeline),
        lease: match lease.as_ref().map(|lease| &lease.state) {
            Some(LeaseState::Held) => "held",
            Some(LeaseState::Released { .. }) => "released",
            None => "absent",
        },
        holder: lease.map(|lease| lease.holder),
        writer: record(snapshot, &key::writer(system, name)),
        nodes: nodes.collect(),
        transition: succession.map(transition_status),
    }
}

fn node_status(member: Member) -> NodeStatus {
    NodeStatus {
        node: member.node,
        region: member.region,
        zone: member.zone,
        role: match member.role {
            Role::Primary => "primary",
            Role::Standby => "standby",
            Role::None => "none",
        },
        state: member.state,
        epoch: member.epoch,
        timeline: member.timeline,
        address: member.address,
        port: member.port,
        position: member.position.map(|lsn| lsn.to_string()),
        replayed: member.replayed.map(|lsn| lsn.to_string()),
        lag_bytes: member.lag_bytes.map(|lag| lag.to_string()),
        lag_time_ms: member.lag_time.map(crate::files::millis),
        streaming: member.streaming,
        pids: Pids {
            agent: Some(member.pid_agent),
            guard: member.pid_guard,
            database: member.pid_database,
        },
        holds: member.holds,
        age_ms: Some(age_ms(member.published_at)),
    }
}

fn transition_status(succession: Succession) -> TransitionStatus {
    let steps = succession.steps.iter().filter_map(|(step, at)| {
        let name = serde_json::to_value(step).ok()?.as_str()?.to_owned();
        Some((name, *at))
    });
    TransitionStatus {
        epoch: succession.epoch,
        kind: format!("{:?}", succession.kind).to_lowercase(),
        cause: succession.cause,
        evidence: succession.evidence,
        loss_max_ms: succession.loss_max.map(crate::files::millis),
        steps: steps.collect(),
    }
}

/// For people: one block, the same words as in JSON.
pub(crate) fn render(status: &SystemStatus) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let up = match (status.processes.up, status.processes.store.answers) {
        (Some(pid), true) => format!("up (process {pid})"),
        (Some(pid), false) => format!("up (process {pid}), but the store does not answer"),
        (None, true) => "running, but its `up` is gone; start it again: `standfast up`".to_owned(),
        (None, false) => "down".to_owned(),
    };
    let paused = if status.paused { ", paused" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}  {up}{paused}", status.system);
    for region in &status.regions {
        let controller =
            region
                .controller
                .as_ref()
                .map_or("controller unseen".to_owned(), |each| {
                    format!(
                        "controller {} at {}, names on {}, last seen {} ago",
                        each.pid,
                        each.address,
                        each.port_dns,
                        age(each.age_ms)
                    )
                });
        let kind = format!("{:?}", region.kind).to_lowercase();
        let _ = writeln!(text, "  {:<14} {kind:<8} {controller}", region.region);
    }
    for database in &status.databases {
        let holder = database.holder.as_ref().map_or("nobody", Node::as_str);
        let epoch = database
            .epoch
            .map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
        let _ = writeln!(
            text,
            "  database {}: epoch {epoch}, lease {} ({holder}), {}",
            database.name,
            database.lease,
            if database.serves() {
                "serving"
            } else {
                "NOT SERVING"
            },
        );
        for node in &database.nodes {
            let lag = match (&node.lag_bytes, node.lag_time_ms) {
                (Some(bytes), Some(ms)) => format!("lag {bytes}, {}", age(ms)),
                (Some(bytes), None) => format!("lag {bytes}"),
                _ => String::new(),
            };
            let seen = node.age_ms.map_or("never seen".to_owned(), |ms| {
                format!("seen {} ago", age(ms))
            });
            let _ = writeln!(
                text,
                "    {:<22} {:<8} {:<13} {}:{}  {lag}  {seen}",
                node.node.as_str(),
                node.role,
                node.state,
                node.address,
                node.port,
            );
            for hold in &node.holds {
                let _ = writeln!(text, "      holds: {hold}");
            }
        }
    }
    for section in &status.not_run_here {
        let _ = writeln!(text, "  not run here: {section}");
    }
    text
}

fn age(ms: u64) -> String {
    format_duration(Duration::from_millis(ms))
}

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, watch: bool, format: Format) -> CommandResult {
    runtime::start()?.block_on(async {
        loop {
            let located = system::locate(file, format)?;
            let status = read(&located).await?;
            match format {
                Format::Json => print::json(&status)?,
                Format::Human if watch && print::watched() => {
                    // Clears the screen and goes to its top (ECMA-48).
                    print::data(&format!("\x1b[2J\x1b[H{}", render(&status)));
                }
                Format::Human => print::data(&render(&status)),
            }
            if !watch {
                let running = status.processes.store.answers;
                return Ok(if running {
                    ExitStatus::Success
                } else {
                    ExitStatus::NotRunning
                });
            }
            clock::pause(WATCH_EVERY).await;
        }
    })
}
