//! Tables. The home region's module declares the table, the module that spans regions its copies.

use standfast_blueprint::{Class, Name, Recovery, RegionKind, Source, Stream, TableSpec};

use crate::kind::contract::{
    Access, Explainable, Kinds, Measurable, Nameable, NetworkPath, Publishable, ThingKind,
    ToldVariables, Usable,
};
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{Statement, statement_id};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit, shortened};
use crate::system::region::AwsRegion;

/// The section `tables`.
pub(crate) struct TableKind;

impl ThingKind for TableKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        system.blueprint.tables.keys().map(Name::as_str).collect()
    }

    fn declare(
        &self,
        _: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        if region.kind != RegionKind::Home {
            return;
        }
        for (name, table) in &system.blueprint.tables {
            declare_one(system, region, name, table, module);
        }
    }

    fn declare_global(&self, _: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
        let tables = system.blueprint.tables.iter();
        for (name, table) in tables.filter(|(_, table)| table.replicate) {
            declare_copies(system, name, table, module);
        }
    }

    fn remedy(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
    ) -> Option<&'static str> {
        let mut tables = system.blueprint.tables.iter();
        let (_, table) = tables.find(|(known, _)| known.as_str() == name)?;
        let here = table.replicate || region.aws == system.home().aws;
        (!here).then_some("write `replicate: true` for the table")
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        Some(self)
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        Some(self)
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        None
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        None
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        None
    }
}

impl Usable for TableKind {
    fn statements(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
        _: Access,
    ) -> Vec<Statement> {
        let actions = [
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ];
        let table = vec![arn_in(system, name, region)];
        vec![Statement::allow(
            &statement_id("Table", name),
            &actions,
            table,
        )]
    }

    fn variables(&self, system: &AwsSystem<'_>, _: &AwsRegion, name: &str) -> ToldVariables {
        let first = "TABLE_NAME";
        let values = vec![(first, name_of(system, name))];
        ToldVariables { first, values }
    }

    fn paths(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Vec<NetworkPath> {
        Vec::new()
    }

    fn endpoints(&self) -> &'static [&'static str] {
        &["dynamodb"]
    }
}

impl Publishable for TableKind {
    fn value(&self, system: &AwsSystem<'_>, _: &AwsRegion, source: &Source) -> Option<String> {
        Some(name_of(system, &source.reference().name))
    }
}

/// What a table is called: a copy has the name of the whole.
fn name_of(system: &AwsSystem<'_>, table: &str) -> String {
    let environment = &system.blueprint.environment;
    shortened(&format!("{table}-{environment}"), limit::OTHER)
}

/// A table, or the copy of it in a region.
fn arn_in(system: &AwsSystem<'_>, table: &str, region: &AwsRegion) -> String {
    let table = name_of(system, table);
    arn::in_account("dynamodb", &region.aws, &format!("table/{table}"))
}

fn topic(name: &Name) -> String {
    format!("table-{name}")
}

fn declare_one(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    table: &TableSpec,
    module: &mut ModuleFiles,
) {
    let key = identifier(name.as_str());
    let mut body = body! {
        "name": name_of(system, name.as_str()),
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

fn declare_copies(
    system: &AwsSystem<'_>,
    name: &Name,
    table: &TableSpec,
    module: &mut ModuleFiles,
) {
    let key = identifier(name.as_str());
    let whole = arn_in(system, name.as_str(), system.home());
    for region in system.standbys() {
        module.declare(
            &topic(name),
            &ResourceType::DynamodbTableReplica.named(format!("{key}_{}", region.id())),
            body! {
                "provider": region.provider(),
                "global_table_arn": &whole,
                "point_in_time_recovery": table.recovery == Recovery::PointInTime,
                "deletion_protection_enabled": system.blueprint.class == Class::Production,
            },
        );
    }
}
