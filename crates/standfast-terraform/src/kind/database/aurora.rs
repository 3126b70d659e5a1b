//! Aurora: a cluster in each region, joined to a global cluster where there are several.

use standfast_blueprint::{Class, DatabaseSpec, RegionKind};

use crate::kind::database::naming::{self, key, topic, version};
use crate::kind::database::storage::{self, Windows};
use crate::kind::database::{clients, credentials, monitoring, roles, settings};
use crate::syntax::address::Address;
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

/// Declares the cluster of a region, and the global cluster in the home region.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    if naming::is_global(system, database) && region.kind == RegionKind::Home {
        global_cluster(system, database, module);
    }
    let id = naming::id(system, database, region);
    settings::declare(system, region, database, module);
    let logs = monitoring::declare_logs(database, &format!("cluster/{id}"), module);
    let mut cluster = begun(system, region, database, &id);
    placed(database, &mut cluster);
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
    storage::back_up(system, database, &mut cluster, &windows);
    cluster.set("copy_tags_to_snapshot", true);
    storage::protect(system, &id, &mut cluster);
    monitoring::ship(database, logs, &mut cluster);
    let ignored = LEFT_ALONE.iter().map(ToString::to_string).collect();
    roles::leave_alone(system, region, &mut cluster, ignored);
    module.declare(&topic(database), &naming::cluster(database), cluster);
    instances(system, region, database, module);
    outputs(region, database, module);
}

/// What a cluster is, whom it follows, and what it is created with.
fn begun(system: &AwsSystem<'_>, region: &AwsRegion, database: &DatabaseSpec, id: &str) -> Body {
    let home = region.kind == RegionKind::Home;
    let mut cluster = body! {
        "cluster_identifier": id,
        "engine": database.engine.as_str(),
        "engine_version": version(database),
    };
    if naming::is_global(system, database) {
        // A region that stands by goes by the name: it must be possible to build while home is lost.
        let joined = if home {
            global_address(database).id().to_string()
        } else {
            naming::global_cluster_id(system, database)
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
    cluster
}

/// The network, the clients, the settings and the storage of a cluster.
fn placed(database: &DatabaseSpec, cluster: &mut Body) {
    cluster.set(
        "db_subnet_group_name",
        clients::subnets_address(database).name_at_aws(),
    );
    cluster.set(
        "vpc_security_group_ids",
        [clients::group_address(database).id()],
    );
    cluster.set(
        "db_cluster_parameter_group_name",
        settings::address(database).name_at_aws(),
    );
    cluster.set("iam_database_authentication_enabled", true);
    cluster.set("storage_encrypted", true);
    cluster.set("kms_key_id", storage::key_address(database).arn());
}

fn global_address(database: &DatabaseSpec) -> Address {
    ResourceType::RdsGlobalCluster.named(key(database))
}

fn global_cluster(system: &AwsSystem<'_>, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (topic, key) = (topic(database), key(database));
    let global = global_address(database);
    let production = system.blueprint.class == Class::Production;
    module.declare(
        &topic,
        &global,
        body! {
            "global_cluster_identifier": naming::global_cluster_id(system, database),
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
        global.id(),
    );
}

fn instances(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(database), key(database));
    let cluster = naming::id(system, database, region);
    let of = naming::cluster(database);
    for number in 1..=database.node_counts.of(region.kind) {
        let class = match (&database.cloud.serverless, &database.cloud.instance) {
            (Some(_), _) => "db.serverless".to_owned(),
            (None, Some(class)) => literal(class),
            (None, None) => defaults::INSTANCE.to_owned(),
        };
        let mut instance = body! {
            "identifier": shortened(&format!("{cluster}-{number}"), limit::DATABASE),
            "cluster_identifier": of.id(),
            "engine": database.engine.as_str(),
            "engine_version": of.engine_version(),
            "instance_class": class,
            "db_subnet_group_name": clients::subnets_address(database).name_at_aws(),
            "publicly_accessible": false,
            // The version is raised on purpose, in all regions, through the global cluster.
            "auto_minor_version_upgrade": false,
            "copy_tags_to_snapshot": true,
            "promotion_tier": number - 1,
        };
        monitoring::set(database, &mut instance);
        let ignored = vec!["engine_version".to_owned()];
        roles::leave_alone(system, region, &mut instance, ignored);
        module.declare(
            &topic,
            &ResourceType::RdsClusterInstance.named(format!("{key}_{number}")),
            instance,
        );
    }
}

fn outputs(region: &AwsRegion, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (key, region) = (key(database), region.id());
    module.output(
        &format!("{key}_writer_endpoint_{region}"),
        "Where to write, while this region's cluster is the writer.",
        naming::writer(database),
    );
    module.output(
        &format!("{key}_reader_endpoint_{region}"),
        "Where to read.",
        naming::reader(database),
    );
    module.output(
        &format!("{key}_cluster_arn_{region}"),
        "The cluster, as a failover names it.",
        naming::cluster(database).arn(),
    );
}
