//! Where a database is kept: a key of its own, and what keeps it from being deleted by mistake.

use standfast_blueprint::{Class, DatabaseSpec};

use crate::kind::database::naming::{key, topic};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::name::{limit, shortened};
use crate::system::region::AwsRegion;

/// The key of a database, within the module of its region.
pub(crate) fn key_address(database: &DatabaseSpec) -> Address {
    ResourceType::KmsKey.named(key(database))
}

/// Declares a key of its own in every region: keys of AWS do not leave their region.
pub(crate) fn declare_key(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(database), key(database));
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
        &key_address(database),
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
            "target_key_id": key_address(database).key_id(),
        },
    );
}

/// What keeps a database from being deleted by mistake, or lets it go.
pub(crate) fn protect(system: &AwsSystem<'_>, id: &str, body: &mut Body) {
    let production = system.blueprint.class == Class::Production;
    body.set("deletion_protection", production);
    body.set("skip_final_snapshot", !production);
    if production {
        // Fixed when the database is created, so that the name is its own and never changes.
        let time = Template::of("formatdate(\"YYYYMMDDhhmmss\", timestamp())");
        let id = shortened(id, limit::OTHER);
        body.set("final_snapshot_identifier", format!("{id}-final-{time}"));
    }
}

/// Backups and maintenance.
pub(crate) fn back_up(
    system: &AwsSystem<'_>,
    database: &DatabaseSpec,
    body: &mut Body,
    windows: &Windows,
) {
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
pub(crate) struct Windows {
    /// The key of the window of backups.
    pub(crate) backup: &'static str,
    /// The key of the window of maintenance.
    pub(crate) maintenance: &'static str,
}
