//! What services and the targets behind their balancers are called.

use standfast_blueprint::{Name, ServiceSpec};

use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// The part of identifiers of Terraform that names a service.
pub(crate) fn key(name: &Name) -> String {
    identifier(name.as_str())
}

/// The file that a service stands in.
pub(crate) fn topic(name: &Name) -> String {
    format!("service-{name}")
}

/// What the instances of a service, and what starts them, are called in a region.
pub(crate) fn group_name(system: &AwsSystem<'_>, name: &Name, region: &AwsRegion) -> String {
    system.name_in(name.as_str(), region, limit::OTHER)
}

/// The security group of the instances of a service.
pub(crate) fn instances_group(name: &Name) -> String {
    format!("instances_{}", key(name))
}

/// The security group of the balancer of a service.
pub(crate) fn balancer_group(name: &Name) -> String {
    format!("balancer_{}", key(name))
}

/// The port at which instances serve.
pub(crate) fn port(service: &ServiceSpec) -> u16 {
    service.port.map_or(80, std::num::NonZeroU16::get)
}
