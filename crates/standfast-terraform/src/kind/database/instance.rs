//! Instances of RDS: one in the home region, with a standby in a second zone when the blueprint has two
//! servers there; in each region that stands by a replica that can be promoted.

use standfast_blueprint::{DatabaseSpec, RegionKind};

use crate::kind::database::naming::{self, key, port, topic, version};
use crate::kind::database::storage::{self, Windows};
use crate::kind::database::{clients, credentials, monitoring, roles, settings};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::region::AwsRegion;
use crate::system::size::gibibytes;

/// What a promotion changes, what AWS raises within a version, and the name of the last snapshot.
const LEFT_ALONE: [&str; 3] = [
    "replicate_source_db",
    "engine_version",
    "final_snapshot_identifier",
];

/// Declares the instance of a region.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let id = naming::id(system, database, region);
    settings::declare(system, region, database, module);
    let logs = monitoring::declare_logs(database, &format!("instance/{id}"), module);
    let mut instance = begun(system, region, database, &id);
    placed(database, &mut instance);
    let windows = Windows {
        backup: "backup_window",
        maintenance: "maintenance_window",
    };
    storage::back_up(system, database, &mut instance, &windows);
    instance.set("copy_tags_to_snapshot", true);
    instance.set("auto_minor_version_upgrade", false);
    monitoring::set(database, &mut instance);
    storage::protect(system, &id, &mut instance);
    monitoring::ship(database, logs, &mut instance);
    let ignored = LEFT_ALONE.iter().map(ToString::to_string).collect();
    roles::leave_alone(system, region, &mut instance, ignored);
    module.declare(&topic(database), &naming::instance(database), instance);
    outputs(region, database, module);
}

/// What an instance is, whom it follows, and what it is created with.
fn begun(system: &AwsSystem<'_>, region: &AwsRegion, database: &DatabaseSpec, id: &str) -> Body {
    let class = database.cloud.instance.as_deref();
    let mut instance = body! {
        "identifier": id,
        "instance_class": literal(class.unwrap_or(defaults::INSTANCE)),
        "multi_az": naming::is_multi_zone(region, database),
        "port": port(database.engine),
    };
    if region.kind == RegionKind::Home {
        instance.set("engine", database.engine.as_str());
        instance.set("engine_version", version(database));
        instance.set("db_name", literal(database.database.as_str()));
        credentials::set(database, "username", "password", &mut instance);
        disks(database, &mut instance);
    } else {
        // By its ARN, which is known before it exists.
        let source = naming::instance_arn(system, database, system.home());
        instance.set("replicate_source_db", source);
    }
    instance
}

/// The network, the clients, the settings and the storage of an instance.
fn placed(database: &DatabaseSpec, instance: &mut Body) {
    instance.set(
        "db_subnet_group_name",
        clients::subnets_address(database).name_at_aws(),
    );
    instance.set(
        "vpc_security_group_ids",
        [clients::group_address(database).id()],
    );
    instance.set(
        "parameter_group_name",
        settings::address(database).name_at_aws(),
    );
    instance.set("publicly_accessible", false);
    instance.set("iam_database_authentication_enabled", true);
    instance.set("storage_encrypted", true);
    instance.set("kms_key_id", storage::key_address(database).arn());
}

fn disks(database: &DatabaseSpec, instance: &mut Body) {
    let spec = database.cloud.storage.as_ref();
    let kind = spec.and_then(|spec| spec.kind.as_deref());
    let size = spec.and_then(|spec| spec.size);
    instance.set(
        "storage_type",
        literal(kind.unwrap_or(defaults::STORAGE_KIND)),
    );
    instance.set(
        "allocated_storage",
        gibibytes(size.unwrap_or(defaults::STORAGE_SIZE)),
    );
    let max = spec.and_then(|spec| spec.max);
    instance.set_some("max_allocated_storage", max.map(gibibytes));
}

fn outputs(region: &AwsRegion, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (key, region) = (key(database), region.id());
    let instance = naming::instance(database);
    let mut output = |name: &str, description: &str, value: Template| {
        module.output(&format!("{key}_{name}_{region}"), description, value);
    };
    output(
        "endpoint",
        "Where to connect, whichever zone serves.",
        instance.endpoint(),
    );
    output("port", "The port of the endpoint.", instance.port());
    output(
        "zone",
        "The zone that serves now.",
        instance.availability_zone(),
    );
    output(
        "multi_az",
        "Whether a second zone stands by.",
        instance.multi_az(),
    );
    output("arn", "The instance.", instance.arn());
    module.output(
        &format!("{key}_subnet_group_{region}"),
        "The subnets it may move between.",
        clients::subnets_address(database).name_at_aws(),
    );
}
