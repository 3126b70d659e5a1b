//! The balancer of a service, as others refer to it: functions stand behind it, and names lead to it.

use crate::kind::contract::{NAMES_TOPIC, RecordAnswer};
use crate::syntax::address::Address;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// What a balancer is called in a region.
pub(crate) fn name_in(system: &AwsSystem<'_>, service: &str, region: &AwsRegion) -> String {
    system.name_in(service, region, limit::BALANCER)
}

/// The balancer of a service, within the module of its region.
pub(crate) fn address(service: &str) -> Address {
    ResourceType::Lb.named(identifier(service))
}

/// Looks a balancer up from the module that spans regions.
pub(crate) fn look_up(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &str,
    module: &mut ModuleFiles,
) -> Address {
    let balancer = ResourceType::Lb.data(region.key_of(service));
    look_up_once(region, &balancer, &name_in(system, service, region), module);
    balancer
}

/// The targets of a service, or of a function behind its balancer, by the key and the name they have in
/// their region.
pub(crate) fn look_up_targets(
    region: &AwsRegion,
    key: &str,
    called: &str,
    module: &mut ModuleFiles,
) -> Address {
    let targets = ResourceType::LbTargetGroup.data(format!("{key}__{}", region.id()));
    look_up_once(region, &targets, called, module);
    targets
}

fn look_up_once(region: &AwsRegion, address: &Address, called: &str, module: &mut ModuleFiles) {
    if !module.has(address) {
        let body = body! { "provider": region.provider(), "name": called };
        module.declare(NAMES_TOPIC, address, body);
    }
}

/// Where a name leads that leads to a balancer.
pub(crate) fn answer(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &str,
    module: &mut ModuleFiles,
) -> RecordAnswer {
    let balancer = look_up(system, region, service, module);
    RecordAnswer::Balancer {
        name: balancer.dns_name(),
        zone: balancer.zone_id(),
    }
}
