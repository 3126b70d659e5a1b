//! Tables. The home region's module declares the table, the module that spans regions its copies.

use standfast_blueprint::{Class, Name, Recovery, RegionKind, Stream, TableSpec};

use crate::name::identifier;
use crate::plan::{Place, Plan};
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;

/// The tables of a region.
pub(crate) fn write(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    if place.kind != RegionKind::Home {
        return;
    }
    for (name, table) in &plan.blueprint.tables {
        write_one(plan, place, name, table, module);
    }
}

fn topic(name: &Name) -> String {
    format!("table-{name}")
}

fn write_one(
    plan: &Plan<'_>,
    place: &Place,
    name: &Name,
    table: &TableSpec,
    module: &mut ModuleFiles,
) {
    let key = identifier(name.as_str());
    let mut body = body! {
        "name": plan.table(name.as_str()),
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": table.key.as_str(),
    };
    body.set_some("range_key", table.sort.as_ref().map(ToString::to_string));
    let attributes: Vec<Body> = std::iter::once(&table.key)
        .chain(&table.sort)
        .map(|attribute| body! { "name": attribute.as_str(), "type": "S" })
        .collect();
    body.set("attribute", attributes);
    if let Some(stream) = stream(plan, table) {
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
    let production = plan.blueprint.class == Class::Production;
    body.set("deletion_protection_enabled", production);
    // Copies are resources of their own, in the module that spans regions.
    body.set("lifecycle", body! { "ignore_changes": ["replica"] });
    module.declare(&topic(name), &ResourceType::DynamodbTable.named(&key), body);
    module.output(
        &format!("{key}_table_{}", place.id()),
        "The table; its copies have the same name.",
        ResourceType::DynamodbTable.named(&key).name_at_aws(),
    );
}

/// What the stream shows. Copies are made from a stream of new and old items.
fn stream(plan: &Plan<'_>, table: &TableSpec) -> Option<&'static str> {
    let copied = table.replicate && plan.spans_regions();
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
pub(crate) fn write_global(plan: &Plan<'_>, module: &mut ModuleFiles) {
    let tables = plan.blueprint.tables.iter();
    for (name, table) in tables.filter(|(_, table)| table.replicate) {
        let key = identifier(name.as_str());
        let arn = Plan::arn(
            "dynamodb",
            &plan.home().aws,
            &format!("table/{}", plan.table(name.as_str())),
        );
        for place in plan.standbys() {
            module.declare(
                &topic(name),
                &ResourceType::DynamodbTableReplica.named(format!("{key}_{}", place.id())),
                body! {
                    "provider": place.provider(),
                    "global_table_arn": &arn,
                    "point_in_time_recovery": table.recovery == Recovery::PointInTime,
                    "deletion_protection_enabled":
                        plan.blueprint.class == Class::Production,
                },
            );
        }
    }
}
