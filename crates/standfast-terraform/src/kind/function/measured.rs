//! What is measured of functions, and by them of others.

use standfast_blueprint::Metric;

use crate::kind::contract::Measurable;
use crate::kind::function::naming;
use crate::kind::series::{HEALTH_NAMESPACE, Series, Viewpoint};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Functions, as metrics see them.
pub(crate) struct MeasurableFunctions;

impl Measurable for MeasurableFunctions {
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        _: &mut Viewpoint<'_>,
    ) -> Vec<Series> {
        let mut here = naming::in_region(system, region);
        let Some((_, spec)) = here.find(|(known, _)| known.as_str() == name) else {
            return Vec::new();
        };
        let lambda = || vec![("FunctionName", naming::name_in(system, name, region))];
        let interface = |error| {
            if !naming::has_interface(spec) {
                return Vec::new();
            }
            let dimensions = vec![
                ("ApiName", naming::interface_name(system, name, region)),
                ("Stage", spec.stage.to_string()),
            ];
            vec![Series::of(region, "AWS/ApiGateway", error, dimensions)]
        };
        match metric {
            Metric::DatabaseHealth => vec![health(system, region, "DatabaseHealth", region)],
            Metric::RegionHealth => {
                let others = system
                    .data_regions()
                    .filter(|other| other.aws != region.aws);
                others
                    .map(|other| Series {
                        label: format!("{} seen from {}", other.aws, region.aws),
                        ..health(system, region, "RegionHealth", other)
                    })
                    .collect()
            }
            Metric::ApiClientErrors => interface("4XXError"),
            Metric::ApiServerErrors => interface("5XXError"),
            Metric::FunctionErrors => vec![Series {
                out_of: Some("Invocations"),
                ..Series::of(region, "AWS/Lambda", "Errors", lambda())
            }],
            Metric::FunctionThrottles => {
                vec![Series::of(region, "AWS/Lambda", "Throttles", lambda())]
            }
            _ => Vec::new(),
        }
    }
}

/// What a function of a region says of a region.
fn health(system: &AwsSystem<'_>, from: &AwsRegion, name: &'static str, of: &AwsRegion) -> Series {
    // With the system, so that two systems of one account are not taken together.
    let dimensions = vec![("Region", of.aws.clone()), ("System", system.full_name())];
    Series::of(from, HEALTH_NAMESPACE, name, dimensions)
}
