//! The file as it is written: every section, every key, every fixed word.
//!
//! What needs no more than its own values to be valid is public as it is; regions, databases and
//! failover are read here and put together in `build`. The comments of keys are what editors show.

#![expect(
    clippy::doc_markdown,
    reason = "editors show the comments of keys and words as they are"
)]

pub(crate) mod cloud;

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;
use standfast_units::{Bytes, Database, Region, Ttl};

use crate::defaults;
use crate::grammar::{choice, record};
use crate::read::{Map, Partial};
use crate::source::Spanned;
use crate::values::{
    Certificate, Credentials, FormatVersion, MaybeText, PublishedParameter, Servers, SettingValue,
    ShownDashboard, Weight, Zones,
};
use crate::words::{
    DailyWindow, Date, DomainName, EmailAddress, EngineVersion, FindingCode, Identifier, Name,
    SecretReference, SettingName, TagName, UrlPath, Use, WeeklyWindow,
};
use cloud::{AlarmSpec, BucketSpec, FunctionSpec, StateFile, TableSpec};

record! {
    /// A service that lives in one region and stands by in another, and what it promises.
    pub(crate) struct Document {
        /// The version of this format.
        required standfast: Partial<FormatVersion>,
        /// The name of the system. With the environment it lands in every resource name.
        required name: Partial<Spanned<Name>>,
        /// Which of several copies of the system this is.
        implied environment: Partial<Name> = defaults::ENVIRONMENT,
        /// Whether anybody would miss it.
        default class: Class = defaults::CLASS,
        /// What the system promises when a region is lost.
        required promise: Partial<Promise>,
        /// The places, by name. Exactly one is home; at most one is a witness.
        required regions: Partial<Spanned<Map<Region, Partial<RegionFile>>>>,
        /// The databases, by name.
        optional databases: Partial<Map<Database, Partial<DatabaseFile>>>,
        /// The services, by name: instances behind a balancer, or processes on one machine.
        optional services: Partial<BTreeMap<Name, ServiceSpec>>,
        /// The DNS names that clients use.
        optional names: Partial<NamesFile>,
        /// Who is told.
        optional notify: Partial<NotifySpec>,
        /// Who may take over, and when.
        optional failover: Partial<FailoverFile>,
        /// Findings that are accepted, by code.
        optional waive: Partial<BTreeMap<FindingCode, Waiver>>,
        /// Functions, by name: code that runs when it is called, or by the clock.
        optional functions: Partial<BTreeMap<Name, FunctionSpec>>,
        /// Tables, by name: items by key.
        optional tables: Partial<BTreeMap<Name, TableSpec>>,
        /// Buckets, by name: objects, one bucket per region.
        optional buckets: Partial<BTreeMap<Name, BucketSpec>>,
        /// Parameters published to applications, by name.
        optional parameters: Partial<BTreeMap<Name, PublishedParameter>>,
        /// Dashboards, by name.
        optional dashboards: Partial<BTreeMap<Name, ShownDashboard>>,
        /// Alarms, by name.
        optional alarms: Partial<BTreeMap<Name, AlarmSpec>>,
        /// Where the state of the synthesized modules is kept.
        optional state: Partial<StateFile>,
        /// Tags of every resource. `{region}` stands for the region; a tag with `{role}` is set on
        /// databases only, once, and left to whoever moves the role.
        optional tags: Partial<BTreeMap<TagName, MaybeText>>,
    }
}

choice! {
    /// Whether anybody would miss the system.
    pub enum Class("a class") {
        /// May be thrown away: no protection against deletion, no final snapshots.
        Ephemeral = "ephemeral" not "dev" not "test",
        /// Protection against deletion and final snapshots are on.
        Production = "production",
    }
}

record! {
    /// What the system promises when a region is lost.
    pub(crate) struct Promise {
        /// The most time without writes: detect, decide, fence, promote and redirect together.
        required rto: Spanned<Duration>,
        /// The most writes that may be lost, as the time in which they were made.
        required rpo: Spanned<Duration>,
    }
}

record! {
    /// A place where servers run, named by place and not by role.
    pub(crate) struct RegionFile {
        /// The region that serves as long as nothing is wrong.
        default home: bool = false,
        /// A third place that votes and observes but holds no data.
        default witness: bool = false,
        /// The private network of the region; no two may overlap.
        optional cidr: Spanned<Ipv4Net>,
        /// How many zones servers are spread over.
        implied zones: Spanned<Zones> = defaults::ZONES,
        /// The subnets, one per zone.
        optional subnets: Spanned<SubnetsSpec>,
        /// The way out of private subnets.
        optional nat: Spanned<Nat>,
    }
}

record! {
    /// The subnets of a region, one per zone.
    pub struct SubnetsSpec {
        /// Where databases and instances live.
        default private: Vec<Ipv4Net> = Vec::new(),
        /// Where balancers live.
        default public: Vec<Ipv4Net> = Vec::new(),
    }
}

choice! {
    /// The way out of private subnets.
    pub enum Nat("a kind of NAT") {
        /// None.
        None = "none",
        /// One gateway for the region.
        One = "one",
        /// A gateway per zone.
        PerZone = "per-zone",
    }
}

choice! {
    /// What runs a database.
    pub enum Engine("a database engine") {
        /// Amazon Aurora with PostgreSQL's protocol.
        AuroraPostgresql = "aurora-postgresql",
        /// Amazon Aurora with MySQL's protocol.
        AuroraMysql = "aurora-mysql",
        /// PostgreSQL.
        Postgres = "postgres" not "pg",
        /// MySQL or MariaDB.
        Mysql = "mysql" not "mariadb",
    }
}

choice! {
    /// What an acknowledged commit is worth.
    pub enum Durability("a durability") {
        /// Commits wait for nobody; a failover may lose what the standby has not received.
        Async = "async" not "asynchronous",
        /// Asynchronous, but commits wait once the standby lags more than the promised RPO.
        Bounded = "bounded",
        /// Commits wait for a standby; no acknowledged write may be lost.
        Zero = "zero" not "sync" not "synchronous" not "strict",
    }
}

record! {
    /// A database: one primary and its standbys, over all regions that hold data.
    pub(crate) struct DatabaseFile {
        /// What runs it.
        required engine: Engine,
        /// The engine's version, in quotes; the one installed when absent.
        optional version: EngineVersion,
        /// The database within the server; the name of this section when absent.
        optional database: Identifier,
        /// The role applications log in as.
        implied username: Identifier = defaults::USERNAME,
        /// Where its password is kept; generated when absent.
        optional credentials: Credentials,
        /// What an acknowledged commit is worth.
        default durability: Durability = defaults::DURABILITY,
        /// How many servers it has, per region.
        optional nodes: NodesFile,
        /// Settings of the engine.
        default parameters: BTreeMap<SettingName, SettingValue> = BTreeMap::new(),
        /// What differs on one machine.
        optional local: LocalSpec,
        /// The type of its instances in the cloud.
        optional instance: String,
        /// Capacity that follows the load, in the cloud.
        optional serverless: ServerlessSpec,
        /// Whether the cloud keeps a standby in a second zone.
        default multi_zone: bool = false,
        /// Its disks in the cloud.
        optional storage: StorageSpec,
        /// The key its storage is encrypted with.
        optional key: EncryptionKeySpec,
        /// Its backups.
        optional backup: BackupSpec,
        /// The weekly window for maintenance, as in `sun:04:00-sun:05:00`.
        optional maintenance: WeeklyWindow,
        /// How often the host is measured.
        optional monitoring: Duration,
        /// The logs that are shipped.
        default logs: Vec<String> = Vec::new(),
        /// From where it can be reached.
        default reach: Reach = Reach::Region,
    }
}

choice! {
    /// From where a database can be reached.
    pub enum Reach("a reach") {
        /// From the private network of its own region.
        Region = "region",
        /// From the private networks of every region of the system, which are joined for it.
        System = "system",
    }
}

record! {
    /// How many servers a database has.
    pub(crate) struct NodesFile {
        /// In the home region.
        implied home: Spanned<Servers> = defaults::SERVERS_HOME,
        /// In each standby region.
        implied standby: Spanned<Servers> = defaults::SERVERS_STANDBY,
    }
}

record! {
    /// What differs on one machine.
    pub struct LocalSpec {
        /// The folder of the engine's programs; the newest one installed when absent.
        optional bin: PathBuf,
    }
}

record! {
    /// Capacity that follows the load, in units of the cloud.
    pub struct ServerlessSpec {
        /// The least.
        required min: f64,
        /// The most.
        required max: f64,
    }
}

record! {
    /// The disks of a database in the cloud.
    pub struct StorageSpec {
        /// Their kind, as the cloud names it.
        optional kind: String,
        /// Their size at first.
        optional size: Bytes,
        /// The size they may grow to.
        optional max: Bytes,
    }
}

record! {
    /// The key that storage is encrypted with.
    pub struct EncryptionKeySpec {
        /// Whether it is changed every year.
        default rotate: bool = true,
        /// How long it lasts after its deletion was asked for.
        optional delete_after: Duration,
    }
}

record! {
    /// The backups of a database.
    pub struct BackupSpec {
        /// How long they are kept.
        optional retention: Duration,
        /// When they are made, as in `03:00-04:00`.
        optional window: DailyWindow,
    }
}

record! {
    /// A service: instances behind a balancer, or processes on one machine.
    pub struct ServiceSpec {
        /// The Rust package that is built and run.
        optional package: Name,
        /// The machine image, or the parameter that names it.
        optional image: String,
        /// The type of its instances in the cloud.
        optional instance: String,
        /// The disk of an instance in the cloud, which must be as large as its image.
        default disk: Bytes = defaults::DISK,
        /// Where it listens.
        optional port: NonZeroU16,
        /// The path that answers when it can serve.
        optional health: UrlPath,
        /// How many instances it has, per region.
        optional instances: InstancesSpec,
        /// Who reaches its balancer; the private network when absent.
        optional balancer: Balancer,
        /// How long a new instance may fail its checks.
        optional grace: Duration,
        /// The script an instance begins with.
        optional user_data: String,
        /// The certificate of its balancer; HTTPS is served, and HTTP leads to it, when there is one.
        optional certificate: Certificate,
        /// How the balancer checks instances.
        optional check: CheckSpec,
        /// What its instances use. Each use becomes rights, routes through the network and variables.
        default uses: Vec<Use> = Vec::new(),
    }
}

record! {
    /// How many instances a service has.
    pub struct InstancesSpec {
        /// In the home region.
        required home: u16,
        /// In each standby region.
        required standby: u16,
        /// The most it may grow to.
        optional max: NonZeroU16,
    }
}

choice! {
    /// Who reaches a balancer.
    pub enum Balancer("a kind of balancer") {
        /// Everybody.
        Public = "public",
        /// The private network.
        Private = "private" not "internal",
    }
}

record! {
    /// How a balancer checks instances.
    pub struct CheckSpec {
        /// How often.
        optional every: Duration,
        /// How long an answer may take.
        optional timeout: Duration,
        /// Answers in a row before an instance counts as healthy.
        optional up: NonZeroU32,
        /// Failures in a row before it does not.
        optional down: NonZeroU32,
    }
}

record! {
    /// The DNS names that clients use.
    pub(crate) struct NamesFile {
        /// The zone they lie in; `<name>.test` when absent.
        optional zone: DomainName,
        /// The hosted zone of the cloud, by its id.
        optional zone_id: String,
        /// Records beside those of the databases, by name.
        default records: BTreeMap<Name, RecordSpec> = BTreeMap::new(),
    }
}

record! {
    /// A DNS name that follows the region that serves.
    pub struct RecordSpec {
        /// The service, function or database it leads to.
        required target: Name,
        /// The whole name; the name of this section within the zone when absent.
        optional name: DomainName,
        /// How long resolvers may keep the answer.
        default ttl: Ttl = defaults::RECORD_TTL,
        /// How it is found out whether a region serves.
        optional probe: ProbeSpec,
        /// How the name steers clients.
        default steer: Steering = defaults::STEERING,
        /// The share of the home region when steering is weighted.
        optional weight: Weight,
    }
}

choice! {
    /// How a name steers clients.
    pub enum Steering("a way of steering") {
        /// All to the region that serves.
        Failover = "failover",
        /// By weight, to those regions whose latch is set: for a planned shift, with both set.
        Weighted = "weighted",
    }
}

record! {
    /// How it is found out whether a region serves.
    pub struct ProbeSpec {
        /// The path that is asked for over TLS.
        optional https: UrlPath,
        /// The path that is asked for in the clear.
        optional http: UrlPath,
        /// How often.
        default every: Duration = defaults::PROBE_EVERY,
        /// How long an answer may take.
        default timeout: Duration = defaults::PROBE_TIMEOUT,
        /// Failures in a row before the region does not serve.
        default failures: NonZeroU32 = defaults::PROBE_FAILURES,
    }
}

record! {
    /// Who is told.
    pub struct NotifySpec {
        /// By mail.
        default email: Vec<EmailAddress> = Vec::new(),
        /// By a call; the address is a secret, since whoever knows it may post there.
        optional webhook: SecretReference,
    }
}

record! {
    /// Who may take over, and when.
    pub(crate) struct FailoverFile {
        /// Who decides.
        default mode: Mode = defaults::MODE,
        /// How long a silent primary keeps its right to write; at least 1s.
        implied lease: Spanned<Duration> = defaults::LEASE,
        /// How long loss of a region must last before another one is promoted.
        default hold_down: Duration = defaults::HOLD_DOWN,
        /// How long after a failover the next automatic one waits.
        default cool_down: Duration = defaults::COOL_DOWN,
        /// The most writes an automatic failover may lose, as the time in which they were made; the
        /// promised RPO when absent. An operator may override it by name.
        optional max_loss: Spanned<Duration>,
        /// What a primary does when its last synchronous standby is gone.
        default alone: Alone = defaults::ALONE,
        /// What keeps acknowledgements of a deposed primary from clients.
        default gate: Gate = defaults::GATE,
    }
}

choice! {
    /// Who decides about a failover.
    pub enum Mode("a mode of failover") {
        /// Standfast, within the limits of this file.
        Automatic = "automatic",
        /// Standfast proposes, a person approves.
        Approve = "approve" not "approval",
        /// A person.
        Manual = "manual" not "off",
    }
}

choice! {
    /// What a primary does when its last synchronous standby is gone (P10).
    pub enum Alone("an answer to being alone") {
        /// Goes on without protection, and says so.
        Continue = "continue",
        /// Lets commits wait, and says so.
        Block = "block",
    }
}

choice! {
    /// What keeps acknowledgements of a deposed primary from clients (P19, P22).
    pub enum Gate("a gate") {
        /// The proxy alone: no cost per commit, no protection on direct connections. Databases that
        /// are `bounded` or `zero` use the commit gate all the same.
        Proxy = "proxy",
        /// The commit gate: no commit is confirmed after the deadline, on any connection.
        Commit = "commit",
    }
}

record! {
    /// Why a finding is accepted, and until when.
    pub struct Waiver {
        /// Why.
        required reason: String,
        /// The day after which it is raised again.
        required until: Date,
    }
}
