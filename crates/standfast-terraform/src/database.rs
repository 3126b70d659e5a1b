//! Databases: global clusters that AWS replicates, or instances with a standby in a second zone.
//!
//! The global cluster is declared by the module of the home region, since that is where it begins; the
//! others join it by name. What AWS changes when roles are swapped (which cluster follows which) is
//! left out of what Terraform compares, so that a swap is never undone by the next apply.

mod aurora;
mod credentials;
mod instance;

pub(crate) use instance::{gibibytes, is_multi_zone};

use standfast_blueprint::{Class, DatabaseSpec, Engine, Reach};

use crate::network::{self, Counterpart};
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::{AwsSystem, is_aurora, port};
use crate::system::defaults;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;
use crate::system::tags;

/// The databases of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    for database in &system.blueprint.databases {
        if database.node_counts.of(region.kind) == 0 {
            continue;
        }
        key(system, region, database, module);
        door(system, region, database, module);
        credentials::write(system, region, database, module);
        monitoring_role(system, region, database, module);
        if is_aurora(database.engine) {
            aurora::write(system, region, database, module);
        } else {
            instance::write(system, region, database, module);
        }
    }
}

/// The file that a database stands in.
fn topic(database: &DatabaseSpec) -> String {
    format!("database-{}", database.name)
}

/// The part of identifiers of Terraform that names a database.
fn key_of(database: &DatabaseSpec) -> String {
    identifier(database.name.as_str())
}

/// Where to write to the database of this region, as a reference.
pub(crate) fn writer(database: &DatabaseSpec) -> String {
    let key = key_of(database);
    if is_aurora(database.engine) {
        ResourceType::RdsCluster.named(&key).endpoint().to_string()
    } else {
        ResourceType::DbInstance.named(&key).address().to_string()
    }
}

/// Where to read from the database of this region, as a reference.
pub(crate) fn reader(database: &DatabaseSpec) -> String {
    let key = key_of(database);
    if is_aurora(database.engine) {
        ResourceType::RdsCluster
            .named(&key)
            .reader_endpoint()
            .to_string()
    } else {
        writer(database)
    }
}

/// A key of its own in every region: keys of AWS do not leave their region.
fn key(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(database), key_of(database));
    let spec = database.cloud.key.as_ref();
    let days = spec
        .and_then(|spec| spec.delete_after)
        .unwrap_or(defaults::KEY_DELETED_AFTER)
        .as_secs()
        / (24 * 3600);
    let document = format!("{key}__key");
    let root = arn::in_account("iam", "", "root");
    let statement = Statement::allow("Account", &["kms:*"], vec!["*".to_owned()]).by("AWS", root);
    let policy = policy::document(module, &topic, &document, vec![statement]);
    let name = system.name_in(database.name.as_str(), region, limit::OTHER);
    module.declare(
        &topic,
        &ResourceType::KmsKey.named(&key),
        body! {
            "description": format!("Storage of the database {} in {}", database.name, region.aws),
            "enable_key_rotation": spec.is_none_or(|spec| spec.rotate),
            "deletion_window_in_days": i64::try_from(days).unwrap_or(i64::MAX),
            "policy": policy,
        },
    );
    module.declare(
        &topic,
        &ResourceType::KmsAlias.named(&key),
        body! {
            "name": format!("alias/{name}"),
            "target_key_id": ResourceType::KmsKey.named(&key).key_id(),
        },
    );
}

/// Who reaches the database, and the subnets it lives in.
fn door(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let key = key_of(database);
    let group = format!("database_{key}");
    network::security_group(system, region, &group, "Clients of the database", module);
    let from: Vec<&AwsRegion> = match database.cloud.reach {
        Reach::Region => vec![region],
        Reach::System => system.data_regions().collect(),
    };
    for other in from {
        let Some(network) = &other.network else {
            continue;
        };
        network::ingress(
            &format!("{group}_from_{}", other.id()),
            &group,
            &format!("Clients in {}", other.aws),
            port(database.engine),
            &Counterpart::Range(network.cidr.to_string()),
            module,
        );
    }
    let count = region.network.as_ref().map_or(0, |own| own.private.len());
    let name = system.name_in(database.name.as_str(), region, limit::GROUP);
    module.declare(
        &topic(database),
        &ResourceType::DbSubnetGroup.named(&key),
        body! {
            "name": &name,
            "subnet_ids": network::subnet_ids("private", count),
            "tags": tags::named(&name),
        },
    );
}

/// The role with which the host of a database publishes its measurements.
fn monitoring_role(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    if database
        .cloud
        .monitoring
        .is_none_or(|every| every.is_zero())
    {
        return;
    }
    let (topic, key) = (topic(database), format!("{}__monitoring", key_of(database)));
    let name = format!("{}-monitoring", database.name);
    crate::rights::IamRole {
        key: &key,
        name: system.name_in(&name, region, limit::FUNCTION),
        why: "Measurements of the hosts of a database",
        trust: crate::rights::assumed_for_this_account("monitoring.rds.amazonaws.com"),
        statements: Vec::new(),
    }
    .write(&topic, module);
    module.declare(
        &topic,
        &ResourceType::IamRolePolicyAttachment.named(&key),
        body! {
            "role": ResourceType::IamRole.named(&key).name_at_aws(),
            "policy_arn":
                arn::managed_policy("service-role/AmazonRDSEnhancedMonitoringRole"),
        },
    );
}

/// How often the hosts are measured, and with which role.
fn monitor(database: &DatabaseSpec, instance: &mut Body) {
    let every = database.cloud.monitoring.filter(|every| !every.is_zero());
    if let Some(every) = every {
        let role = format!("{}__monitoring", key_of(database));
        instance.set(
            "monitoring_interval",
            i64::try_from(every.as_secs()).unwrap_or(60),
        );
        instance.set(
            "monitoring_role_arn",
            ResourceType::IamRole.named(&role).arn(),
        );
    }
}

/// What keeps a database from being deleted by mistake, or lets it go.
fn protect(system: &AwsSystem<'_>, id: &str, body: &mut Body) {
    let production = system.blueprint.class == Class::Production;
    body.set("deletion_protection", production);
    body.set("skip_final_snapshot", !production);
    if production {
        // Fixed when the database is created, so that the name is its own and never changes.
        let time = "${formatdate(\"YYYYMMDDhhmmss\", timestamp())}";
        let id = crate::system::name::shortened(id, limit::OTHER);
        body.set("final_snapshot_identifier", format!("{id}-final-{time}"));
    }
}

/// Backups and maintenance.
fn keep(system: &AwsSystem<'_>, database: &DatabaseSpec, body: &mut Body, windows: &Windows) {
    let backup = database.cloud.backup.as_ref();
    let retention = backup.and_then(|backup| backup.retention);
    let retention = retention.unwrap_or(match system.blueprint.class {
        Class::Ephemeral => defaults::RETENTION_EPHEMERAL,
        Class::Production => defaults::RETENTION_PRODUCTION,
    });
    let days = retention.as_secs() / (24 * 3600);
    body.set(
        "backup_retention_period",
        i64::try_from(days).unwrap_or(i64::MAX),
    );
    let window = backup.and_then(|backup| backup.window.as_ref());
    body.set_some(windows.backup, window.map(ToString::to_string));
    let maintenance = database.cloud.maintenance.as_ref();
    body.set_some(windows.maintenance, maintenance.map(ToString::to_string));
}

/// The keys under which a kind of resource takes its windows.
struct Windows {
    backup: &'static str,
    maintenance: &'static str,
}

/// Adds the tags of a role, and what Terraform leaves alone.
fn finish(system: &AwsSystem<'_>, region: &AwsRegion, body: &mut Body, mut ignored: Vec<String>) {
    let tags = tags::of_role(system, region);
    if !tags.is_empty() {
        for (tag, _) in tags::with_role(system) {
            ignored.push(format!("tags[\"{tag}\"]"));
            ignored.push(format!("tags_all[\"{tag}\"]"));
        }
        body.set("tags", tags);
    }
    body.set("lifecycle", body! { "ignore_changes": ignored });
}

/// The settings of the engine, with what every database has.
fn settings(system: &AwsSystem<'_>, region: &AwsRegion, database: &DatabaseSpec) -> Vec<Body> {
    let mut settings: std::collections::BTreeMap<String, String> = database
        .parameters
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    // Clients without TLS are turned away.
    let (name, value) = match database.engine {
        Engine::AuroraPostgresql | Engine::Postgres => ("rds.force_ssl", "1"),
        Engine::AuroraMysql => ("require_secure_transport", "ON"),
        Engine::Mysql => ("require_secure_transport", "1"),
    };
    settings
        .entry(name.to_owned())
        .or_insert_with(|| value.to_owned());
    // In the writer's region only: a promoted cluster whose only follower is lost would let every commit wait.
    let home = region.kind == standfast_blueprint::RegionKind::Home;
    if home && database.durability == standfast_blueprint::Durability::Bounded {
        let rpo = system.blueprint.promise.rpo.as_secs();
        settings.insert("rds.global_db_rpo".to_owned(), rpo.to_string());
    }
    settings
        .into_iter()
        .map(|(name, value)| {
            // A setting that needs a restart is refused when it is to hold at once; one that does not
            // may wait for the restart all the same.
            let at_once = defaults::SETTINGS_AT_ONCE.contains(&name.as_str());
            let method = if at_once {
                "immediate"
            } else {
                "pending-reboot"
            };
            body! {
                "name": name,
                "value": crate::syntax::json::literal(&value),
                "apply_method": method,
            }
        })
        .collect()
}

/// The group of settings of a database, in one of the two forms AWS has.
fn settings_group(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    kind: ResourceType,
    module: &mut ModuleFiles,
) {
    // The family is part of the name: its successor stands beside it during a change of version.
    let family = family(database.engine, &version(database));
    let name = format!("{}-{}", database.name, family.replace('.', "-"));
    module.declare(
        &topic(database),
        &kind.named(key_of(database)),
        body! {
            "name": system.name_in(&name, region, limit::GROUP),
            "family": family,
            "description": format!("Settings of the database {}", database.name),
            "parameter": settings(system, region, database),
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
}

/// The logs that are shipped, into groups that were made before.
fn ship(database: &DatabaseSpec, groups: Vec<Address>, body: &mut Body) {
    if groups.is_empty() {
        return;
    }
    let logs: Vec<String> = database
        .cloud
        .logs
        .iter()
        .map(|log| crate::syntax::json::literal(log))
        .collect();
    body.set("enabled_cloudwatch_logs_exports", logs);
    body.set("depends_on", groups);
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

/// The version of the engine, where the blueprint is silent.
pub(crate) fn version(database: &DatabaseSpec) -> String {
    match (&database.version, database.engine) {
        (Some(version), _) => version.to_string(),
        (None, Engine::Postgres | Engine::AuroraPostgresql) => defaults::POSTGRES.to_owned(),
        (None, Engine::Mysql | Engine::AuroraMysql) => defaults::MYSQL.to_owned(),
    }
}

/// The groups that logs are shipped to, made before the database would make them without a retention.
fn logs(database: &DatabaseSpec, of: &str, module: &mut ModuleFiles) -> Vec<Address> {
    let topic = topic(database);
    let mut made = Vec::new();
    for log in &database.cloud.logs {
        let key = format!("{}_{}", key_of(database), identifier(log));
        let days = crate::log::days(standfast_blueprint::defaults::LOG_RETENTION);
        module.declare(
            &topic,
            &ResourceType::CloudwatchLogGroup.named(&key),
            body! { "name": format!("/aws/rds/{of}/{log}"), "retention_in_days": days },
        );
        made.push(ResourceType::CloudwatchLogGroup.named(&key));
    }
    made
}
