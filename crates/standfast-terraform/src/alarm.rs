//! Alarms: each in the region that emits its metric, each telling people there.

use std::collections::BTreeMap;

use standfast_blueprint::{AlarmSpec, Metric, Name, Reference, Section, Statistic};

use crate::metric::{self, From, ROUTE53_REGION, Series};
use crate::record;
use crate::syntax::json::{Body, Json, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

const TOPIC: &str = "alarms";

/// What an alarm is of: what the blueprint says, or the only thing that has the metric.
pub(crate) fn subject(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: Option<&Reference>,
) -> Option<Reference> {
    if let Some(of) = of {
        return Some(of.clone());
    }
    let blueprint = system.blueprint;
    let names = |section: Section| -> Vec<String> {
        let keys = |names: Vec<&Name>| names.into_iter().map(ToString::to_string).collect();
        match section {
            Section::Databases => {
                let databases = blueprint.databases.iter();
                databases
                    .map(|database| database.name.to_string())
                    .collect()
            }
            Section::Services => keys(blueprint.services.keys().collect()),
            Section::Functions => keys(blueprint.functions.keys().collect()),
            Section::Tables => keys(blueprint.tables.keys().collect()),
            Section::Buckets => keys(blueprint.buckets.keys().collect()),
            Section::Parameters => keys(blueprint.parameters.keys().collect()),
            Section::Names => keys(blueprint.names.records.keys().collect()),
        }
    };
    metric.subjects().iter().find_map(|section| {
        let name = names(*section).into_iter().next()?;
        Some(Reference {
            section: *section,
            name,
        })
    })
}

/// The alarms of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    for (name, alarm) in &system.blueprint.alarms {
        let Some(of) = subject(system, alarm.metric, alarm.of.as_ref()) else {
            continue;
        };
        let series = metric::series(system, alarm.metric, &of, &mut From::Region);
        let here: Vec<Series> = series
            .into_iter()
            .filter(|series| series.region == region.aws)
            .collect();
        for (index, series) in here.iter().enumerate() {
            // Several of one region are told apart by a number.
            let number = match index {
                0 => String::new(),
                _ => format!("-{}", index + 1),
            };
            let called = system.name_in(&format!("{name}{number}"), region, limit::OTHER);
            let body = body(
                alarm,
                name,
                &of,
                series,
                &called,
                &ResourceType::SnsTopic.named("alarms").arn().to_string(),
            );
            let key = match index {
                0 => identifier(name.as_str()),
                _ => format!("{}__{}", identifier(name.as_str()), index + 1),
            };
            module.declare(
                TOPIC,
                &ResourceType::CloudwatchMetricAlarm.named(&key),
                body,
            );
        }
    }
}

/// The alarms on what public checkers see: their metrics are published in one region only.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    for (name, alarm) in &system.blueprint.alarms {
        if alarm.metric != Metric::Reachability {
            continue;
        }
        let Some(of) = subject(system, alarm.metric, alarm.of.as_ref()) else {
            continue;
        };
        let mut all = metric::series(system, alarm.metric, &of, &mut From::Global(module));
        let any = record::any_checker(&of.name);
        all.extend(all.first().cloned().map(|first| Series {
            label: "any region".to_owned(),
            dimensions: vec![(
                "HealthCheckId",
                ResourceType::Route53HealthCheck.named(any).id().to_string(),
            )],
            ..first
        }));
        let (topic, provider) = told_in_route53_region(system, module);
        for series in &all {
            let label = series.label.replace(' ', "-");
            let called = system.name(&format!("{name}-{label}"), limit::OTHER);
            let mut declared = body! { "provider": &provider };
            declared.append(body(alarm, name, &of, series, &called, &topic));
            let key = format!("{}__{}", identifier(name.as_str()), identifier(&label));
            module.declare(
                TOPIC,
                &ResourceType::CloudwatchMetricAlarm.named(&key),
                declared,
            );
        }
    }
}

/// Where alarms in Route 53's region tell people, and the provider of that region.
fn told_in_route53_region(system: &AwsSystem<'_>, module: &mut ModuleFiles) -> (String, String) {
    let provider = format!("aws.{}", identifier(ROUTE53_REGION));
    if let Some(region) = system
        .regions
        .iter()
        .find(|region| region.aws == ROUTE53_REGION)
    {
        return (system.topic_arn(region), provider);
    }
    if !module.has(&ResourceType::SnsTopic.named("checkers")) {
        let name = system.name("checkers", limit::OTHER);
        module.declare(
            TOPIC,
            &ResourceType::SnsTopic.named("checkers"),
            body! { "provider": &provider, "name": name },
        );
        for (index, email) in system.blueprint.notify.email.iter().enumerate() {
            module.declare(
                TOPIC,
                &ResourceType::SnsTopicSubscription.named(format!("checkers_email_{}", index + 1)),
                body! {
                    "provider": &provider,
                    "topic_arn": ResourceType::SnsTopic.named("checkers").arn(),
                    "protocol": "email",
                    "endpoint": crate::syntax::json::literal(email.as_str()),
                },
            );
        }
    }
    (
        ResourceType::SnsTopic.named("checkers").arn().to_string(),
        provider,
    )
}

/// Whether any alarm is on what public checkers see.
pub(crate) fn on_checkers(system: &AwsSystem<'_>) -> bool {
    let mut alarms = system.blueprint.alarms.values();
    alarms.any(|alarm| alarm.metric == Metric::Reachability)
}

fn body(
    alarm: &AlarmSpec,
    name: &Name,
    of: &Reference,
    series: &Series,
    called: &str,
    topic: &str,
) -> Body {
    let period = i64::try_from(alarm.period.as_secs()).unwrap_or(i64::MAX);
    let (comparison, word, threshold) = match (alarm.above, alarm.below) {
        (Some(above), _) => ("GreaterThanThreshold", "above", Some(above)),
        (None, below) => ("LessThanThreshold", "below", below),
    };
    let threshold = threshold.map_or(0.0, |threshold| metric::published(threshold, series));
    let mut alarm_body = body! {
        "alarm_name": called,
        "alarm_description": format!(
            "{name}: {} of {of} ({}) {word} {threshold}",
            alarm.metric, series.label
        ),
    };
    alarm_body.append(metric::watched(series, statistic(alarm.statistic), period));
    alarm_body.append(body! {
        "comparison_operator": comparison,
        "threshold": threshold,
        "evaluation_periods": alarm.count.get(),
        "treat_missing_data": missing(alarm.metric),
        "alarm_actions": [topic],
        "ok_actions": [topic],
    });
    alarm_body
}

/// What an alarm takes of each period.
pub(crate) const fn statistic(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Average => "Average",
        Statistic::Minimum => "Minimum",
        Statistic::Maximum => "Maximum",
        Statistic::Sum => "Sum",
    }
}

/// What silence means. Of what is measured all the time, silence is the fault itself; of what happens
/// now and then, it means that nothing happened.
const fn missing(metric: Metric) -> &'static str {
    match metric {
        Metric::ReplicationLag
        | Metric::DatabaseHealth
        | Metric::RegionHealth
        | Metric::Reachability => "breaching",
        Metric::ApiClientErrors
        | Metric::ApiServerErrors
        | Metric::FunctionErrors
        | Metric::FunctionThrottles
        | Metric::ReplicationLatency
        | Metric::UnhealthyTargets
        | Metric::ResponseTime => "notBreaching",
        Metric::ReplicatedWriteIo
        | Metric::Cpu
        | Metric::Connections
        | Metric::FreeStorage
        | Metric::BucketSize => "missing",
    }
}

/// The alarms of a region by the name of the blueprint, for dashboards.
pub(crate) fn by_name<'p>(system: &'p AwsSystem<'_>) -> BTreeMap<&'p str, &'p AlarmSpec> {
    let alarms = system.blueprint.alarms.iter();
    alarms.map(|(name, alarm)| (name.as_str(), alarm)).collect()
}

/// The line of an alarm in a widget.
pub(crate) fn annotation(alarm: &AlarmSpec, series: &Series) -> Json {
    let threshold = alarm.above.or(alarm.below);
    let value = threshold.map_or(0.0, |threshold| metric::published(threshold, series));
    body! { "horizontal": [body! { "label": "alarm", "value": value }] }.into()
}
