//! The settings of the engine of a database, with what every database has.

use std::collections::BTreeMap;

use standfast_blueprint::{DatabaseSpec, Durability, Engine, RegionKind};

use crate::kind::database::naming::{family, is_aurora, key, topic, version};
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::name::limit;
use crate::system::region::AwsRegion;

/// The group of settings of a database, in one of the two forms AWS has.
pub(crate) fn address(database: &DatabaseSpec) -> Address {
    if is_aurora(database.engine) {
        ResourceType::RdsClusterParameterGroup.named(key(database))
    } else {
        ResourceType::DbParameterGroup.named(key(database))
    }
}

/// Declares the group of settings of a database.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    // The family is part of the name: its successor stands beside it during a change of version.
    let family = family(database.engine, &version(database));
    let name = format!("{}-{}", database.name, family.replace('.', "-"));
    module.declare(
        &topic(database),
        &address(database),
        body! {
            "name": system.name_in(&name, region, limit::GROUP),
            "family": family,
            "description": format!("Settings of the database {}", database.name),
            "parameter": settings(system, region, database),
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
}

/// The settings of the engine, with what every database has.
fn settings(system: &AwsSystem<'_>, region: &AwsRegion, database: &DatabaseSpec) -> Vec<Body> {
    let mut settings: BTreeMap<String, String> = database
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
    let home = region.kind == RegionKind::Home;
    if home && database.durability == Durability::Bounded {
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
                "value": literal(&value),
                "apply_method": method,
            }
        })
        .collect()
}
