//! The latch: what decides to which region names lead.
//!
//! For each region that holds data there is one metric, 1 while that region holds the current epoch and
//! 0 otherwise, published by the controller or the operator that decides (protocol, P13: the name moves after
//! a verified write). An alarm watches it from a region that survives the loss of either, the witness's where there
//! is one, and the health check of the region's records follows that alarm. Where data is missing, the
//! alarm and the check keep what they last knew. So a region that comes back does not get its clients
//! back by coming back, and a region that stands by gets none before it was opened.
//!
//! When everything is closed, Route 53 answers the primary record all the same, home's. So the
//! controller or operator who turns the latch opens the new region first and closes the old one then.
//!
//! Route 53 follows alarms on metrics of a minute, over all periods in a row, without arithmetic; the
//! alarms here are of that kind. Source: "Monitoring a `CloudWatch` alarm" in its developer guide.

use crate::kind::role::{IamRole, assumed_for_this_account};
use crate::kind::series::publish;
use crate::kind::topic;
use crate::syntax::address::{Address, Template};
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::latch::{METRIC, alarm_name, namespace};
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::system::tags;

const TOPIC: &str = "latch";

/// How long after the health checks were made the first values are published, so that they are seen.
const FIRST_AFTER: &str = "5m";

fn key(region: &AwsRegion) -> String {
    format!("latch__{}", region.id())
}

/// The health check that follows the alarm of a region; the region's records go by it.
pub(crate) fn check(region: &AwsRegion) -> Address {
    ResourceType::Route53HealthCheck.named(key(region))
}

/// Declares the alarms, in the one region they live in.
pub(crate) fn declare(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
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
                "alarm_actions": [topic::address().arn()],
                "ok_actions": [topic::address().arn()],
            },
        );
    }
}

/// Declares the health checks that follow the alarms, and the first values.
pub(crate) fn declare_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    let Some(latch) = system.latch_region() else {
        return;
    };
    let mut checks = Vec::new();
    for served in system.data_regions() {
        let check = check(served);
        module.declare(
            TOPIC,
            &check,
            body! {
                "type": "CLOUDWATCH_METRIC",
                "cloudwatch_alarm_name": alarm_name(system, served),
                "cloudwatch_alarm_region": &latch.aws,
                "insufficient_data_health_status": "LastKnownStatus",
                "tags": tags::named(&alarm_name(system, served)),
            },
        );
        checks.push(check);
    }
    first_values(system, latch, checks, module);
}

/// Before any controller exists, the home region serves: published once, when everything is there, and
/// never again.
fn first_values(
    system: &AwsSystem<'_>,
    latch: &AwsRegion,
    checks: Vec<Address>,
    module: &mut ModuleFiles,
) {
    let role = IamRole {
        key: "first_values",
        name: system.name_in("first-values", latch, limit::FUNCTION),
        why: "Publishes once that the home region serves",
        trust: assumed_for_this_account("scheduler.amazonaws.com"),
        statements: vec![publish("Latch", &namespace(system))],
    }
    .declare(TOPIC, module);
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
    let local = "first_values";
    module.local(TOPIC, local, values);
    let values = Template::local(local);
    let at = Template::of(format_args!(
        "formatdate(\"'at('YYYY-MM-DD'T'hh:mm:ss')'\", timeadd(timestamp(), \"{FIRST_AFTER}\"))"
    ));
    module.declare(
        TOPIC,
        &ResourceType::SchedulerSchedule.named("first_values"),
        body! {
            "provider": latch.provider(),
            "name": system.name_in("first-values", latch, limit::FUNCTION),
            "description": "Says once that the home region serves",
            "schedule_expression": at,
            "flexible_time_window": body! { "mode": "OFF" },
            "target": body! {
                // What could not be published within the hour is stale: an operator may have turned the latch.
                "retry_policy": body! {
                    "maximum_event_age_in_seconds": 3600,
                    "maximum_retry_attempts": 60,
                },
                "arn": arn::without_account("scheduler", "aws-sdk:cloudwatch:putMetricData"),
                "role_arn": role.arn(),
                "input": Template::of(format_args!(
                    "jsonencode({{ Namespace = \"{}\", MetricData = {} }})",
                    namespace(system),
                    values.expression()
                )),
            },
            "depends_on": checks,
            // The time is past by the next apply, and who serves may have changed.
            "lifecycle": body! { "ignore_changes": ["schedule_expression", "target"] },
        },
    );
}
