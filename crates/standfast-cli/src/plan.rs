//! From a blueprint and addresses to what each daemon is started with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use standfast_blueprint::{Blueprint, DatabaseSpec, Mode, RegionKind, SecretReference};
use standfast_local::addresses::Addresses;
use standfast_local::layout::Layout;
use standfast_local::session::OWN_PROGRAM;
use standfast_local::supervisor::ProcessSpec;
use standfast_units::{Node, Region};

use crate::engine::Adapter;
use crate::exit::Failure;
use crate::files::{
    self, AgentFile, ControllerDatabaseFile, ControllerFile, DatabaseFile, ModeFile, NodeFile,
    RegionFile, RegionKindFile, SystemFile,
};

/// How long resolvers may keep the names of a system on one machine: a client that resolves again at
/// each connection finds the new primary at once.
const TTL_S: u32 = 1;

/// Sections that have no equivalent on one machine; listed, never silently dropped.
pub(crate) fn not_run_here(blueprint: &Blueprint) -> Vec<String> {
    let mut sections: Vec<String> = blueprint
        .cloud_sections()
        .into_iter()
        .map(str::to_owned)
        .collect();
    if !blueprint.services.is_empty() {
        sections.push("services".to_owned());
    }
    if !blueprint.notify.email.is_empty() {
        sections.push("notify.email".to_owned());
    }
    if !blueprint.names.records.is_empty() {
        sections.push("names.records".to_owned());
    }
    sections
}

fn nodes_seen_from(
    database: &DatabaseSpec,
    blueprint: &Blueprint,
    addresses: &Addresses,
    from: Option<&Region>,
) -> BTreeMap<Node, NodeFile> {
    database
        .nodes(&blueprint.regions)
        .into_iter()
        .filter_map(|node| {
            let address = match from {
                Some(region) => addresses.node_seen_from(region, &node.node)?,
                None => addresses.node(&node.node)?,
            };
            let file = NodeFile {
                region: node.region,
                zone: node.zone.to_string(),
                address,
            };
            Some((node.node, file))
        })
        .collect()
}

/// What the other commands need to know.
pub(crate) fn system(
    blueprint: &Blueprint,
    addresses: &Addresses,
    layout: &Layout,
) -> Result<SystemFile, Failure> {
    let regions = blueprint.regions.iter().filter_map(|spec| {
        let region = &spec.region;
        let proxies = blueprint
            .databases
            .iter()
            .filter_map(|database| {
                let address = addresses.proxy(region, &database.name)?;
                Some((database.name.clone(), address))
            })
            .collect();
        let kind = match spec.kind {
            RegionKind::Home => RegionKindFile::Home,
            RegionKind::Standby => RegionKindFile::Standby,
            RegionKind::Witness => RegionKindFile::Witness,
        };
        Some((
            region.clone(),
            RegionFile {
                kind,
                dns: addresses.dns(region)?,
                proxies,
            },
        ))
    });
    let databases = blueprint.databases.iter().map(|database| {
        let adapter = Adapter::of(database)?;
        let file = DatabaseFile {
            engine: database.engine.to_string(),
            adapter,
            durability: database.durability.to_string(),
            database_name: database.database.to_string(),
            username: database.username.to_string(),
            password_file: adapter.password_file(&layout.secrets()),
            nodes: nodes_seen_from(database, blueprint, addresses, None),
        };
        Ok((database.name.clone(), file))
    });
    Ok(SystemFile {
        version: 1,
        system: blueprint.system(),
        promise_rto_ms: files::millis(blueprint.promise.rto),
        promise_rpo_ms: files::millis(blueprint.promise.rpo),
        timings: blueprint.failover.timings().into(),
        regions: regions.collect(),
        region_order: blueprint
            .regions
            .iter()
            .map(|spec| spec.region.clone())
            .collect(),
        databases: databases.collect::<Result<_, Failure>>()?,
        zone: blueprint.names.zone.to_string(),
        store: addresses
            .store()
            .unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
        not_run_here: not_run_here(blueprint),
    })
}

/// What each agent is started with.
pub(crate) fn agents(
    blueprint: &Blueprint,
    addresses: &Addresses,
    layout: &Layout,
) -> Result<Vec<AgentFile>, Failure> {
    let mut agents = Vec::new();
    for database in &blueprint.databases {
        let adapter = Adapter::of(database)?;
        let nodes = database.nodes(&blueprint.regions);
        let home = &blueprint.home().region;
        let founder = nodes.iter().find(|node| node.region == *home);
        let Some(founder) = founder.map(|node| node.node.clone()) else {
            continue;
        };
        for node in &nodes {
            let Some(store) = addresses.store_seen_from(&node.region) else {
                continue;
            };
            let folders = layout.node(&node.region, &node.node);
            agents.push(AgentFile {
                system: blueprint.system(),
                database: database.name.clone(),
                adapter,
                node: node.node.clone(),
                nodes: nodes_seen_from(database, blueprint, addresses, Some(&node.region)),
                founder: founder.clone(),
                store,
                run_folder: layout.run_node(&node.node),
                data_folder: folders.data(),
                config_folder: folders.config(),
                lost_folder: folders.lost(),
                database_log: folders.database_log(),
                secrets_folder: layout.secrets(),
                database_name: database.database.to_string(),
                username: database.username.to_string(),
                bin: database.local_bin.clone(),
                parameters: database
                    .parameters
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.clone()))
                    .collect(),
                timings: blueprint.failover.timings().into(),
                mode: match blueprint.failover.mode {
                    Mode::Automatic => ModeFile::Automatic,
                    Mode::Approve => ModeFile::Approve,
                    Mode::Manual => ModeFile::Manual,
                },
            });
        }
    }
    Ok(agents)
}

/// What each controller is started with.
pub(crate) fn controllers(
    blueprint: &Blueprint,
    addresses: &Addresses,
    layout: &Layout,
) -> Result<Vec<ControllerFile>, Failure> {
    let webhook = match &blueprint.notify.webhook {
        Some(reference) => Some(resolve(reference)?),
        None => None,
    };
    let regions: Vec<Region> = blueprint
        .regions
        .iter()
        .map(|spec| spec.region.clone())
        .collect();
    let name_servers = regions
        .iter()
        .filter_map(|region| Some((region.clone(), addresses.controller(region)?)))
        .collect::<BTreeMap<_, _>>();
    let mut controllers = Vec::new();
    for region in &regions {
        let (Some(dns), Some(store)) = (addresses.dns(region), addresses.store_seen_from(region))
        else {
            continue;
        };
        let mut databases = BTreeMap::new();
        for database in &blueprint.databases {
            let Some(proxy) = addresses.proxy(region, &database.name) else {
                continue;
            };
            let adapter = Adapter::of(database)?;
            let file = ControllerDatabaseFile {
                proxy,
                adapter,
                nodes: nodes_seen_from(database, blueprint, addresses, Some(region)),
                database_name: database.database.to_string(),
                username: database.username.to_string(),
                password_file: adapter.password_file(&layout.secrets()),
            };
            databases.insert(database.name.clone(), file);
        }
        controllers.push(ControllerFile {
            system: blueprint.system(),
            region: region.clone(),
            regions: regions.clone(),
            store,
            dns,
            databases,
            zone: blueprint.names.zone.to_string(),
            ttl_s: TTL_S,
            name_servers: name_servers.clone(),
            timings: blueprint.failover.timings().into(),
            webhook: webhook.clone(),
        });
    }
    Ok(controllers)
}

/// The secret itself. What lies in a cloud's store cannot be had on one machine.
fn resolve(reference: &SecretReference) -> Result<String, Failure> {
    match reference {
        SecretReference::Environment(name) => std::env::var(name).map_err(|_| {
            Failure::environment(format!("notify.webhook: the variable {name} is not set"))
                .hint(format!("set {name}, or remove `notify.webhook`"))
        }),
        SecretReference::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| {
                Failure::environment(format!("notify.webhook: cannot read {}: {error}", path.display()))
            }),
        SecretReference::Secret(name) => Err(Failure::refused(format!(
            "notify.webhook: `secret:{name}` lies in a cloud's store, which is not there on one machine"
        ))
        .hint("use `env:NAME` or `file:PATH`")),
    }
}

/// What the supervisor keeps running. Stopped in the order of ranks: agents first, so that databases end
/// in order while the store still answers.
pub(crate) fn processes(
    blueprint: &Blueprint,
    addresses: &Addresses,
    layout: &Layout,
) -> Result<Vec<ProcessSpec>, Failure> {
    let spec =
        |name: String, region: Option<&Region>, arguments: Vec<OsString>, rank: u8| ProcessSpec {
            log: layout.log(&name),
            name,
            region: region.cloned(),
            program: PathBuf::from(OWN_PROGRAM),
            arguments,
            environment: Vec::new(),
            stop_rank: rank,
        };
    let config = |name: &str| files::daemon_path(layout.state(), name).into_os_string();
    let mut specs = Vec::new();
    if let Some(store) = addresses.store() {
        let path = layout.store().join("store.redb").into_os_string();
        let arguments = vec![
            "store".into(),
            "--path".into(),
            path,
            "--listen".into(),
            store.to_string().into(),
        ];
        specs.push(spec("store".to_owned(), None, arguments, 3));
    }
    for region in blueprint.regions.iter().map(|spec| &spec.region) {
        let name = format!("relay/{region}");
        let socket = layout.relay_socket(region).into_os_string();
        let mut arguments = vec!["relay".into(), "--control".into(), socket];
        arguments.extend(
            addresses
                .relay_listens(region)
                .iter()
                .map(|route| route.to_string().into()),
        );
        specs.push(spec(name, Some(region), arguments, 2));
        let name = format!("controller/{region}");
        let arguments = vec!["controller".into(), "--config".into(), config(&name)];
        specs.push(spec(name, Some(region), arguments, 1));
    }
    for agent in agents(blueprint, addresses, layout)? {
        let name = format!("agent/{}", agent.node);
        let region = agent.nodes.get(&agent.node).map(|node| node.region.clone());
        let arguments = vec!["agent".into(), "--config".into(), config(&name)];
        specs.push(spec(name, region.as_ref(), arguments, 0));
    }
    Ok(specs)
}
