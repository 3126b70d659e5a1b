//! What every part of the output goes by: the regions as AWS has them, and how things are called.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use standfast_blueprint::{
    Blueprint, DatabaseSpec, Engine, FunctionNetwork, Nat, RecordSpec, Reference, RegionKind,
    RegionSpec, Section,
};
use standfast_units::Region;

use crate::name::{identifier, limit, shortened};
use crate::network;

/// The account that a module is applied to.
pub(crate) const ACCOUNT: &str = "${local.account}";

/// The suffix of names of buckets, which are unique among all accounts of the world.
pub(crate) const OF_ACCOUNT: &str = "-${local.account}";

/// Everything the output is made from.
pub(crate) struct Plan<'a> {
    pub(crate) blueprint: &'a Blueprint,
    /// Its regions, in the order of the file.
    pub(crate) places: Vec<Place>,
    databases: BTreeMap<&'a str, &'a DatabaseSpec>,
    /// Scripts that instances begin with, by the path in the blueprint.
    pub(crate) scripts: &'a BTreeMap<String, String>,
}

/// A region as AWS has it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Its name in the blueprint.
    pub(crate) region: Region,
    /// Its name at AWS.
    pub(crate) aws: String,
    pub(crate) kind: RegionKind,
    /// Its private network, where it has one.
    pub(crate) network: Option<Network>,
}

/// The private network of a region.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) cidr: Ipv4Net,
    pub(crate) private: Vec<Ipv4Net>,
    pub(crate) public: Vec<Ipv4Net>,
    pub(crate) nat: Nat,
    /// Whether public subnets are cut from the range, one for each zone.
    pub(crate) cut_public: bool,
}

impl Network {
    /// How many public subnets there should be, when they are not laid out by hand.
    pub(crate) fn asked_public(&self, zones: usize) -> usize {
        if self.cut_public { zones } else { 0 }
    }
}

impl Place {
    /// The part of identifiers of Terraform that names this region.
    pub(crate) fn id(&self) -> String {
        identifier(&self.aws)
    }

    /// The provider of this region, in a module that spans regions.
    pub(crate) fn provider(&self) -> String {
        format!("aws.{}", self.id())
    }
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        blueprint: &'a Blueprint,
        names: &BTreeMap<Region, String>,
        scripts: &'a BTreeMap<String, String>,
    ) -> Self {
        let mut plan = Self {
            blueprint,
            places: Vec::new(),
            databases: blueprint
                .databases
                .iter()
                .map(|database| (database.name.as_str(), database))
                .collect(),
            scripts,
        };
        let place = |spec: &RegionSpec| Place {
            region: spec.region.clone(),
            aws: names
                .get(&spec.region)
                .cloned()
                .unwrap_or_else(|| spec.region.to_string()),
            kind: spec.kind,
            network: None,
        };
        plan.places = blueprint.regions.iter().map(place).collect();
        network::lay_out(&mut plan);
        plan
    }

    /// The regions that hold data, in the order of the file.
    pub(crate) fn data_places(&self) -> impl Iterator<Item = &Place> {
        let places = self.places.iter();
        places.filter(|place| place.kind != RegionKind::Witness)
    }

    /// The regions that stand by.
    pub(crate) fn standbys(&self) -> impl Iterator<Item = &Place> {
        let places = self.places.iter();
        places.filter(|place| place.kind == RegionKind::Standby)
    }

    /// The region that is home. Every blueprint has one.
    pub(crate) fn home(&self) -> &Place {
        let home = self
            .places
            .iter()
            .find(|place| place.kind == RegionKind::Home);
        home.unwrap_or(&self.places[0])
    }

    /// The region whose alarms are the latches: one that survives the loss of any that serves. Without
    /// a witness, the first that stands by; none when there is nowhere to go.
    pub(crate) fn latch_place(&self) -> Option<&Place> {
        self.standbys().next()?;
        let witness = self
            .places
            .iter()
            .find(|place| place.kind == RegionKind::Witness);
        witness.or_else(|| self.standbys().next())
    }

    /// Whether the system spans regions.
    pub(crate) fn spans_regions(&self) -> bool {
        self.standbys().next().is_some()
    }

    /// The order in which the modules are applied: home first, since others follow what it creates;
    /// what spans regions last.
    pub(crate) fn order(&self) -> Vec<&Place> {
        let witnesses = self.places.iter();
        let witnesses = witnesses.filter(|place| place.kind == RegionKind::Witness);
        std::iter::once(self.home())
            .chain(self.standbys())
            .chain(witnesses)
            .collect()
    }

    /// `<name>-<environment>`.
    pub(crate) fn system(&self) -> String {
        format!("{}-{}", self.blueprint.name, self.blueprint.environment)
    }

    /// The name of something that belongs to no region.
    pub(crate) fn name(&self, of: &str, limit: usize) -> String {
        shortened(&format!("{}-{of}", self.system()), limit)
    }

    /// The name of something in a region.
    pub(crate) fn name_in(&self, of: &str, place: &Place, limit: usize) -> String {
        let whole = if of.is_empty() {
            format!("{}-{}", self.system(), place.aws)
        } else {
            format!("{}-{of}-{}", self.system(), place.aws)
        };
        shortened(&whole, limit)
    }

    /// An ARN in a region of this account.
    pub(crate) fn arn(service: &str, region: &str, resource: &str) -> String {
        format!("arn:${{local.partition}}:{service}:{region}:{ACCOUNT}:{resource}")
    }

    /// The identifier of the cluster, or of the only instance, of a database in a region. RDS takes
    /// only identifiers that begin with a letter.
    pub(crate) fn database_id(&self, database: &DatabaseSpec, place: &Place) -> String {
        let name = self.name_in(database.name.as_str(), place, limit::DATABASE);
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
            _ => format!("{}/{}", self.system(), database.name),
        }
    }

    /// The bucket in a region, without the account that ends its name.
    pub(crate) fn bucket(&self, bucket: &str, place: &Place) -> String {
        let name = self.name_in(bucket, place, limit::BUCKET);
        format!("{name}{OF_ACCOUNT}")
    }

    /// The table: a replica has the name of the whole.
    pub(crate) fn table(&self, table: &str) -> String {
        shortened(&format!("{table}-{}", self.table_suffix()), limit::OTHER)
    }

    fn table_suffix(&self) -> String {
        self.blueprint.environment.to_string()
    }

    /// Where people of a region are told.
    pub(crate) fn topic_arn(&self, place: &Place) -> String {
        Self::arn("sns", &place.aws, &self.name_in("", place, limit::OTHER))
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

    /// Whether anything lives in a private network.
    pub(crate) fn needs_network(&self) -> bool {
        let mut functions = self.blueprint.functions.values();
        !self.blueprint.databases.is_empty()
            || !self.blueprint.services.is_empty()
            || functions.any(|function| function.network == FunctionNetwork::Private)
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
