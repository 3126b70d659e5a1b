//! The sections that only a cloud has: functions, tables, buckets, parameters, dashboards, alarms,
//! and where the state of the synthesized modules is kept.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use standfast_units::{Bytes, Region};

use crate::defaults;
use crate::grammar::{choice, record};
use crate::values::{Certificate, MaybeText, Threshold};
use crate::words::{
    AttributeName, Name, ParameterPath, Reference, Route, Section, Source, Use, VariableName,
    Widget,
};

choice! {
    /// In which regions something runs, by what they are for in this file.
    pub enum Placement("a placement") {
        /// In every region that holds data.
        Every = "every" not "all" not "both",
        /// In the home region.
        Home = "home",
        /// In every region that stands by.
        Standby = "standby",
    }
}

record! {
    /// A function: code that runs when it is called, or by the clock.
    pub struct FunctionSpec {
        /// The package it is built from; `<package>.zip` is what is deployed.
        required package: Name,
        /// In which regions it runs.
        default runs: Placement = Placement::Every,
        /// Whether it runs inside the private network of its region.
        default network: FunctionNetwork = FunctionNetwork::None,
        /// The routes of an HTTP interface of its own.
        default routes: Vec<Route> = Vec::new(),
        /// Who may call its routes.
        default access: CallAccess = CallAccess::Open,
        /// The service whose balancer leads to it.
        optional balancer: Name,
        /// How often the clock calls it, in whole minutes; never when absent.
        optional every: Duration,
        /// How long a call may take, up to 15m.
        default timeout: Duration = defaults::FUNCTION_TIMEOUT,
        /// The memory of a call, 128MiB to 10240MiB.
        default memory: Bytes = defaults::FUNCTION_MEMORY,
        /// Further variables of its environment.
        default env: BTreeMap<VariableName, String> = BTreeMap::new(),
        /// What it uses. Each use becomes rights, routes through the network and variables.
        default uses: Vec<Use> = Vec::new(),
        /// The stage of its HTTP interface.
        default stage: Name = defaults::stage(),
        /// The certificate of the names that lead to its HTTP interface.
        optional certificate: Certificate,
        /// How long its logs are kept.
        default log_retention: Duration = defaults::LOG_RETENTION,
    }
}

choice! {
    /// Who may call the routes of a function.
    pub enum CallAccess("a kind of access") {
        /// Everybody.
        Open = "open" not "none" not "public",
        /// Who signs requests with credentials of the account; the health route stays open. Signatures
        /// name a region: callers must sign for the one they reach.
        Signed = "signed" not "iam",
    }
}

choice! {
    /// Whether a function runs inside the private network.
    pub enum FunctionNetwork("a kind of network") {
        /// Outside, with the whole internet and none of the private network.
        None = "none" not "public",
        /// Inside.
        Private = "private" not "vpc",
    }
}

record! {
    /// A table: items by key.
    pub struct TableSpec {
        /// The attribute that tells items apart, a text.
        required key: AttributeName,
        /// The attribute that orders items with the same key, a text.
        optional sort: AttributeName,
        /// Whether every region that holds data has a copy. Copies converge, the last writer wins.
        default replicate: bool = false,
        /// How far back it can be restored.
        default recovery: Recovery = defaults::RECOVERY,
        /// What its stream of changes shows.
        optional stream: Stream,
        /// The attribute that holds when an item may be removed, in seconds since 1970.
        optional expires: AttributeName,
    }
}

choice! {
    /// How far back a table can be restored.
    pub enum Recovery("a kind of recovery") {
        /// Not at all.
        None = "none",
        /// To any second of the last 35 days.
        PointInTime = "point-in-time",
    }
}

choice! {
    /// What a stream of changes shows of each item.
    pub enum Stream("a kind of stream") {
        /// Its key.
        Keys = "keys",
        /// The item as it is.
        New = "new",
        /// The item as it was.
        Old = "old",
        /// Both.
        NewAndOld = "new-and-old",
    }
}

record! {
    /// A bucket: one per region that holds data, encrypted and closed to the public.
    pub struct BucketSpec {
        /// Whether older versions of objects are kept; replication needs it.
        default versioned: bool = true,
        /// How objects reach the other regions; not at all when absent.
        optional replicate: ReplicateSpec,
    }
}

record! {
    /// How objects reach the other regions.
    pub struct ReplicateSpec {
        /// Which regions have a copy.
        default to: ReplicateTo = ReplicateTo::All,
        /// Whether every region replicates to every other, or the home region to the others.
        default ways: Ways = Ways::Both,
        /// The time within which all but one in ten thousand objects arrive; this, not the promised
        /// RPO, is what may be lost of objects. The cloud offers 15m; without it there is no bound.
        optional within: Duration,
        /// Whether deletions travel too.
        default deletes: bool = false,
    }
}

choice! {
    /// Which regions have a copy.
    pub enum ReplicateTo("a set of regions") {
        /// All that hold data.
        All = "all" not "every",
    }
}

choice! {
    /// In which directions objects travel.
    pub enum Ways("a set of directions") {
        /// From every region to every other, so that nothing written after a failover is missing.
        Both = "both",
        /// From the home region to the others.
        One = "one",
    }
}

record! {
    /// A parameter published to applications, under a path of its own.
    pub struct PublishedParameterSpec {
        /// What it holds.
        required of: Source,
        /// Its path; `/<name>/<environment>/<region>/<parameter>` when absent.
        optional path: ParameterPath,
    }
}

record! {
    /// A dashboard of some regions.
    pub struct DashboardSpec {
        /// In which regions it lies.
        default runs: Placement = Placement::Every,
        /// What it shows.
        required show: Vec<Widget>,
    }
}

record! {
    /// An alarm: a metric and the value it must not pass.
    pub struct AlarmSpec {
        /// What is measured.
        required metric: Metric,
        /// What it is measured of; may be left out where only one thing has the metric.
        optional of: Reference,
        /// It rings above this.
        optional above: Threshold,
        /// It rings below this.
        optional below: Threshold,
        /// What is taken of the values of a period.
        default statistic: Statistic = Statistic::Average,
        /// The time over which values are taken together.
        default period: Duration = defaults::ALARM_PERIOD,
        /// How many periods in a row must be past the threshold.
        default count: NonZeroU32 = defaults::ALARM_COUNT,
    }
}

choice! {
    /// What is taken of the values of a period.
    pub enum Statistic("a statistic") {
        /// Their mean.
        Average = "average" not "mean",
        /// The least.
        Minimum = "minimum" not "min",
        /// The greatest.
        Maximum = "maximum" not "max",
        /// All together.
        Sum = "sum",
    }
}

choice! {
    /// What can be measured.
    pub enum Metric("a metric") {
        /// How far a database's follower is behind, as time; measured where it follows.
        ReplicationLag = "replication-lag" not "lag",
        /// Writes that reached a database's follower.
        ReplicatedWriteIo = "replicated-write-io",
        /// How busy the processors of a database or service are.
        Cpu = "cpu",
        /// Connections to a database.
        Connections = "connections",
        /// Free disk of a database that has disks of its own.
        FreeStorage = "free-storage",
        /// 1 when a function found the database of its region in order, else 0.
        DatabaseHealth = "database-health",
        /// 1 when a function found the health route of another region in order, else 0; measured in
        /// the region that asks, and so there when the other is lost.
        RegionHealth = "region-health",
        /// 1 when public checkers reach a region under a name, else 0.
        Reachability = "reachability",
        /// Requests that an HTTP interface refused as the caller's mistake (4xx).
        ApiClientErrors = "api-client-errors",
        /// Requests that an HTTP interface failed to answer (5xx).
        ApiServerErrors = "api-server-errors",
        /// Calls of a function that failed, out of all calls.
        FunctionErrors = "function-errors",
        /// Calls of a function that were turned away.
        FunctionThrottles = "function-throttles",
        /// How long objects of a bucket are on their way.
        ReplicationLatency = "replication-latency",
        /// The size of a bucket, measured once a day.
        BucketSize = "bucket-size",
        /// Targets of a service that its balancer found unhealthy.
        UnhealthyTargets = "unhealthy-targets",
        /// How long a service takes to answer.
        ResponseTime = "response-time",
    }
}

/// What a threshold of a metric is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A duration, as in `1s`.
    Time,
    /// A share, as in `80%`.
    Percent,
    /// A number.
    Count,
    /// A size, as in `10GiB`.
    Size,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 16] = [
        Self::ReplicationLag,
        Self::ReplicatedWriteIo,
        Self::Cpu,
        Self::Connections,
        Self::FreeStorage,
        Self::DatabaseHealth,
        Self::RegionHealth,
        Self::Reachability,
        Self::ApiClientErrors,
        Self::ApiServerErrors,
        Self::FunctionErrors,
        Self::FunctionThrottles,
        Self::ReplicationLatency,
        Self::BucketSize,
        Self::UnhealthyTargets,
        Self::ResponseTime,
    ];

    /// What it can be measured of.
    pub const fn subjects(self) -> &'static [Section] {
        match self {
            Self::ReplicationLag
            | Self::ReplicatedWriteIo
            | Self::Connections
            | Self::FreeStorage => &[Section::Databases],
            Self::Cpu => &[Section::Databases, Section::Services],
            Self::DatabaseHealth
            | Self::RegionHealth
            | Self::ApiClientErrors
            | Self::ApiServerErrors
            | Self::FunctionErrors
            | Self::FunctionThrottles => &[Section::Functions],
            Self::Reachability => &[Section::Names],
            Self::ReplicationLatency | Self::BucketSize => &[Section::Buckets],
            Self::UnhealthyTargets | Self::ResponseTime => &[Section::Services],
        }
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::ReplicationLag | Self::ReplicationLatency | Self::ResponseTime => Unit::Time,
            Self::Cpu | Self::FunctionErrors => Unit::Percent,
            Self::FreeStorage | Self::BucketSize => Unit::Size,
            Self::ReplicatedWriteIo
            | Self::Connections
            | Self::DatabaseHealth
            | Self::RegionHealth
            | Self::Reachability
            | Self::ApiClientErrors
            | Self::ApiServerErrors
            | Self::FunctionThrottles
            | Self::UnhealthyTargets => Unit::Count,
        }
    }
}

record! {
    /// Where the state of the synthesized modules is kept.
    pub(crate) struct StateFile {
        /// The bucket; each module keeps its state in its own folder when absent or empty.
        optional bucket: MaybeText,
        /// The region of the bucket, which must not be the home region: the state is needed most when
        /// that one is lost.
        required region: Region,
    }
}
