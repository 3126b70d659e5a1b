//! What the page tells operators of services.

use standfast_blueprint::{Name, Section, ServiceSpec, Use};

use crate::kind::contract::Explainable;
use crate::kind::service::naming::group_name;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Services, as the page tells of them.
pub(crate) struct ExplainableServices;

impl Explainable for ExplainableServices {
    fn before(&self, system: &AwsSystem<'_>) -> Vec<String> {
        let services = system.blueprint.services.iter();
        services
            .filter_map(|(name, service)| put_program(name, service))
            .collect()
    }

    fn fencing(&self, system: &AwsSystem<'_>, home: &AwsRegion) -> Vec<String> {
        let services = system.blueprint.services.iter();
        services
            .filter(|(_, service)| service.instances.is_some())
            .map(|(name, _)| {
                format!(
                    "aws autoscaling update-auto-scaling-group --region {} --auto-scaling-group-name {} \
                     --min-size 0 --desired-capacity 0",
                    home.aws,
                    group_name(system, name, home)
                )
            })
            .collect()
    }

    fn taking_over(&self, system: &AwsSystem<'_>, _: &AwsRegion, to: &AwsRegion) -> Vec<String> {
        let services = system.blueprint.services.iter();
        services
            .filter_map(|(name, service)| {
                let wanted = service.instances.as_ref()?.home;
                let group = group_name(system, name, to);
                Some(format!(
                    "Scale `{name}` out to what home had; the next apply leaves it so:\n\n   ```sh\n   aws \
                     autoscaling update-auto-scaling-group --region {} --auto-scaling-group-name {group} \
                     \\\n     --min-size {wanted} --desired-capacity {wanted}\n   ```\n",
                    to.aws
                ))
            })
            .collect()
    }

    fn afterwards(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn drills(&self, _: &AwsSystem<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// Where the program of a service goes that instances fetch.
fn put_program(name: &Name, service: &ServiceSpec) -> Option<String> {
    let package = service.package.as_ref()?;
    if service.user_data.is_some() {
        return None;
    }
    let bucket = service.uses.iter().find_map(|used| match used {
        Use::Thing(thing) if thing.section == Section::Buckets => Some(&thing.name),
        Use::Thing(_) | Use::Metrics | Use::Notify | Use::Failover => None,
    })?;
    Some(format!(
        "Put the program of `{name}` as the object `{package}` into the bucket `{bucket}` of **every** region \
         as soon as it exists (replication carries what is written after its rules were made). Instances \
         fetch it at each start; until it is there they are replaced."
    ))
}
