//! Dashboards. They belong to the account rather than to a region, and show what several regions emit,
//! so they are declared in the module that spans regions, through a region that survives.

use standfast_blueprint::{AlarmSpec, DashboardSpec, Metric, Name, Placement, Reference, Widget};

use crate::alarm;
use crate::metric::{self, From, Series};
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

/// Every dashboard: one for all regions, or one for each region that is meant.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    for (name, dashboard) in &system.blueprint.dashboards {
        if dashboard.runs == Placement::Every {
            let through = system.latch_region().unwrap_or_else(|| system.home());
            let called = system.name(name.as_str(), limit::OTHER);
            write_one(system, name, dashboard, None, through, &called, module);
            continue;
        }
        for region in system
            .data_regions()
            .filter(|region| dashboard.runs.includes(region.kind))
        {
            let called = system.name_in(name.as_str(), region, limit::OTHER);
            write_one(
                system,
                name,
                dashboard,
                Some(region),
                region,
                &called,
                module,
            );
        }
    }
}

fn write_one(
    system: &AwsSystem<'_>,
    name: &Name,
    dashboard: &DashboardSpec,
    of: Option<&AwsRegion>,
    through: &AwsRegion,
    called: &str,
    module: &mut ModuleFiles,
) {
    let mut widgets: Vec<Json> = Vec::new();
    for shown in &dashboard.show {
        let Some((title, metric, subject, alarm)) = resolve(system, shown) else {
            continue;
        };
        let all = metric::series(system, metric, &subject, &mut From::Global(module));
        let series = relevant(metric, all, of);
        if series.is_empty() {
            continue;
        }
        let index = i64::try_from(widgets.len()).unwrap_or(i64::MAX);
        widgets.push(widget(index, &title, &series, through, metric, alarm).into());
    }
    let key = match of {
        Some(region) => format!("{}__{}", identifier(name.as_str()), region.id()),
        None => identifier(name.as_str()),
    };
    let local = format!("dashboard__{key}");
    module.local(TOPIC, &local, body! { "widgets": widgets });
    module.declare(
        TOPIC,
        &ResourceType::CloudwatchDashboard.named(&key),
        body! {
            "provider": through.provider(),
            "dashboard_name": called,
            "dashboard_body": Template::of(format_args!("jsonencode({})", Template::local(&local).expression())),
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

type Resolved<'p> = (String, Metric, Reference, Option<&'p AlarmSpec>);

fn resolve<'p>(system: &'p AwsSystem<'_>, shown: &Widget) -> Option<Resolved<'p>> {
    let of_metric = |word: &str, of: Option<&Reference>| {
        let metric = Metric::ALL
            .into_iter()
            .find(|metric| metric.as_str() == word)?;
        let subject = alarm::subject(system, metric, of)?;
        Some((format!("{metric} of {subject}"), metric, subject, None))
    };
    match shown {
        Widget::Named(name) => match alarm::by_name(system).get(name.as_str()) {
            Some(spec) => {
                let subject = alarm::subject(system, spec.metric, spec.of.as_ref())?;
                let title = format!("{} of {subject}", spec.metric);
                Some((title, spec.metric, subject, Some(*spec)))
            }
            None => of_metric(name, None),
        },
        Widget::Of(metric, of) => of_metric(metric, Some(of)),
    }
}

fn widget(
    index: i64,
    title: &str,
    series: &[Series],
    through: &AwsRegion,
    metric: Metric,
    alarm: Option<&AlarmSpec>,
) -> Body {
    let period = alarm.map_or(60, |alarm| {
        i64::try_from(alarm.period.as_secs()).unwrap_or(60)
    });
    // The size of a bucket is measured once a day.
    let period = if metric == Metric::BucketSize {
        86_400
    } else {
        period
    };
    let mut properties = body! {
        "title": title,
        "view": "timeSeries",
        "region": &through.aws,
        "stat": alarm.map_or(usual(metric), |alarm| alarm::statistic(alarm.statistic)),
        "period": period,
        "metrics": lines(series),
    };
    if let (Some(alarm), Some(first)) = (alarm, series.first()) {
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
