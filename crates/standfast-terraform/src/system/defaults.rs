//! What holds on AWS where the blueprint is silent. Each says what it bounds and where it comes from.

use std::time::Duration;

use standfast_units::Bytes;

/// The class of an instance of a database: the smallest of a current memory-optimised family, whose
/// processor does not run out of credits under the load of a failover.
pub(crate) const INSTANCE: &str = "db.r6g.large";

/// The version of `PostgreSQL`; AWS takes the newest minor version of it when the instance is created.
pub(crate) const POSTGRES: &str = "15";

/// The version of `MySQL`; as above.
pub(crate) const MYSQL: &str = "8.0";

/// The disks of an instance.
pub(crate) const STORAGE_KIND: &str = "gp3";

/// The size of the disks at first: the least that AWS gives out as `gp3`.
pub(crate) const STORAGE_SIZE: Bytes = Bytes::new(20_000_000_000);

/// How long backups of an ephemeral system are kept; AWS keeps at least a day of a cluster.
pub(crate) const RETENTION_EPHEMERAL: Duration = Duration::from_hours(24);

/// How long backups of a production system are kept: mistakes are found the week after, and
/// replication copies them at once.
pub(crate) const RETENTION_PRODUCTION: Duration = Duration::from_hours(14 * 24);

/// How long a key lasts after its deletion was asked for: the most that AWS offers, since what it
/// encrypts is lost with it.
pub(crate) const KEY_DELETED_AFTER: Duration = Duration::from_hours(30 * 24);

/// Settings of databases that hold without a restart and are safe to set so. All others wait for one.
/// Source: "apply type: dynamic" in the parameter lists of the engines.
pub(crate) const SETTINGS_AT_ONCE: [&str; 14] = [
    "idle_in_transaction_session_timeout",
    "log_connections",
    "log_disconnections",
    "log_lock_waits",
    "log_min_duration_statement",
    "log_statement",
    "long_query_time",
    "rds.force_ssl",
    "rds.global_db_rpo",
    "require_secure_transport",
    "slow_query_log",
    "statement_timeout",
    "wait_timeout",
    "work_mem",
];

/// The image of an instance: the newest Amazon Linux of the region, as AWS publishes it.
pub(crate) const IMAGE: &str =
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/// The type of an instance.
pub(crate) const MACHINE: &str = "t3.small";

/// How long a new instance may fail its checks. Source: the default of Auto Scaling.
pub(crate) const GRACE: Duration = Duration::from_mins(5);

/// How a balancer checks its targets, as AWS does by default but for the count that makes one healthy,
/// which is lower so that a new instance serves after a minute.
pub(crate) mod health {
    use std::time::Duration;

    /// How often.
    pub(crate) const EVERY: Duration = Duration::from_secs(30);
    /// How long an answer may take.
    pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);
    /// Answers in a row before a target is healthy.
    pub(crate) const UP: u32 = 2;
    /// Failures in a row before it is not.
    pub(crate) const DOWN: u32 = 2;
}

/// The share of the home region of a weighted name.
pub(crate) const WEIGHT: u8 = 100;
