//! What can be measured, and where: the namespace, name and dimensions of each metric, and the region
//! that emits it. An alarm in another region would wait for ever.
//!
//! Sources: the lists of metrics in the user guides of the services. Two are easily missed: the lag of
//! a global database is a metric of the cluster that follows, in its region; replication of objects is
//! measured in the region of the bucket they travel to.

use standfast_blueprint::{Metric, Reference, Section, Threshold};

use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, is_aurora};
use crate::system::region::AwsRegion;
use crate::{api, bucket, function, record, service};

/// The only region in which Route 53 publishes.
pub(crate) const ROUTE53_REGION: &str = "us-east-1";

/// One metric of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// What tells it apart from others of the same metric, in words.
    pub(crate) label: String,
    /// The region that emits it, as AWS calls it.
    pub(crate) region: String,
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// What the values are divided by, in percent: calls that failed out of all calls.
    pub(crate) out_of: Option<&'static str>,
}

impl Series {
    /// Its dimensions as an alarm takes them.
    pub(crate) fn dimensions(&self) -> Body {
        let dimensions = self.dimensions.iter();
        dimensions
            .map(|(name, value)| (*name, value.clone()))
            .collect()
    }
}

/// Who asks, which decides how things are referred to.
pub(crate) enum From<'m> {
    /// The module of the region that emits the metric.
    Region,
    /// The module that spans regions; it looks up what it needs.
    Global(&'m mut ModuleFiles),
}

/// Every series of a metric, in the order of the regions.
pub(crate) fn series(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    from: &mut From<'_>,
) -> Vec<Series> {
    let mut all = Vec::new();
    for region in system.data_regions() {
        all.extend(series_in(system, metric, of, region, from));
    }
    all
}

fn series_in(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    region: &AwsRegion,
    from: &mut From<'_>,
) -> Vec<Series> {
    match metric {
        Metric::ReplicationLag
        | Metric::ReplicatedWriteIo
        | Metric::Connections
        | Metric::FreeStorage => database(system, metric, of, region),
        Metric::Cpu if of.section == Section::Databases => database(system, metric, of, region),
        Metric::Cpu | Metric::UnhealthyTargets | Metric::ResponseTime => {
            of_service(system, metric, of, region, from)
        }
        Metric::DatabaseHealth
        | Metric::RegionHealth
        | Metric::ApiClientErrors
        | Metric::ApiServerErrors
        | Metric::FunctionErrors
        | Metric::FunctionThrottles => of_function(system, metric, of, region),
        Metric::ReplicationLatency | Metric::BucketSize => of_bucket(system, metric, of, region),
        Metric::Reachability => reachability(system, of, region, from),
    }
}

fn here(
    region: &AwsRegion,
    namespace: &'static str,
    name: &'static str,
    dimensions: Vec<(&'static str, String)>,
) -> Series {
    Series {
        label: region.aws.clone(),
        region: region.aws.clone(),
        namespace,
        name,
        dimensions,
        out_of: None,
    }
}

fn database(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    region: &AwsRegion,
) -> Vec<Series> {
    let Some(database) = system.database(&of.name) else {
        return Vec::new();
    };
    if database.node_counts.of(region.kind) == 0 {
        return Vec::new();
    }
    let follows = region.aws != system.home().aws;
    let aurora = is_aurora(database.engine);
    let name = match (metric, aurora) {
        (Metric::ReplicationLag, true) if follows => "AuroraGlobalDBReplicationLag",
        (Metric::ReplicationLag, false) if follows => "ReplicaLag",
        (Metric::ReplicatedWriteIo, true) if follows => "AuroraGlobalDBReplicatedWriteIO",
        (Metric::Cpu, _) => "CPUUtilization",
        (Metric::Connections, _) => "DatabaseConnections",
        (Metric::FreeStorage, false) => "FreeStorageSpace",
        _ => return Vec::new(),
    };
    let dimension = if aurora {
        "DBClusterIdentifier"
    } else {
        "DBInstanceIdentifier"
    };
    let id = system.database_id(database, region);
    vec![here(region, "AWS/RDS", name, vec![(dimension, id)])]
}

fn of_service(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    region: &AwsRegion,
    from: &mut From<'_>,
) -> Vec<Series> {
    let known = system.blueprint.services.iter();
    let mut known = known.filter(|(name, _)| name.as_str() == of.name);
    let Some((_, spec)) = known.next() else {
        return Vec::new();
    };
    if spec.instances.is_none() && metric != Metric::ResponseTime {
        return Vec::new();
    }
    let key = service::key_of(&of.name);
    let balancer = match from {
        From::Region => ResourceType::Lb.named(&key),
        From::Global(module) => service::look_up(system, region, &of.name, module),
    };
    let mut targets = || match from {
        From::Region => ResourceType::LbTargetGroup.named(&key),
        From::Global(module) => service::look_up_instances(system, region, &of.name, module),
    };
    let series = match metric {
        Metric::UnhealthyTargets => {
            let dimensions = vec![
                ("LoadBalancer", balancer.arn_suffix().to_string()),
                ("TargetGroup", targets().arn_suffix().to_string()),
            ];
            here(
                region,
                "AWS/ApplicationELB",
                "UnHealthyHostCount",
                dimensions,
            )
        }
        Metric::ResponseTime => {
            let dimensions = vec![("LoadBalancer", balancer.arn_suffix().to_string())];
            here(
                region,
                "AWS/ApplicationELB",
                "TargetResponseTime",
                dimensions,
            )
        }
        _ => {
            let group = system.name_in(&of.name, region, crate::system::name::limit::OTHER);
            here(
                region,
                "AWS/EC2",
                "CPUUtilization",
                vec![("AutoScalingGroupName", group)],
            )
        }
    };
    vec![series]
}

fn of_function(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    region: &AwsRegion,
) -> Vec<Series> {
    let mut known =
        function::functions_in(system, region).filter(|(name, _)| name.as_str() == of.name);
    let Some((_, spec)) = known.next() else {
        return Vec::new();
    };
    let lambda = || vec![("FunctionName", function::name_in(system, &of.name, region))];
    let interface = || {
        vec![
            ("ApiName", api::name_in(system, &of.name, region)),
            ("Stage", spec.stage.to_string()),
        ]
    };
    // With the system, so that two systems of one account are not taken together.
    let measured = |name, of: &AwsRegion| {
        let dimensions = vec![("Region", of.aws.clone()), ("System", system.full_name())];
        here(region, crate::rights::HEALTH_NAMESPACE, name, dimensions)
    };
    let has_interface = spec.balancer.is_none() && !spec.routes.is_empty();
    match metric {
        Metric::DatabaseHealth => vec![measured("DatabaseHealth", region)],
        Metric::RegionHealth => {
            let others = system
                .data_regions()
                .filter(|other| other.aws != region.aws);
            others
                .map(|other| Series {
                    label: format!("{} seen from {}", other.aws, region.aws),
                    ..measured("RegionHealth", other)
                })
                .collect()
        }
        Metric::ApiClientErrors if has_interface => {
            vec![here(region, "AWS/ApiGateway", "4XXError", interface())]
        }
        Metric::ApiServerErrors if has_interface => {
            vec![here(region, "AWS/ApiGateway", "5XXError", interface())]
        }
        Metric::FunctionErrors => vec![Series {
            out_of: Some("Invocations"),
            ..here(region, "AWS/Lambda", "Errors", lambda())
        }],
        Metric::FunctionThrottles => vec![here(region, "AWS/Lambda", "Throttles", lambda())],
        _ => Vec::new(),
    }
}

fn of_bucket(
    system: &AwsSystem<'_>,
    metric: Metric,
    of: &Reference,
    region: &AwsRegion,
) -> Vec<Series> {
    let known = system.blueprint.buckets.iter();
    let mut known = known.filter(|(name, _)| name.as_str() == of.name);
    let Some((_, spec)) = known.next() else {
        return Vec::new();
    };
    if metric == Metric::BucketSize {
        let dimensions = vec![
            ("BucketName", system.bucket(&of.name, region)),
            ("StorageType", "StandardStorage".to_owned()),
        ];
        return vec![here(region, "AWS/S3", "BucketSizeBytes", dimensions)];
    }
    let Some(replicate) = &spec.replicate else {
        return Vec::new();
    };
    let journeys = bucket::journeys(system, replicate).into_iter();
    journeys
        .filter(|(_, to)| to.aws == region.aws)
        .map(|(source, to)| Series {
            label: format!("{} to {}", source.aws, to.aws),
            ..here(
                region,
                "AWS/S3",
                "ReplicationLatency",
                vec![
                    ("DestinationBucket", system.bucket(&of.name, to)),
                    ("RuleId", bucket::rule_id(to)),
                    ("SourceBucket", system.bucket(&of.name, source)),
                ],
            )
        })
        .collect()
}

fn reachability(
    system: &AwsSystem<'_>,
    of: &Reference,
    region: &AwsRegion,
    from: &mut From<'_>,
) -> Vec<Series> {
    let records = system.blueprint.names.records.iter();
    let mut records = records.filter(|(key, _)| key.as_str() == of.name);
    let asked = records.next().is_some_and(|(_, record)| {
        record.probe.is_some() && record::serves(system, record, region)
    });
    let From::Global(_) = from else {
        return Vec::new();
    };
    if !asked {
        return Vec::new();
    }
    let check = record::checker(&of.name, region);
    let id = ResourceType::Route53HealthCheck.named(&check).id();
    vec![Series {
        label: region.aws.clone(),
        region: ROUTE53_REGION.to_owned(),
        namespace: "AWS/Route53",
        name: "HealthCheckStatus",
        dimensions: vec![("HealthCheckId", id.to_string())],
        out_of: None,
    }]
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
