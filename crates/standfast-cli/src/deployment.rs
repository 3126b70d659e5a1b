//! A system as it lies on one machine: what runs each database, who listens where, and what each process is
//! started with.
//!
//! It is derived from a blueprint in one pass and only read from then on. Its addresses are first those that
//! the system likes best, which are enough to show and to examine it; [`Deployment::settled`] is the same at
//! those that are free. What one machine cannot keep has no deployment. Nothing here writes or starts anything.

pub(crate) mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use standfast_blueprint::{Blueprint, DatabaseSpec, Durability, NodeSpec};
use standfast_local::addresses::{Addresses, Endpoint, Plan, octet_of};
use standfast_local::layout::Layout;
use standfast_local::ports::is_free;
use standfast_units::{Database, Node, Region, System};

use crate::engine::Adapter;
use crate::exit::{CommandError, ExitStatus};
use crate::files::{
    self, AgentFile, ControllerDatabaseFile, ControllerFile, NodeFile, SystemDatabase, SystemFile,
    SystemRegion,
};
use crate::system;

/// How long resolvers may keep the names of a system on one machine: a client that resolves again at
/// each connection finds the new primary at once.
const TTL_S: u32 = 1;

/// A system on one machine.
#[derive(Debug)]
pub(crate) struct Deployment<'a> {
    blueprint: &'a Blueprint,
    layout: Layout,
    databases: Vec<DeployedDatabase<'a>>,
    addresses: Addresses,
    agents: Vec<AgentFile>,
}

/// A database with what runs it, and its nodes over all regions.
#[derive(Debug, Clone)]
struct DeployedDatabase<'a> {
    spec: &'a DatabaseSpec,
    adapter: Adapter,
    nodes: Vec<NodeSpec>,
}

/// An endpoint whose usual port was taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MovedPort {
    pub(crate) endpoint: String,
    pub(crate) usual: u16,
    pub(crate) settled: u16,
}

impl<'a> DeployedDatabase<'a> {
    /// What cannot be kept yet is refused rather than pretended.
    fn new(spec: &'a DatabaseSpec, blueprint: &Blueprint) -> Result<Self, CommandError> {
        let adapter = Adapter::of(spec)?;
        match spec.durability {
            Durability::Async => Ok(Self {
                spec,
                adapter,
                nodes: spec.nodes(&blueprint.regions),
            }),
            Durability::Bounded | Durability::Zero => Err(CommandError::refused(format!(
                "database `{}`: `durability: {}` needs the commit gate, which is not part of this version; \
                 without it the promise could not be kept",
                spec.name, spec.durability
            ))
            .hint("use `durability: async` and a promise that allows for its loss (see docs/manual.md)")),
        }
    }

    /// Its nodes as they are reached from a region, or where they listen.
    fn nodes_seen_from(
        &self,
        region: Option<&Region>,
        addresses: &Addresses,
    ) -> BTreeMap<Node, NodeFile> {
        let file = |spec: &NodeSpec| {
            let address = match region {
                Some(region) => addresses.node_seen_from(region, &spec.node)?,
                None => addresses.node(&spec.node)?,
            };
            let file = NodeFile {
                region: spec.region.clone(),
                zone: spec.zone.to_string(),
                address,
            };
            Some((spec.node.clone(), file))
        };
        self.nodes.iter().filter_map(file).collect()
    }
}

impl<'a> Deployment<'a> {
    /// Where a blueprint would lie on a machine of its own. Changes nothing.
    pub(crate) fn prepare(blueprint: &'a Blueprint) -> Result<Self, CommandError> {
        let databases = blueprint.databases.iter();
        let databases: Vec<_> = databases
            .map(|spec| DeployedDatabase::new(spec, blueprint))
            .collect::<Result<_, _>>()?;
        if databases.is_empty() {
            return Err(CommandError::refused(
                "the blueprint has no database; there is nothing to bring up",
            ));
        }
        let system = blueprint.system();
        let layout = system::layout(&system)?;
        let addresses = addresses(blueprint, &databases, octet_of(&system))?;
        Ok(Self::at(addresses, blueprint, layout, databases))
    }

    /// The same under the octet that was claimed, where each endpoint has the port it `kept` from before,
    /// its usual one, or the next that is free.
    pub(crate) fn settled(
        &self,
        octet: u8,
        kept: &BTreeMap<String, u16>,
    ) -> Result<Self, CommandError> {
        let mut addresses = addresses(self.blueprint, &self.databases, octet)?;
        addresses
            .settle(kept, is_free)
            .map_err(|error| CommandError::new(ExitStatus::Environment, error))?;
        let (layout, databases) = (self.layout.clone(), self.databases.clone());
        Ok(Self::at(addresses, self.blueprint, layout, databases))
    }

    fn at(
        addresses: Addresses,
        blueprint: &'a Blueprint,
        layout: Layout,
        databases: Vec<DeployedDatabase<'a>>,
    ) -> Self {
        let agents = databases
            .iter()
            .flat_map(|database| agents(database, blueprint, &layout, &addresses))
            .collect();
        Self {
            blueprint,
            layout,
            databases,
            addresses,
            agents,
        }
    }

    /// What it was derived from.
    pub(crate) fn blueprint(&self) -> &'a Blueprint {
        self.blueprint
    }

    /// The system's name.
    pub(crate) fn system(&self) -> System {
        self.blueprint.system()
    }

    /// Where its files lie.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What runs its databases, each adapter once.
    pub(crate) fn adapters(&self) -> impl Iterator<Item = Adapter> {
        let adapters = self.databases.iter().map(|database| database.adapter);
        adapters.collect::<BTreeSet<_>>().into_iter()
    }

    /// Everything that listens, and where.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (&Endpoint, SocketAddr)> {
        self.addresses.endpoints()
    }

    /// The port of each endpoint, to be kept for the next time.
    pub(crate) fn ports(&self) -> BTreeMap<String, u16> {
        self.addresses.ports()
    }

    /// Which of these ports are not the ones of this deployment.
    pub(crate) fn moved(&self, settled: &BTreeMap<String, u16>) -> Vec<MovedPort> {
        let moved = |(endpoint, usual)| {
            let settled = *settled.get(&endpoint).filter(|port| **port != usual)?;
            Some(MovedPort {
                endpoint,
                usual,
                settled,
            })
        };
        self.ports().into_iter().filter_map(moved).collect()
    }

    /// Sections that have no equivalent on one machine; listed, never silently dropped.
    pub(crate) fn not_run_here(&self) -> Vec<String> {
        let blueprint = self.blueprint;
        let beyond = [
            ("services", blueprint.services.is_empty()),
            ("notify.email", blueprint.notify.email.is_empty()),
            ("names.records", blueprint.names.records.is_empty()),
        ];
        let beyond = beyond.into_iter().filter(|(_, is_empty)| !is_empty);
        blueprint
            .cloud_sections()
            .into_iter()
            .chain(beyond.map(|(section, _)| section))
            .map(str::to_owned)
            .collect()
    }

    /// What each agent is started with.
    pub(crate) fn agents(&self) -> &[AgentFile] {
        &self.agents
    }

    /// What each controller is started with; `webhook` is where it tells people.
    pub(crate) fn controllers(&self, webhook: Option<&str>) -> Vec<ControllerFile> {
        let regions = self.regions();
        let name_servers = regions
            .iter()
            .filter_map(|region| Some((region.clone(), self.addresses.controller(region)?)))
            .collect::<BTreeMap<_, _>>();
        let controller = |region: &Region| {
            Some(ControllerFile {
                system: self.system(),
                region: region.clone(),
                regions: regions.clone(),
                store: self.addresses.store_seen_from(region)?,
                dns: self.addresses.dns(region)?,
                databases: self.databases_of_controller(region),
                zone: self.blueprint.names.zone.to_string(),
                ttl_s: TTL_S,
                name_servers: name_servers.clone(),
                timings: self.blueprint.failover.timings().into(),
                webhook: webhook.map(str::to_owned),
            })
        };
        regions.iter().filter_map(controller).collect()
    }

    fn databases_of_controller(
        &self,
        region: &Region,
    ) -> BTreeMap<Database, ControllerDatabaseFile> {
        let file = |database: &DeployedDatabase| {
            let spec = database.spec;
            let file = ControllerDatabaseFile {
                proxy: self.addresses.proxy(region, &spec.name)?,
                adapter: database.adapter,
                nodes: database.nodes_seen_from(Some(region), &self.addresses),
                database_name: spec.database.to_string(),
                username: spec.username.to_string(),
                password_file: database.adapter.password_file(&self.layout.secrets()),
            };
            Some((spec.name.clone(), file))
        };
        self.databases.iter().filter_map(file).collect()
    }

    /// What the other commands need to know.
    pub(crate) fn system_file(&self) -> SystemFile {
        let blueprint = self.blueprint;
        let databases = self.databases.iter().map(|database| {
            let spec = database.spec;
            let file = SystemDatabase {
                engine: spec.engine.to_string(),
                adapter: database.adapter,
                durability: spec.durability.to_string(),
                database_name: spec.database.to_string(),
                username: spec.username.to_string(),
                password_file: database.adapter.password_file(&self.layout.secrets()),
                nodes: database.nodes_seen_from(None, &self.addresses),
            };
            (spec.name.clone(), file)
        });
        SystemFile {
            version: 1,
            system: self.system(),
            promise_rto_ms: files::millis(blueprint.promise.rto),
            promise_rpo_ms: files::millis(blueprint.promise.rpo),
            timings: blueprint.failover.timings().into(),
            regions: self.regions_of_system(),
            region_order: self.regions(),
            databases: databases.collect(),
            zone: blueprint.names.zone.to_string(),
            store: self
                .addresses
                .store()
                .unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
            not_run_here: self.not_run_here(),
        }
    }

    fn regions_of_system(&self) -> BTreeMap<Region, SystemRegion> {
        let regions = self.blueprint.regions.iter().filter_map(|spec| {
            let region = &spec.region;
            let databases = self.databases.iter().map(|database| &database.spec.name);
            let proxies = databases
                .filter_map(|name| Some((name.clone(), self.addresses.proxy(region, name)?)))
                .collect();
            let file = SystemRegion {
                kind: spec.kind.into(),
                dns: self.addresses.dns(region)?,
                proxies,
            };
            Some((region.clone(), file))
        });
        regions.collect()
    }

    fn regions(&self) -> Vec<Region> {
        let regions = self.blueprint.regions.iter();
        regions.map(|spec| spec.region.clone()).collect()
    }
}

fn addresses(
    blueprint: &Blueprint,
    databases: &[DeployedDatabase],
    octet: u8,
) -> Result<Addresses, CommandError> {
    let nodes = databases.iter().flat_map(|database| &database.nodes);
    let plan = Plan {
        octet,
        regions: blueprint
            .regions
            .iter()
            .map(|spec| spec.region.clone())
            .collect(),
        nodes: nodes
            .map(|node| (node.node.clone(), node.region.clone()))
            .collect(),
        databases: databases
            .iter()
            .map(|database| database.spec.name.clone())
            .collect(),
    };
    Ok(Addresses::new(&plan).map_err(anyhow::Error::new)?)
}

fn agents(
    database: &DeployedDatabase,
    blueprint: &Blueprint,
    layout: &Layout,
    addresses: &Addresses,
) -> Vec<AgentFile> {
    let home = &blueprint.home().region;
    let Some(founder) = database.nodes.iter().find(|node| node.region == *home) else {
        return Vec::new();
    };
    let spec = database.spec;
    let agent = |own: &NodeSpec| {
        let folders = layout.node(&own.region, &own.node);
        Some(AgentFile {
            system: blueprint.system(),
            database: spec.name.clone(),
            adapter: database.adapter,
            node: own.node.clone(),
            nodes: database.nodes_seen_from(Some(&own.region), addresses),
            founder: founder.node.clone(),
            store: addresses.store_seen_from(&own.region)?,
            run_folder: layout.run_node(&own.node),
            data_folder: folders.data(),
            config_folder: folders.config(),
            lost_folder: folders.lost(),
            database_log: folders.database_log(),
            secrets_folder: layout.secrets(),
            database_name: spec.database.to_string(),
            username: spec.username.to_string(),
            bin: spec.local_bin.clone(),
            parameters: spec
                .parameters
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            timings: blueprint.failover.timings().into(),
            mode: blueprint.failover.mode.into(),
        })
    };
    database.nodes.iter().filter_map(agent).collect()
}

#[cfg(test)]
mod tests;
