//! Aurora: a cluster in each region, joined to a global cluster where there are several.

use standfast_blueprint::{Class, DatabaseSpec, RegionKind};

use super::{Windows, credentials, key_of, topic, version};
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::name::{limit, shortened};
use crate::system::region::AwsRegion;

/// What AWS changes when roles are swapped, versions are raised through the global cluster, and the
/// name that a last snapshot was given when the cluster was created.
const LEFT_ALONE: [&str; 5] = [
    "global_cluster_identifier",
    "replication_source_identifier",
    "source_region",
    "engine_version",
    "final_snapshot_identifier",
];

pub(super) fn write(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(database), key_of(database));
    let global = system.is_global(database);
    let home = region.kind == RegionKind::Home;
    if global && home {
        global_cluster(system, database, module);
    }
    let id = system.database_id(database, region);
    super::settings_group(
        system,
        region,
        database,
        ResourceType::RdsClusterParameterGroup,
        module,
    );
    let logs = super::logs(database, &format!("cluster/{id}"), module);
    let mut cluster = body! {
        "cluster_identifier": &id,
        "engine": database.engine.as_str(),
        "engine_version": version(database),
    };
    if global {
        // A region that stands by goes by the name: it must be possible to build while home is lost.
        let joined = if home {
            ResourceType::RdsGlobalCluster.named(&key).id().to_string()
        } else {
            system.global_cluster_id(database)
        };
        cluster.set("global_cluster_identifier", joined);
        if !home {
            // A copy of something encrypted is asked for with a signature for the region it comes from.
            cluster.set("source_region", &system.home().aws);
        }
    }
    if home {
        cluster.set("database_name", literal(database.database.as_str()));
        credentials::set(database, "master_username", "master_password", &mut cluster);
    }
    placed(&key, &mut cluster);
    cluster.set("iam_database_authentication_enabled", true);
    cluster.set("storage_encrypted", true);
    cluster.set("kms_key_id", ResourceType::KmsKey.named(&key).arn());
    if let Some(capacity) = &database.cloud.serverless {
        cluster.set(
            "serverlessv2_scaling_configuration",
            body! { "min_capacity": capacity.min, "max_capacity": capacity.max },
        );
    }
    let windows = Windows {
        backup: "preferred_backup_window",
        maintenance: "preferred_maintenance_window",
    };
    super::keep(system, database, &mut cluster, &windows);
    cluster.set("copy_tags_to_snapshot", true);
    super::protect(system, &id, &mut cluster);
    super::ship(database, logs, &mut cluster);
    let ignored = LEFT_ALONE.iter().map(ToString::to_string).collect();
    super::finish(system, region, &mut cluster, ignored);
    module.declare(&topic, &ResourceType::RdsCluster.named(&key), cluster);
    instances(system, region, database, module);
    outputs(region, database, module);
}

/// The network, the clients and the settings of a cluster.
fn placed(key: &str, cluster: &mut Body) {
    cluster.set(
        "db_subnet_group_name",
        ResourceType::DbSubnetGroup.named(key).name_at_aws(),
    );
    cluster.set(
        "vpc_security_group_ids",
        [ResourceType::SecurityGroup
            .named(format!("database_{key}"))
            .id()],
    );
    cluster.set(
        "db_cluster_parameter_group_name",
        ResourceType::RdsClusterParameterGroup
            .named(key)
            .name_at_aws(),
    );
}

fn global_cluster(system: &AwsSystem<'_>, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (topic, key) = (topic(database), key_of(database));
    let production = system.blueprint.class == Class::Production;
    module.declare(
        &topic,
        &ResourceType::RdsGlobalCluster.named(&key),
        body! {
            "global_cluster_identifier": system.global_cluster_id(database),
            "engine": database.engine.as_str(),
            "engine_version": version(database),
            "database_name": literal(database.database.as_str()),
            "storage_encrypted": true,
            "deletion_protection": production,
            // Lets go of the clusters that AWS still counts as its members.
            "force_destroy": !production,
        },
    );
    module.output(
        &format!("{key}_global_cluster_id"),
        "The global cluster, which knows who is the writer.",
        ResourceType::RdsGlobalCluster.named(&key).id(),
    );
}

fn instances(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(database), key_of(database));
    let cluster = system.database_id(database, region);
    for number in 1..=database.node_counts.of(region.kind) {
        let class = match (&database.cloud.serverless, &database.cloud.instance) {
            (Some(_), _) => "db.serverless".to_owned(),
            (None, Some(class)) => literal(class),
            (None, None) => defaults::INSTANCE.to_owned(),
        };
        let mut instance = body! {
            "identifier": shortened(&format!("{cluster}-{number}"), limit::DATABASE),
            "cluster_identifier": ResourceType::RdsCluster.named(&key).id(),
            "engine": database.engine.as_str(),
            "engine_version": ResourceType::RdsCluster.named(&key).engine_version(),
            "instance_class": class,
            "db_subnet_group_name": ResourceType::DbSubnetGroup.named(&key).name_at_aws(),
            "publicly_accessible": false,
            // The version is raised on purpose, in all regions, through the global cluster.
            "auto_minor_version_upgrade": false,
            "copy_tags_to_snapshot": true,
            "promotion_tier": number - 1,
        };
        super::monitor(database, &mut instance);
        let ignored = vec!["engine_version".to_owned()];
        super::finish(system, region, &mut instance, ignored);
        module.declare(
            &topic,
            &ResourceType::RdsClusterInstance.named(format!("{key}_{number}")),
            instance,
        );
    }
}

fn outputs(region: &AwsRegion, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (key, region) = (key_of(database), region.id());
    module.output(
        &format!("{key}_writer_endpoint_{region}"),
        "Where to write, while this region's cluster is the writer.",
        super::writer(database),
    );
    module.output(
        &format!("{key}_reader_endpoint_{region}"),
        "Where to read.",
        super::reader(database),
    );
    module.output(
        &format!("{key}_cluster_arn_{region}"),
        "The cluster, as a failover names it.",
        ResourceType::RdsCluster.named(&key).arn(),
    );
}
