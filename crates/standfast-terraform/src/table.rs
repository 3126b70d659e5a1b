//! Tables. The home region's module declares the table, the module that spans regions its copies.

use standfast_blueprint::{Class, Name, Recovery, RegionKind, Stream, TableSpec};

use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

/// The tables of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    if region.kind != RegionKind::Home {
        return;
    }
    for (name, table) in &system.blueprint.tables {
        write_one(system, region, name, table, module);
    }
}

fn topic(name: &Name) -> String {
    format!("table-{name}")
}

fn write_one(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    table: &TableSpec,
    module: &mut ModuleFiles,
) {
    let key = identifier(name.as_str());
    let mut body = body! {
        "name": system.table(name.as_str()),
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": table.key.as_str(),
    };
    body.set_some("range_key", table.sort.as_ref().map(ToString::to_string));
    let attributes: Vec<Body> = std::iter::once(&table.key)
        .chain(&table.sort)
        .map(|attribute| body! { "name": attribute.as_str(), "type": "S" })
        .collect();
    body.set("attribute", attributes);
    if let Some(stream) = stream(system, table) {
        body.set("stream_enabled", true);
        body.set("stream_view_type", stream);
    }
    if let Some(expires) = &table.expires {
        body.set(
            "ttl",
            body! { "attribute_name": literal(expires.as_str()), "enabled": true },
        );
    }
    body.set(
        "point_in_time_recovery",
        body! { "enabled": table.recovery == Recovery::PointInTime },
    );
    body.set("server_side_encryption", body! { "enabled": true });
    let production = system.blueprint.class == Class::Production;
    body.set("deletion_protection_enabled", production);
    // Copies are resources of their own, in the module that spans regions.
    body.set("lifecycle", body! { "ignore_changes": ["replica"] });
    module.declare(&topic(name), &ResourceType::DynamodbTable.named(&key), body);
    module.output(
        &format!("{key}_table_{}", region.id()),
        "The table; its copies have the same name.",
        ResourceType::DynamodbTable.named(&key).name_at_aws(),
    );
}

/// What the stream shows. Copies are made from a stream of new and old items.
fn stream(system: &AwsSystem<'_>, table: &TableSpec) -> Option<&'static str> {
    let copied = table.replicate && system.spans_regions();
    match table.stream {
        _ if copied => Some("NEW_AND_OLD_IMAGES"),
        None => None,
        Some(Stream::Keys) => Some("KEYS_ONLY"),
        Some(Stream::New) => Some("NEW_IMAGE"),
        Some(Stream::Old) => Some("OLD_IMAGE"),
        Some(Stream::NewAndOld) => Some("NEW_AND_OLD_IMAGES"),
    }
}

/// The copies of tables.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    let tables = system.blueprint.tables.iter();
    for (name, table) in tables.filter(|(_, table)| table.replicate) {
        let key = identifier(name.as_str());
        let arn = arn::in_account(
            "dynamodb",
            &system.home().aws,
            &format!("table/{}", system.table(name.as_str())),
        );
        for region in system.standbys() {
            module.declare(
                &topic(name),
                &ResourceType::DynamodbTableReplica.named(format!("{key}_{}", region.id())),
                body! {
                    "provider": region.provider(),
                    "global_table_arn": &arn,
                    "point_in_time_recovery": table.recovery == Recovery::PointInTime,
                    "deletion_protection_enabled":
                        system.blueprint.class == Class::Production,
                },
            );
        }
    }
}
