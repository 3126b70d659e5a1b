//! What can be measured, of what, and in what unit.

use crate::grammar::choice;
use crate::section::threshold::Unit;
use crate::text::reference::Section;

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
