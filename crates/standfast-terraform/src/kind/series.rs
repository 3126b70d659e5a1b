//! What is measured, and where: the namespace, name and dimensions of each metric, and the region that
//! emits it. An alarm in another region would wait for ever.
//!
//! Sources: the lists of metrics in the user guides of the services. Each kind says which of them its
//! things have. Two are easily missed: the lag of a global database is a metric of the cluster that follows,
//! in its region; replication of objects is measured in the region of the bucket they travel to.

use standfast_blueprint::Threshold;

use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::system::region::AwsRegion;

/// The namespace of what functions measure.
pub(crate) const HEALTH_NAMESPACE: &str = "DR/HealthCheck";

/// The only region in which Route 53 publishes.
pub(crate) const ROUTE53_REGION: &str = "us-east-1";

/// One metric of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// What tells it apart from others of the same metric, in words.
    pub(crate) label: String,
    /// The region that emits it, as AWS calls it.
    pub(crate) region: String,
    /// Where the metric is published.
    pub(crate) namespace: &'static str,
    /// What it is called there.
    pub(crate) name: &'static str,
    /// What tells it apart from others of the name.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// What the values are divided by, in percent: calls that failed out of all calls.
    pub(crate) out_of: Option<&'static str>,
}

impl Series {
    /// A metric of a region.
    pub(crate) fn of(
        region: &AwsRegion,
        namespace: &'static str,
        name: &'static str,
        dimensions: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            label: region.aws.clone(),
            region: region.aws.clone(),
            namespace,
            name,
            dimensions,
            out_of: None,
        }
    }

    /// Its dimensions as an alarm takes them.
    pub(crate) fn dimensions(&self) -> Body {
        let dimensions = self.dimensions.iter();
        dimensions
            .map(|(name, value)| (*name, value.clone()))
            .collect()
    }
}

/// From which module a metric is looked at, which decides how things are referred to.
pub(crate) enum Viewpoint<'m> {
    /// The module of the region that emits the metric.
    Region,
    /// The module that spans regions; it looks up what it needs.
    Global(&'m mut ModuleFiles),
}

/// The right to publish measurements in one namespace.
pub(crate) fn publish(id: &str, namespace: &str) -> Statement {
    Statement::allow(id, &["cloudwatch:PutMetricData"], vec!["*".to_owned()]).when(
        "StringEquals",
        "cloudwatch:namespace",
        namespace,
    )
}

/// A threshold in the unit in which a metric is published.
pub(crate) fn published(threshold: Threshold, series: &Series) -> f64 {
    match threshold {
        Threshold::Count(number) | Threshold::Percent(number) => number,
        Threshold::Time(span) if series.name == "AuroraGlobalDBReplicationLag" => {
            span.as_secs_f64() * 1000.0
        }
        Threshold::Time(span) => span.as_secs_f64(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "sizes of disks are far below 2^53"
        )]
        Threshold::Size(size) => size.get() as f64,
    }
}

/// The values an alarm watches: the metric itself, or a share computed from two.
pub(crate) fn watched(series: &Series, statistic: &str, period: i64) -> Body {
    let Some(whole) = series.out_of else {
        return body! {
            "namespace": series.namespace,
            "metric_name": series.name,
            "dimensions": series.dimensions(),
            "statistic": statistic,
            "period": period,
        };
    };
    let part = |id: &str, name: &str| {
        body! {
            "id": id,
            "metric": [body! {
                "namespace": series.namespace,
                "metric_name": name,
                "dimensions": series.dimensions(),
                "stat": "Sum",
                "period": period,
            }],
        }
    };
    body! {
        "metric_query": [
            body! {
                "id": "share",
                "expression": "100 * failed / FILL(calls, 1)",
                "label": format!("{} in percent of {whole}", series.name),
                "return_data": true,
            },
            part("failed", series.name),
            part("calls", whole),
        ],
    }
}
