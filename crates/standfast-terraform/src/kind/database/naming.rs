//! What databases are called, and what follows from their engine.

use standfast_blueprint::{DatabaseSpec, Engine, SecretReference};

use crate::syntax::address::{Address, Template};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::name::{identifier, limit, shortened};
use crate::system::region::AwsRegion;

/// The file that a database stands in.
pub(crate) fn topic(database: &DatabaseSpec) -> String {
    format!("database-{}", database.name)
}

/// The part of identifiers of Terraform that names a database.
pub(crate) fn key(database: &DatabaseSpec) -> String {
    identifier(database.name.as_str())
}

/// The identifier of the cluster, or of the only instance, of a database in a region.
pub(crate) fn id(system: &AwsSystem<'_>, database: &DatabaseSpec, region: &AwsRegion) -> String {
    let name = system.name_in(database.name.as_str(), region, limit::DATABASE);
    lettered(name)
}

/// The identifier of the global cluster of a database.
pub(crate) fn global_cluster_id(system: &AwsSystem<'_>, database: &DatabaseSpec) -> String {
    lettered(system.name_of(database.name.as_str(), limit::DATABASE))
}

/// RDS takes only identifiers that begin with a letter.
fn lettered(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        shortened(&format!("s{name}"), limit::DATABASE)
    }
}

/// The name of the secret with the credentials of a database: the same in every region.
pub(crate) fn secret_name(system: &AwsSystem<'_>, database: &DatabaseSpec) -> String {
    match &database.credentials {
        Some(SecretReference::Secret(name)) => name.clone(),
        _ => format!("{}/{}", system.full_name(), database.name),
    }
}

/// The cluster of a region, by its ARN.
pub(crate) fn cluster_arn(
    system: &AwsSystem<'_>,
    database: &DatabaseSpec,
    region: &AwsRegion,
) -> String {
    let id = id(system, database, region);
    arn::in_account("rds", &region.aws, &format!("cluster:{id}"))
}

/// The instance of a region, by its ARN.
pub(crate) fn instance_arn(
    system: &AwsSystem<'_>,
    database: &DatabaseSpec,
    region: &AwsRegion,
) -> String {
    let id = id(system, database, region);
    arn::in_account("rds", &region.aws, &format!("db:{id}"))
}

/// The cluster of this region, within its module.
pub(crate) fn cluster(database: &DatabaseSpec) -> Address {
    ResourceType::RdsCluster.named(key(database))
}

/// The instance of this region, within its module.
pub(crate) fn instance(database: &DatabaseSpec) -> Address {
    ResourceType::DbInstance.named(key(database))
}

/// Where to write to the database of this region.
pub(crate) fn writer(database: &DatabaseSpec) -> Template {
    if is_aurora(database.engine) {
        cluster(database).endpoint()
    } else {
        instance(database).address()
    }
}

/// Where to read from the database of this region.
pub(crate) fn reader(database: &DatabaseSpec) -> Template {
    if is_aurora(database.engine) {
        cluster(database).reader_endpoint()
    } else {
        writer(database)
    }
}

/// Whether one global cluster keeps a database in several regions.
pub(crate) fn is_global(system: &AwsSystem<'_>, database: &DatabaseSpec) -> bool {
    system.spans_regions() && is_aurora(database.engine) && database.node_counts.standby > 0
}

/// The databases that one global cluster keeps in several regions.
pub(crate) fn global<'s>(
    system: &'s AwsSystem<'_>,
) -> impl Iterator<Item = &'s DatabaseSpec> + use<'s> {
    let databases = system.blueprint.databases.iter();
    databases.filter(|database| is_global(system, database))
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

/// The version of the engine, where the blueprint is silent.
pub(crate) fn version(database: &DatabaseSpec) -> String {
    match (&database.version, database.engine) {
        (Some(version), _) => version.to_string(),
        (None, Engine::Postgres | Engine::AuroraPostgresql) => defaults::POSTGRES.to_owned(),
        (None, Engine::Mysql | Engine::AuroraMysql) => defaults::MYSQL.to_owned(),
    }
}

/// The family of settings of a version of an engine.
pub(crate) fn family(engine: Engine, version: &str) -> String {
    let mut parts = version.split('.');
    let major = parts.next().unwrap_or_default();
    let minor = parts.next().unwrap_or("0");
    match engine {
        Engine::AuroraPostgresql => format!("aurora-postgresql{major}"),
        Engine::Postgres => format!("postgres{major}"),
        Engine::AuroraMysql => format!("aurora-mysql{major}.{minor}"),
        Engine::Mysql => format!("mysql{major}.{minor}"),
    }
}

/// Whether AWS keeps a second server in another zone and moves to it by itself.
pub(crate) fn is_multi_zone(region: &AwsRegion, database: &DatabaseSpec) -> bool {
    database.cloud.multi_zone || database.node_counts.of(region.kind) > 1
}
