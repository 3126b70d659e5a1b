//! What is measured of buckets.

use standfast_blueprint::Metric;

use crate::kind::bucket::naming::name_in;
use crate::kind::bucket::replication;
use crate::kind::contract::Measurable;
use crate::kind::series::{Series, Viewpoint};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Buckets, as metrics see them.
pub(crate) struct MeasurableBuckets;

impl Measurable for MeasurableBuckets {
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        _: &mut Viewpoint<'_>,
    ) -> Vec<Series> {
        let mut known = system.blueprint.buckets.iter();
        let Some((_, spec)) = known.find(|(known, _)| known.as_str() == name) else {
            return Vec::new();
        };
        match (metric, &spec.replicate) {
            (Metric::BucketSize, _) => {
                let dimensions = vec![
                    ("BucketName", name_in(system, name, region)),
                    ("StorageType", "StandardStorage".to_owned()),
                ];
                vec![Series::of(region, "AWS/S3", "BucketSizeBytes", dimensions)]
            }
            (Metric::ReplicationLatency, Some(replicate)) => {
                let journeys = replication::journeys(system, replicate).into_iter();
                journeys
                    .filter(|(_, to)| to.aws == region.aws)
                    .map(|(source, to)| latency(system, name, source, to))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

fn latency(system: &AwsSystem<'_>, name: &str, source: &AwsRegion, to: &AwsRegion) -> Series {
    let dimensions = vec![
        ("DestinationBucket", name_in(system, name, to)),
        ("RuleId", replication::rule_id(to)),
        ("SourceBucket", name_in(system, name, source)),
    ];
    Series {
        label: format!("{} to {}", source.aws, to.aws),
        ..Series::of(to, "AWS/S3", "ReplicationLatency", dimensions)
    }
}
