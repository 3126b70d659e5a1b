//! Instances of RDS: one in the home region, with a standby in a second zone when the blueprint has two
//! servers there; in each region that stands by a replica that can be promoted.

use standfast_blueprint::{DatabaseSpec, RegionKind};
use standfast_units::Bytes;

use super::{Windows, credentials, key_of, topic, version};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::{AwsSystem, port};
use crate::system::defaults;
use crate::system::region::AwsRegion;

/// What a promotion changes, what AWS raises within a version, and the name of the last snapshot.
const LEFT_ALONE: [&str; 3] = [
    "replicate_source_db",
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
    let id = system.database_id(database, region);
    super::settings_group(
        system,
        region,
        database,
        ResourceType::DbParameterGroup,
        module,
    );
    let logs = super::logs(database, &format!("instance/{id}"), module);
    let class = database
        .cloud
        .instance
        .as_deref()
        .unwrap_or(defaults::INSTANCE);
    let mut instance = body! {
        "identifier": &id,
        "instance_class": literal(class),
        "multi_az": is_multi_zone(region, database),
        "port": port(database.engine),
    };
    if region.kind == RegionKind::Home {
        instance.set("engine", database.engine.as_str());
        instance.set("engine_version", version(database));
        instance.set("db_name", literal(database.database.as_str()));
        credentials::set(database, "username", "password", &mut instance);
        storage(database, &mut instance);
    } else {
        // By its ARN, which is known before it exists.
        let source = system.database_id(database, system.home());
        let source = arn::in_account("rds", &system.home().aws, &format!("db:{source}"));
        instance.set("replicate_source_db", source);
    }
    instance.set(
        "db_subnet_group_name",
        ResourceType::DbSubnetGroup.named(&key).name_at_aws(),
    );
    instance.set(
        "vpc_security_group_ids",
        [ResourceType::SecurityGroup
            .named(format!("database_{key}"))
            .id()],
    );
    instance.set(
        "parameter_group_name",
        ResourceType::DbParameterGroup.named(&key).name_at_aws(),
    );
    instance.set("publicly_accessible", false);
    instance.set("iam_database_authentication_enabled", true);
    instance.set("storage_encrypted", true);
    instance.set("kms_key_id", ResourceType::KmsKey.named(&key).arn());
    let windows = Windows {
        backup: "backup_window",
        maintenance: "maintenance_window",
    };
    super::keep(system, database, &mut instance, &windows);
    instance.set("copy_tags_to_snapshot", true);
    instance.set("auto_minor_version_upgrade", false);
    super::monitor(database, &mut instance);
    super::protect(system, &id, &mut instance);
    super::ship(database, logs, &mut instance);
    let ignored = LEFT_ALONE.iter().map(ToString::to_string).collect();
    super::finish(system, region, &mut instance, ignored);
    module.declare(&topic, &ResourceType::DbInstance.named(&key), instance);
    outputs(region, database, module);
}

/// Whether AWS keeps a second server in another zone and moves to it by itself.
pub(crate) fn is_multi_zone(region: &AwsRegion, database: &DatabaseSpec) -> bool {
    database.cloud.multi_zone || database.node_counts.of(region.kind) > 1
}

fn storage(database: &DatabaseSpec, instance: &mut Body) {
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

/// As AWS counts: `100GB` is what AWS calls 100, and never less than was asked for.
pub(crate) fn gibibytes(size: Bytes) -> i64 {
    let bytes = size.get();
    let count = if bytes.is_multiple_of(1_000_000_000) {
        bytes / 1_000_000_000
    } else {
        bytes.div_ceil(1 << 30)
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn outputs(region: &AwsRegion, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (key, region) = (key_of(database), region.id());
    let instance = ResourceType::DbInstance.named(&key);
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
        ResourceType::DbSubnetGroup.named(&key).name_at_aws(),
    );
}
