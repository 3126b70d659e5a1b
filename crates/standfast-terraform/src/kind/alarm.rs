//! Alarms: each in the region that emits its metric, each telling people there.

use standfast_blueprint::{AlarmSpec, Metric, Name, Reference, Statistic};

use crate::kind::contract::Kinds;
use crate::kind::record::checker;
use crate::kind::series::{self, ROUTE53_REGION, Series, Viewpoint};
use crate::kind::topic;
use crate::syntax::json::{Body, Json, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::{AwsRegion, provider_of};

const TOPIC: &str = "alarms";

/// What an alarm is of: what the blueprint says, or the first thing that has the metric.
pub(crate) fn subject(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    metric: Metric,
    of: Option<&Reference>,
) -> Option<Reference> {
    if let Some(of) = of {
        return Some(of.clone());
    }
    metric.subjects().iter().find_map(|&section| {
        let names = kinds.of(section).names(system);
        let name = (*names.first()?).to_owned();
        Some(Reference { section, name })
    })
}

/// Every series of a metric of something, in the order of the regions.
pub(crate) fn series_of(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    from: &mut Viewpoint<'_>,
) -> Vec<Series> {
    let Some(kind) = kinds.of(of.section).as_measurable() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for region in system.data_regions() {
        all.extend(kind.series(system, region, metric, &of.name, from));
    }
    all
}

/// Declares the alarms of a region.
pub(crate) fn declare(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    module: &mut ModuleFiles,
) {
    for (name, alarm) in &system.blueprint.alarms {
        let Some(of) = subject(kinds, system, alarm.metric, alarm.of.as_ref()) else {
            continue;
        };
        let series = series_of(kinds, system, alarm.metric, &of, &mut Viewpoint::Region);
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
            let body = arguments(
                alarm,
                name,
                &of,
                series,
                &called,
                &topic::address().arn().to_string(),
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

/// Declares the alarms on what public checkers see: their metrics are published in one region only.
pub(crate) fn declare_global(kinds: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    for (name, alarm) in &system.blueprint.alarms {
        if alarm.metric != Metric::Reachability {
            continue;
        }
        let Some(of) = subject(kinds, system, alarm.metric, alarm.of.as_ref()) else {
            continue;
        };
        let mut all = series_of(
            kinds,
            system,
            alarm.metric,
            &of,
            &mut Viewpoint::Global(module),
        );
        if !all.is_empty() {
            let any = checker::any_address(&of.name);
            all.push(checker::status(&any, "any region".to_owned()));
        }
        let (topic, provider) = told_in_route53_region(system, module);
        for series in &all {
            let label = series.label.replace(' ', "-");
            let called = system.name_of(&format!("{name}-{label}"), limit::OTHER);
            let mut declared = body! { "provider": &provider };
            declared.append(arguments(alarm, name, &of, series, &called, &topic));
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
    let provider = provider_of(ROUTE53_REGION);
    if let Some(region) = system
        .regions
        .iter()
        .find(|region| region.aws == ROUTE53_REGION)
    {
        return (topic::arn(system, region), provider);
    }
    let topic = ResourceType::SnsTopic.named("checkers");
    if !module.has(&topic) {
        let name = system.name_of("checkers", limit::OTHER);
        module.declare(TOPIC, &topic, body! { "provider": &provider, "name": name });
        for (index, email) in system.blueprint.notify.email.iter().enumerate() {
            module.declare(
                TOPIC,
                &ResourceType::SnsTopicSubscription.named(format!("checkers_email_{}", index + 1)),
                body! {
                    "provider": &provider,
                    "topic_arn": topic.arn(),
                    "protocol": "email",
                    "endpoint": literal(email.as_str()),
                },
            );
        }
    }
    (topic.arn().to_string(), provider)
}

/// Whether any alarm is on what public checkers see.
pub(crate) fn on_checkers(system: &AwsSystem<'_>) -> bool {
    let mut alarms = system.blueprint.alarms.values();
    alarms.any(|alarm| alarm.metric == Metric::Reachability)
}

fn arguments(
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
    let threshold = threshold.map_or(0.0, |threshold| series::published(threshold, series));
    let mut alarm_body = body! {
        "alarm_name": called,
        "alarm_description": format!(
            "{name}: {} of {of} ({}) {word} {threshold}",
            alarm.metric, series.label
        ),
    };
    alarm_body.append(series::watched(series, statistic(alarm.statistic), period));
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

/// An alarm by the name the blueprint has for it.
pub(crate) fn find<'s>(system: &'s AwsSystem<'_>, name: &str) -> Option<&'s AlarmSpec> {
    let mut alarms = system.blueprint.alarms.iter();
    let (_, alarm) = alarms.find(|(known, _)| known.as_str() == name)?;
    Some(alarm)
}

/// The line of an alarm in a widget.
pub(crate) fn annotation(alarm: &AlarmSpec, series: &Series) -> Json {
    let threshold = alarm.above.or(alarm.below);
    let value = threshold.map_or(0.0, |threshold| series::published(threshold, series));
    body! { "horizontal": [body! { "label": "alarm", "value": value }] }.into()
}
