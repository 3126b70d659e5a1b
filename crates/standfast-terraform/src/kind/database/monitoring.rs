//! How the hosts of a database are measured, and where its logs go.

use std::time::Duration;

use standfast_blueprint::DatabaseSpec;
use standfast_blueprint::defaults::LOG_RETENTION;

use crate::kind::database::naming::{key, topic};
use crate::kind::log_group;
use crate::kind::role::{IamRole, assumed_for_this_account};
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// The key of the role with which the hosts publish.
fn role_key(database: &DatabaseSpec) -> String {
    format!("{}__monitoring", key(database))
}

/// How often the hosts are measured; not at all when the blueprint says so or is silent.
fn interval(database: &DatabaseSpec) -> Option<Duration> {
    database.cloud.monitoring.filter(|every| !every.is_zero())
}

/// Declares the role with which the hosts of a database publish their measurements.
pub(crate) fn declare_role(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    if interval(database).is_none() {
        return;
    }
    let (topic, key) = (topic(database), role_key(database));
    let name = format!("{}-monitoring", database.name);
    let role = IamRole {
        key: &key,
        name: system.name_in(&name, region, limit::FUNCTION),
        why: "Measurements of the hosts of a database",
        trust: assumed_for_this_account("monitoring.rds.amazonaws.com"),
        statements: Vec::new(),
    }
    .declare(&topic, module);
    module.declare(
        &topic,
        &ResourceType::IamRolePolicyAttachment.named(key),
        body! {
            "role": role.name_at_aws(),
            "policy_arn": arn::managed_policy("service-role/AmazonRDSEnhancedMonitoringRole"),
        },
    );
}

/// Sets how often the hosts are measured, and with which role.
pub(crate) fn set(database: &DatabaseSpec, instance: &mut Body) {
    if let Some(every) = interval(database) {
        let role = ResourceType::IamRole.named(role_key(database));
        instance.set(
            "monitoring_interval",
            i64::try_from(every.as_secs()).unwrap_or(60),
        );
        instance.set("monitoring_role_arn", role.arn());
    }
}

/// Declares the groups that logs are shipped to, made before the database would make them without a
/// retention.
pub(crate) fn declare_logs(
    database: &DatabaseSpec,
    of: &str,
    module: &mut ModuleFiles,
) -> Vec<Address> {
    let topic = topic(database);
    let mut made = Vec::new();
    for log in &database.cloud.logs {
        let key = format!("{}_{}", key(database), identifier(log));
        let name = format!("/aws/rds/{of}/{log}");
        made.push(log_group::declare(
            &topic,
            &key,
            &name,
            LOG_RETENTION,
            module,
        ));
    }
    made
}

/// Sets the logs that are shipped, into groups that were made before.
pub(crate) fn ship(database: &DatabaseSpec, groups: Vec<Address>, body: &mut Body) {
    if groups.is_empty() {
        return;
    }
    let logs: Vec<String> = database.cloud.logs.iter().map(|log| literal(log)).collect();
    body.set("enabled_cloudwatch_logs_exports", logs);
    body.set("depends_on", groups);
}
