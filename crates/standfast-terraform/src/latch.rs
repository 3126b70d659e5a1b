//! The latch: what decides to which region names lead.
//!
//! For each region that holds data there is one metric, 1 while that region holds the current epoch and
//! 0 otherwise, published by whoever is left to decide (protocol, P13: the name moves after a verified
//! write). An alarm watches it from a region that survives the loss of either, the witness's where there
//! is one, and the health check of the region's records follows that alarm. Where data is missing, the
//! alarm and the check keep what they last knew. So a region that comes back does not get its clients
//! back by coming back, and a region that stands by gets none before it was opened.
//!
//! When everything is closed, Route 53 answers the primary record all the same, home's. So whoever turns
//! the latch opens the new region first and closes the old one then.
//!
//! Route 53 follows alarms on metrics of a minute, over all periods in a row, without arithmetic; the
//! alarms here are of that kind. Source: "Monitoring a `CloudWatch` alarm" in its developer guide.

use crate::rights::{IamRole, assumed_for_this_account, publish};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::system::tags;

/// The namespace of the metric: one for each system, as rights can be held to a namespace and to nothing
/// smaller, and nobody who turns the latch of one system may turn that of another.
pub(crate) fn namespace(system: &AwsSystem<'_>) -> String {
    format!("Standfast/{}", system.full_name())
}

/// The metric: 1 in the region that holds the current epoch.
pub(crate) const METRIC: &str = "Serving";

const TOPIC: &str = "latch";

/// How long after the health checks were made the first values are published, so that they are seen.
const FIRST_AFTER: &str = "5m";

/// With slashes, which no alarm of a blueprint has in its name.
fn alarm_name(system: &AwsSystem<'_>, region: &AwsRegion) -> String {
    format!("{}/latch/{}", system.full_name(), region.aws)
}

fn key(region: &AwsRegion) -> String {
    format!("latch__{}", region.id())
}

/// The alarms, in the one region they live in.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    if system
        .latch_region()
        .is_none_or(|latch| latch.aws != region.aws)
    {
        return;
    }
    for served in system.data_regions() {
        let description = format!(
            "Rings while {} does not hold the current epoch; its names follow",
            served.aws
        );
        module.declare(
            TOPIC,
            &ResourceType::CloudwatchMetricAlarm.named(key(served)),
            body! {
                "alarm_name": alarm_name(system, served),
                "alarm_description": description,
                "namespace": namespace(system),
                "metric_name": METRIC,
                "dimensions": body! { "Region": &served.aws, "System": system.full_name() },
                // One zero is enough to close a region.
                "statistic": "Minimum",
                "period": 60,
                "evaluation_periods": 1,
                "datapoints_to_alarm": 1,
                "comparison_operator": "LessThanThreshold",
                "threshold": 1,
                "treat_missing_data": "ignore",
                "alarm_actions": [ResourceType::SnsTopic.named("alarms").arn()],
                "ok_actions": [ResourceType::SnsTopic.named("alarms").arn()],
            },
        );
    }
}

/// The health checks that follow the alarms, and the first values.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    let Some(latch) = system.latch_region() else {
        return;
    };
    let mut checks = Vec::new();
    for served in system.data_regions() {
        let key = key(served);
        module.declare(
            TOPIC,
            &ResourceType::Route53HealthCheck.named(&key),
            body! {
                "type": "CLOUDWATCH_METRIC",
                "cloudwatch_alarm_name": alarm_name(system, served),
                "cloudwatch_alarm_region": &latch.aws,
                "insufficient_data_health_status": "LastKnownStatus",
                "tags": tags::named(&alarm_name(system, served)),
            },
        );
        checks.push(ResourceType::Route53HealthCheck.named(&key));
    }
    first_values(system, latch, checks, module);
}

/// The health check of the records of a region.
pub(crate) fn check_id(region: &AwsRegion) -> Template {
    ResourceType::Route53HealthCheck.named(key(region)).id()
}

/// Before any controller exists, the home region serves: published once, when everything is there, and
/// never again.
fn first_values(
    system: &AwsSystem<'_>,
    latch: &AwsRegion,
    checks: Vec<Address>,
    module: &mut ModuleFiles,
) {
    IamRole {
        key: "first_values",
        name: system.name_in("first-values", latch, limit::FUNCTION),
        why: "Publishes once that the home region serves",
        trust: assumed_for_this_account("scheduler.amazonaws.com"),
        statements: vec![publish("Latch", &namespace(system))],
    }
    .write(TOPIC, module);
    let values: Vec<Body> = system
        .data_regions()
        .map(|region| {
            let dimension = |name: &str, value: &str| body! { "Name": name, "Value": value };
            body! {
                "MetricName": METRIC,
                "Dimensions": [
                    dimension("Region", &region.aws),
                    dimension("System", &system.full_name()),
                ],
                "Value": i32::from(region.aws == system.home().aws),
            }
        })
        .collect();
    module.local(TOPIC, "first_values", values);
    module.declare(TOPIC, &ResourceType::SchedulerSchedule.named("first_values"), body! {
            "provider": latch.provider(),
            "name": system.name_in("first-values", latch, limit::FUNCTION),
            "description": "Says once that the home region serves",
            "schedule_expression": format!(
                "${{formatdate(\"'at('YYYY-MM-DD'T'hh:mm:ss')'\", timeadd(timestamp(), \"{FIRST_AFTER}\"))}}"
            ),
            "flexible_time_window": body! { "mode": "OFF" },
            "target": body! {
                // What could not be published within the hour is stale: somebody may have turned the latch.
                "retry_policy": body! {
                    "maximum_event_age_in_seconds": 3600,
                    "maximum_retry_attempts": 60,
                },
                "arn": arn::without_account("scheduler", "aws-sdk:cloudwatch:putMetricData"),
                "role_arn": ResourceType::IamRole.named("first_values").arn(),
                "input": Template::of(format_args!(
                    "jsonencode({{ Namespace = \"{}\", MetricData = local.first_values }})",
                    namespace(system)
                )),
            },
            "depends_on": checks,
            // The time is past by the next apply, and who serves may have changed.
            "lifecycle": body! { "ignore_changes": ["schedule_expression", "target"] },
        });
}
