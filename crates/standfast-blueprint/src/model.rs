//! The intended system: valid by construction, every default filled in.
//!
//! The only way to a [`Blueprint`] is [`parse`](crate::parse).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;
use standfast_units::{Database, Node, Region, System};

use crate::choice::{Alone, Class, Durability, Engine, Gate, Mode, Nat, Placement, Reach};
use crate::section::alarm::AlarmSpec;
use crate::section::bucket::BucketSpec;
use crate::section::dashboard::DashboardSpec;
use crate::section::database::{BackupSpec, EncryptionKeySpec, ServerlessSpec, StorageSpec};
use crate::section::function::FunctionSpec;
use crate::section::names::RecordSpec;
use crate::section::notification::NotifySpec;
use crate::section::parameter::PublishedParameterSpec;
use crate::section::region::SubnetsSpec;
use crate::section::service::ServiceSpec;
use crate::section::table::TableSpec;
use crate::section::waiver::Waiver;
use crate::text::database::{EngineVersion, Identifier, SettingName};
use crate::text::finding::FindingCode;
use crate::text::name::{Name, Zone};
use crate::text::network::DomainName;
use crate::text::resource::TagName;
use crate::text::secret::SecretReference;
use crate::text::window::WeeklyWindow;
use crate::timings::Timings;

/// A whole system, as it is meant to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Blueprint {
    /// Its name.
    pub name: Name,
    /// Which of several copies of it this is.
    pub environment: Name,
    /// Whether its loss would be missed.
    pub class: Class,
    /// What it promises.
    pub promise: Promise,
    /// Its regions in the order of the file: exactly one home, at most one witness.
    pub regions: Vec<RegionSpec>,
    /// Its databases in the order of the file.
    pub databases: Vec<DatabaseSpec>,
    /// Its services.
    pub services: BTreeMap<Name, ServiceSpec>,
    /// The names that clients use.
    pub names: NamesSpec,
    /// Who is told.
    pub notify: NotifySpec,
    /// Who may take over, and when.
    pub failover: FailoverSpec,
    /// Findings that are accepted.
    pub waivers: BTreeMap<FindingCode, Waiver>,
    /// Its functions.
    pub functions: BTreeMap<Name, FunctionSpec>,
    /// Its tables.
    pub tables: BTreeMap<Name, TableSpec>,
    /// Its buckets.
    pub buckets: BTreeMap<Name, BucketSpec>,
    /// What it publishes to applications.
    pub parameters: BTreeMap<Name, PublishedParameterSpec>,
    /// Its dashboards.
    pub dashboards: BTreeMap<Name, DashboardSpec>,
    /// Its alarms.
    pub alarms: BTreeMap<Name, AlarmSpec>,
    /// Where the state of the synthesized modules is kept, when not beside each.
    pub state: Option<StateSpec>,
    /// Tags of every resource, empty ones left out.
    pub tags: BTreeMap<TagName, String>,
    pub(crate) system: System,
}

impl Blueprint {
    /// The system: `<name>-<environment>`.
    pub fn system(&self) -> System {
        self.system.clone()
    }

    /// The home region.
    #[expect(
        clippy::expect_used,
        reason = "a blueprint without exactly one home is refused (BP-030)"
    )]
    pub fn home(&self) -> &RegionSpec {
        self.regions
            .iter()
            .find(|region| region.kind == RegionKind::Home)
            .expect("a blueprint has a home region")
    }

    /// The witness, if there is one.
    pub fn witness(&self) -> Option<&RegionSpec> {
        self.regions
            .iter()
            .find(|region| region.kind == RegionKind::Witness)
    }

    /// The regions that hold data, in the order of the file.
    pub fn data_regions(&self) -> impl Iterator<Item = &RegionSpec> {
        self.regions
            .iter()
            .filter(|region| region.kind != RegionKind::Witness)
    }

    /// The sections in use that only a cloud has.
    pub fn cloud_sections(&self) -> Vec<&'static str> {
        let sections = [
            ("functions", self.functions.is_empty()),
            ("tables", self.tables.is_empty()),
            ("buckets", self.buckets.is_empty()),
            ("parameters", self.parameters.is_empty()),
            ("dashboards", self.dashboards.is_empty()),
            ("alarms", self.alarms.is_empty()),
            ("state", self.state.is_none()),
            ("tags", self.tags.is_empty()),
        ];
        let used = sections.into_iter().filter(|(_, empty)| !empty);
        used.map(|(section, _)| section).collect()
    }
}

/// Where the state of the synthesized modules is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSpec {
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: Region,
}

impl Placement {
    /// Whether a region of this kind is meant.
    pub const fn includes(self, kind: RegionKind) -> bool {
        match kind {
            RegionKind::Home => matches!(self, Self::Every | Self::Home),
            RegionKind::Standby => matches!(self, Self::Every | Self::Standby),
            RegionKind::Witness => false,
        }
    }
}

/// What a system promises when a region is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The most time without writes.
    pub rto: Duration,
    /// The most writes lost, as the time in which they were made.
    pub rpo: Duration,
}

/// What a region is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionKind {
    /// Serves as long as nothing is wrong.
    Home,
    /// Holds data and can take over.
    Standby,
    /// Votes and observes, holds no data.
    Witness,
}

/// A place where servers run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegionSpec {
    /// Its name.
    pub region: Region,
    /// What it is for.
    pub kind: RegionKind,
    /// Its zones; none for a witness.
    pub zones: Vec<Zone>,
    /// Its private network.
    pub cidr: Option<Ipv4Net>,
    /// Its subnets, where they are laid out by hand.
    pub subnets: Option<SubnetsSpec>,
    /// The way out of its private subnets.
    pub nat: Option<Nat>,
}

/// How many servers a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeCounts {
    /// In the home region.
    pub home: u8,
    /// In each standby region.
    pub standby: u8,
}

impl NodeCounts {
    /// In a region of this kind.
    pub const fn of(self, kind: RegionKind) -> u8 {
        match kind {
            RegionKind::Home => self.home,
            RegionKind::Standby => self.standby,
            RegionKind::Witness => 0,
        }
    }
}

/// One server of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Its name: `<database>-<region>-<ordinal>`.
    pub node: Node,
    /// Its region.
    pub region: Region,
    /// Its zone.
    pub zone: Zone,
    /// Its number within the region, from 1.
    pub ordinal: u8,
}

/// A database: one primary and its standbys.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DatabaseSpec {
    /// Its name in the blueprint.
    pub name: Database,
    /// What runs it.
    pub engine: Engine,
    /// The engine's version, where one is asked for.
    pub version: Option<EngineVersion>,
    /// The database within the server.
    pub database: Identifier,
    /// The role applications log in as.
    pub username: Identifier,
    /// Where its password is kept; generated when absent.
    pub credentials: Option<SecretReference>,
    /// What an acknowledged commit is worth.
    pub durability: Durability,
    /// How many servers it has.
    pub node_counts: NodeCounts,
    /// Settings of the engine.
    pub parameters: BTreeMap<SettingName, String>,
    /// The folder of the engine's programs on one machine.
    pub local_bin: Option<PathBuf>,
    /// What only a cloud needs.
    pub cloud: CloudDatabaseSpec,
}

/// The settings of a database that only a cloud needs, as they stand in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudDatabaseSpec {
    /// The type of its instances.
    pub instance: Option<String>,
    /// Capacity that follows the load.
    pub serverless: Option<ServerlessSpec>,
    /// Whether the cloud keeps a standby in a second zone.
    pub multi_zone: bool,
    /// Its disks.
    pub storage: Option<StorageSpec>,
    /// The key its storage is encrypted with.
    pub key: Option<EncryptionKeySpec>,
    /// Its backups.
    pub backup: Option<BackupSpec>,
    /// The weekly window for maintenance.
    pub maintenance: Option<WeeklyWindow>,
    /// How often the host is measured.
    pub monitoring: Option<Duration>,
    /// The logs that are shipped.
    pub logs: Vec<String>,
    /// From where it can be reached.
    pub reach: Reach,
}

impl DatabaseSpec {
    /// Its servers in these regions, in their order, spread over the zones of each.
    #[expect(
        clippy::expect_used,
        reason = "a blueprint with a node name that does not fit is refused (BP-036)"
    )]
    pub fn nodes(&self, regions: &[RegionSpec]) -> Vec<NodeSpec> {
        let mut nodes = Vec::new();
        for region in regions {
            let ordinals = 1..=self.node_counts.of(region.kind);
            // A region without zones is a witness, and a witness has no ordinals.
            for (ordinal, zone) in ordinals.zip(region.zones.iter().cycle()) {
                let name = node_name(&self.name, &region.region, ordinal);
                nodes.push(NodeSpec {
                    node: Node::new(&name).expect("node names were checked at load"),
                    region: region.region.clone(),
                    zone: zone.clone(),
                    ordinal,
                });
            }
        }
        nodes
    }
}

/// What a node is called.
pub(crate) fn node_name(database: &Database, region: &Region, ordinal: u8) -> String {
    format!("{database}-{region}-{ordinal}")
}

/// The DNS names that clients use.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamesSpec {
    /// The zone they lie in.
    pub zone: DomainName,
    /// The hosted zone of the cloud.
    pub zone_id: Option<String>,
    /// Records beside those of the databases.
    pub records: BTreeMap<Name, RecordSpec>,
}

/// Who may take over, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailoverSpec {
    /// Who decides.
    pub mode: Mode,
    /// How long a silent primary keeps its right to write.
    pub lease: Duration,
    /// How long loss of a region must last before another one is promoted.
    pub hold_down: Duration,
    /// How long after a failover the next automatic one waits.
    pub cool_down: Duration,
    /// The most that an automatic failover may lose.
    pub max_loss: Duration,
    /// What a primary does when its last synchronous standby is gone.
    pub alone: Alone,
    /// What keeps acknowledgements of a deposed primary from clients.
    pub gate: Gate,
}

impl FailoverSpec {
    /// The spans that agents, guards, controllers and proxies go by.
    pub fn timings(&self) -> Timings {
        Timings::derive(self.lease, self.hold_down, self.cool_down, self.max_loss)
    }
}
