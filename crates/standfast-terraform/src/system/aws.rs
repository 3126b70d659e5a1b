//! What every part of the output goes by: the regions as AWS has them, and how things are called.

use std::collections::BTreeMap;

use standfast_blueprint::{
    Blueprint, DatabaseSpec, Engine, RecordSpec, Reference, RegionKind, RegionSpec, Section,
};
use standfast_units::Region;

use crate::system::arn::{self, ACCOUNT};
use crate::system::name::{limit, shortened};
use crate::system::region::AwsRegion;
use crate::system::subnets;

/// Everything the output is made from.
pub(crate) struct AwsSystem<'a> {
    pub(crate) blueprint: &'a Blueprint,
    /// Its regions, in the order of the file.
    pub(crate) regions: Vec<AwsRegion>,
    databases: BTreeMap<&'a str, &'a DatabaseSpec>,
    /// Scripts that instances begin with, by the path in the blueprint.
    pub(crate) scripts: &'a BTreeMap<String, String>,
}

impl<'a> AwsSystem<'a> {
    pub(crate) fn new(
        blueprint: &'a Blueprint,
        names: &BTreeMap<Region, String>,
        scripts: &'a BTreeMap<String, String>,
    ) -> Self {
        let networks = subnets::lay_out(blueprint);
        let network_of = |region: &Region| {
            let mut networks = networks.iter();
            let (_, network) = networks.find(|(name, _)| name == region)?;
            Some(network.clone())
        };
        let region = |spec: &RegionSpec| AwsRegion {
            name: spec.region.clone(),
            aws: names
                .get(&spec.region)
                .cloned()
                .unwrap_or_else(|| spec.region.to_string()),
            kind: spec.kind,
            network: network_of(&spec.region),
        };
        let databases = blueprint.databases.iter();
        Self {
            blueprint,
            regions: blueprint.regions.iter().map(region).collect(),
            databases: databases
                .map(|database| (database.name.as_str(), database))
                .collect(),
            scripts,
        }
    }

    /// The regions that hold data, in the order of the file.
    pub(crate) fn data_regions(&self) -> impl Iterator<Item = &AwsRegion> {
        let regions = self.regions.iter();
        regions.filter(|region| region.kind != RegionKind::Witness)
    }

    /// The regions that stand by.
    pub(crate) fn standbys(&self) -> impl Iterator<Item = &AwsRegion> {
        let regions = self.regions.iter();
        regions.filter(|region| region.kind == RegionKind::Standby)
    }

    /// The region that is home. Every blueprint has one.
    pub(crate) fn home(&self) -> &AwsRegion {
        let home = self
            .regions
            .iter()
            .find(|region| region.kind == RegionKind::Home);
        home.unwrap_or(&self.regions[0])
    }

    /// The region whose alarms are the latches: one that survives the loss of any that serves. Without
    /// a witness, the first that stands by; none when there is nowhere to go.
    pub(crate) fn latch_region(&self) -> Option<&AwsRegion> {
        self.standbys().next()?;
        let witness = self
            .regions
            .iter()
            .find(|region| region.kind == RegionKind::Witness);
        witness.or_else(|| self.standbys().next())
    }

    /// Whether the system spans regions.
    pub(crate) fn spans_regions(&self) -> bool {
        self.standbys().next().is_some()
    }

    /// The order in which the modules are applied: home first, since others follow what it creates;
    /// what spans regions last.
    pub(crate) fn order(&self) -> Vec<&AwsRegion> {
        let witnesses = self.regions.iter();
        let witnesses = witnesses.filter(|region| region.kind == RegionKind::Witness);
        std::iter::once(self.home())
            .chain(self.standbys())
            .chain(witnesses)
            .collect()
    }

    /// `<name>-<environment>`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}-{}", self.blueprint.name, self.blueprint.environment)
    }

    /// The name of something that belongs to no region.
    pub(crate) fn name(&self, of: &str, limit: usize) -> String {
        shortened(&format!("{}-{of}", self.full_name()), limit)
    }

    /// The name of something in a region.
    pub(crate) fn name_in(&self, of: &str, region: &AwsRegion, limit: usize) -> String {
        let whole = if of.is_empty() {
            format!("{}-{}", self.full_name(), region.aws)
        } else {
            format!("{}-{of}-{}", self.full_name(), region.aws)
        };
        shortened(&whole, limit)
    }

    /// The identifier of the cluster, or of the only instance, of a database in a region. RDS takes
    /// only identifiers that begin with a letter.
    pub(crate) fn database_id(&self, database: &DatabaseSpec, region: &AwsRegion) -> String {
        let name = self.name_in(database.name.as_str(), region, limit::DATABASE);
        lettered(name)
    }

    /// The identifier of the global cluster of a database.
    pub(crate) fn global_cluster_id(&self, database: &DatabaseSpec) -> String {
        lettered(self.name(database.name.as_str(), limit::DATABASE))
    }

    /// The name of the secret with the credentials of a database: the same in every region.
    pub(crate) fn secret_name(&self, database: &DatabaseSpec) -> String {
        match &database.credentials {
            Some(standfast_blueprint::SecretReference::Secret(name)) => name.clone(),
            _ => format!("{}/{}", self.full_name(), database.name),
        }
    }

    /// The bucket in a region, without the account that ends its name.
    pub(crate) fn bucket(&self, bucket: &str, region: &AwsRegion) -> String {
        let name = self.name_in(bucket, region, limit::BUCKET);
        format!("{name}-{ACCOUNT}")
    }

    /// The table: a replica has the name of the whole.
    pub(crate) fn table(&self, table: &str) -> String {
        shortened(&format!("{table}-{}", self.table_suffix()), limit::OTHER)
    }

    fn table_suffix(&self) -> String {
        self.blueprint.environment.to_string()
    }

    /// Where people of a region are told.
    pub(crate) fn topic_arn(&self, region: &AwsRegion) -> String {
        arn::in_account("sns", &region.aws, &self.name_in("", region, limit::OTHER))
    }

    /// What a record leads to.
    pub(crate) fn target(&self, record: &RecordSpec) -> Option<Reference> {
        let name = record.target.as_str();
        let blueprint = self.blueprint;
        let section = if blueprint.services.contains_key(&record.target) {
            Section::Services
        } else if blueprint.functions.contains_key(&record.target) {
            Section::Functions
        } else if self.database(name).is_some() {
            Section::Databases
        } else {
            return None;
        };
        Some(Reference {
            section,
            name: name.to_owned(),
        })
    }

    /// A database by name.
    pub(crate) fn database(&self, name: &str) -> Option<&DatabaseSpec> {
        self.databases.get(name).copied()
    }

    /// Whether one global cluster keeps a database in several regions.
    pub(crate) fn is_global(&self, database: &DatabaseSpec) -> bool {
        self.spans_regions() && is_aurora(database.engine) && database.node_counts.standby > 0
    }
}

fn lettered(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        shortened(&format!("s{name}"), limit::DATABASE)
    }
}

/// Whether a database is kept in a cluster that AWS replicates, rather than in instances of its own.
pub(crate) const fn is_aurora(engine: Engine) -> bool {
    matches!(engine, Engine::AuroraMysql | Engine::AuroraPostgresql)
}

/// The port of a database.
pub(crate) const fn port(engine: Engine) -> u16 {
    match engine {
        Engine::AuroraPostgresql | Engine::Postgres => 5432,
        Engine::AuroraMysql | Engine::Mysql => 3306,
    }
}
