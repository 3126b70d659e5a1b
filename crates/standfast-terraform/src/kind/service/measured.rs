//! What is measured of services: their balancers, their targets, their instances.

use standfast_blueprint::{Metric, Name};

use crate::kind::balancer;
use crate::kind::contract::Measurable;
use crate::kind::series::{Series, Viewpoint};
use crate::kind::service::{naming, targets};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The namespace of application load balancers.
const ELB: &str = "AWS/ApplicationELB";

/// Services, as metrics see them.
pub(crate) struct MeasurableServices;

impl Measurable for MeasurableServices {
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        from: &mut Viewpoint<'_>,
    ) -> Vec<Series> {
        let mut known = system.blueprint.services.iter();
        let Some((service, spec)) = known.find(|(known, _)| known.as_str() == name) else {
            return Vec::new();
        };
        if spec.instances.is_none() && metric != Metric::ResponseTime {
            return Vec::new();
        }
        let series = match metric {
            Metric::UnhealthyTargets => {
                let dimensions = vec![
                    ("LoadBalancer", balancer(system, region, service, from)),
                    ("TargetGroup", targets(system, region, service, from)),
                ];
                Series::of(region, ELB, "UnHealthyHostCount", dimensions)
            }
            Metric::ResponseTime => {
                let dimensions = vec![("LoadBalancer", balancer(system, region, service, from))];
                Series::of(region, ELB, "TargetResponseTime", dimensions)
            }
            Metric::Cpu => {
                let group = naming::group_name(system, service, region);
                let dimensions = vec![("AutoScalingGroupName", group)];
                Series::of(region, "AWS/EC2", "CPUUtilization", dimensions)
            }
            _ => return Vec::new(),
        };
        vec![series]
    }
}

fn balancer(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    from: &mut Viewpoint<'_>,
) -> String {
    let balancer = match from {
        Viewpoint::Region => balancer::address(service.as_str()),
        Viewpoint::Global(module) => balancer::look_up(system, region, service.as_str(), module),
    };
    balancer.arn_suffix().to_string()
}

fn targets(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    from: &mut Viewpoint<'_>,
) -> String {
    let targets = match from {
        Viewpoint::Region => targets::instances_address(service),
        Viewpoint::Global(module) => {
            let called = balancer::name_in(system, service.as_str(), region);
            balancer::look_up_targets(region, &naming::key(service), &called, module)
        }
    };
    targets.arn_suffix().to_string()
}
