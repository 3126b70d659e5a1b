//! Dashboards. They belong to the account rather than to a region, and show what several regions emit,
//! so they are declared in the module that spans regions, through a region that survives.

use standfast_blueprint::{AlarmSpec, DashboardSpec, Metric, Name, Placement, Reference, Widget};

use crate::kind::alarm;
use crate::kind::contract::Kinds;
use crate::kind::series::{Series, Viewpoint};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, Json, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

const TOPIC: &str = "dashboards";

/// The grid of `CloudWatch` is 24 wide; two widgets stand beside each other.
const WIDTH: i64 = 12;

const HEIGHT: i64 = 6;

/// Declares every dashboard: one for all regions, or one for each region that is meant.
pub(crate) fn declare_global(kinds: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    for (name, dashboard) in &system.blueprint.dashboards {
        if dashboard.runs == Placement::Every {
            let shown = Shown {
                name,
                dashboard,
                of: None,
                through: system.latch_region().unwrap_or_else(|| system.home()),
                called: system.name_of(name.as_str(), limit::OTHER),
            };
            declare_one(kinds, system, &shown, module);
            continue;
        }
        let regions = system.data_regions();
        for region in regions.filter(|region| dashboard.runs.includes(region.kind)) {
            let shown = Shown {
                name,
                dashboard,
                of: Some(region),
                through: region,
                called: system.name_in(name.as_str(), region, limit::OTHER),
            };
            declare_one(kinds, system, &shown, module);
        }
    }
}

/// A dashboard, and through which region it shows what.
struct Shown<'a> {
    name: &'a Name,
    dashboard: &'a DashboardSpec,
    /// The region that it is of, unless it is of all.
    of: Option<&'a AwsRegion>,
    through: &'a AwsRegion,
    called: String,
}

fn declare_one(kinds: Kinds, system: &AwsSystem<'_>, shown: &Shown<'_>, module: &mut ModuleFiles) {
    let mut widgets: Vec<Json> = Vec::new();
    for each in &shown.dashboard.show {
        let Some(resolved) = resolve(kinds, system, each) else {
            continue;
        };
        let (metric, subject) = (resolved.metric, &resolved.subject);
        let from = &mut Viewpoint::Global(module);
        let all = alarm::series_of(kinds, system, metric, subject, from);
        let series = relevant(metric, all, shown.of);
        if series.is_empty() {
            continue;
        }
        let index = i64::try_from(widgets.len()).unwrap_or(i64::MAX);
        widgets.push(widget(index, &resolved, &series, shown.through).into());
    }
    let key = match shown.of {
        Some(region) => region.key_of(shown.name.as_str()),
        None => identifier(shown.name.as_str()),
    };
    let local = format!("dashboard__{key}");
    module.local(TOPIC, &local, body! { "widgets": widgets });
    module.declare(
        TOPIC,
        &ResourceType::CloudwatchDashboard.named(key),
        body! {
            "provider": shown.through.provider(),
            "dashboard_name": &shown.called,
            "dashboard_body": Template::local(&local).passed_to("jsonencode"),
        },
    );
}

/// What is between regions is shown on the dashboard of either; everything else where it is.
fn relevant(metric: Metric, all: Vec<Series>, of: Option<&AwsRegion>) -> Vec<Series> {
    let between = matches!(
        metric,
        Metric::ReplicationLag | Metric::ReplicationLatency | Metric::Reachability
    );
    match of {
        Some(region) if !between => {
            let all = all.into_iter();
            all.filter(|series| series.region == region.aws).collect()
        }
        Some(_) | None => all,
    }
}

/// A metric of something, with the alarm on it when one is shown.
struct ShownMetric<'a> {
    title: String,
    metric: Metric,
    subject: Reference,
    alarm: Option<&'a AlarmSpec>,
}

fn resolve<'s>(kinds: Kinds, system: &'s AwsSystem<'_>, shown: &Widget) -> Option<ShownMetric<'s>> {
    let of_metric = |word: &str, of: Option<&Reference>| {
        let mut metrics = Metric::ALL.into_iter();
        let metric = metrics.find(|metric| metric.as_str() == word)?;
        resolved(kinds, system, metric, of, None)
    };
    match shown {
        Widget::Named(name) => match alarm::find(system, name) {
            Some(spec) => resolved(kinds, system, spec.metric, spec.of.as_ref(), Some(spec)),
            None => of_metric(name, None),
        },
        Widget::Of(metric, of) => of_metric(metric, Some(of)),
    }
}

fn resolved<'s>(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    metric: Metric,
    of: Option<&Reference>,
    alarm: Option<&'s AlarmSpec>,
) -> Option<ShownMetric<'s>> {
    let subject = alarm::subject(kinds, system, metric, of)?;
    Some(ShownMetric {
        title: format!("{metric} of {subject}"),
        metric,
        subject,
        alarm,
    })
}

fn widget(index: i64, shown: &ShownMetric<'_>, series: &[Series], through: &AwsRegion) -> Body {
    let period = match (shown.metric, shown.alarm) {
        // The size of a bucket is measured once a day.
        (Metric::BucketSize, _) => 86_400,
        (_, Some(alarm)) => i64::try_from(alarm.period.as_secs()).unwrap_or(60),
        (_, None) => 60,
    };
    let statistic = match shown.alarm {
        Some(alarm) => alarm::statistic(alarm.statistic),
        None => usual(shown.metric),
    };
    let mut properties = body! {
        "title": &shown.title,
        "view": "timeSeries",
        "region": &through.aws,
        "stat": statistic,
        "period": period,
        "metrics": lines(series),
    };
    if let (Some(alarm), Some(first)) = (shown.alarm, series.first()) {
        properties.set("annotations", alarm::annotation(alarm, first));
    }
    body! {
        "type": "metric",
        "x": index % 2 * WIDTH,
        "y": index / 2 * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": properties,
    }
}

/// What is taken of each period where no alarm says.
const fn usual(metric: Metric) -> &'static str {
    match metric {
        Metric::ApiClientErrors
        | Metric::ApiServerErrors
        | Metric::FunctionErrors
        | Metric::FunctionThrottles
        | Metric::ReplicatedWriteIo => "Sum",
        Metric::ReplicationLag | Metric::ReplicationLatency | Metric::UnhealthyTargets => "Maximum",
        Metric::DatabaseHealth | Metric::RegionHealth | Metric::Reachability => "Minimum",
        Metric::Cpu
        | Metric::Connections
        | Metric::FreeStorage
        | Metric::BucketSize
        | Metric::ResponseTime => "Average",
    }
}

/// The lines of a widget: namespace, name, each dimension and its value in turn, then how it is drawn.
fn lines(series: &[Series]) -> Vec<Json> {
    let mut lines = Vec::new();
    for (index, each) in series.iter().enumerate() {
        let line = |name: &str, drawn: Body| {
            let mut line: Vec<Json> = vec![each.namespace.into(), name.into()];
            for (dimension, value) in &each.dimensions {
                line.extend([Json::from(*dimension), Json::from(value)]);
            }
            line.push(drawn.into());
            Json::List(line)
        };
        match each.out_of {
            None => lines.push(line(
                each.name,
                body! { "region": &each.region, "label": &each.label },
            )),
            Some(whole) => {
                let (part_id, whole_id) = (format!("p{index}"), format!("w{index}"));
                let hidden = |id: &str| {
                    body! { "id": id, "region": &each.region, "stat": "Sum", "visible": false }
                };
                lines.push(line(each.name, hidden(&part_id)));
                lines.push(line(whole, hidden(&whole_id)));
                let expression = body! {
                    "expression": format!("100 * {part_id} / FILL({whole_id}, 1)"),
                    "label": &each.label,
                    "region": &each.region,
                };
                lines.push(Json::List(vec![expression.into()]));
            }
        }
    }
    lines
}
