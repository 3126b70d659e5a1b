//! What functions are called, and which run where.

use standfast_blueprint::{FunctionSpec, Name};

use crate::syntax::address::Address;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// The functions that run in a region.
pub(crate) fn in_region<'p>(
    system: &'p AwsSystem<'_>,
    region: &'p AwsRegion,
) -> impl Iterator<Item = (&'p Name, &'p FunctionSpec)> {
    let functions = system.blueprint.functions.iter();
    functions.filter(|(_, function)| function.runs.includes(region.kind))
}

/// What a function is called in a region.
pub(crate) fn name_in(system: &AwsSystem<'_>, name: &str, region: &AwsRegion) -> String {
    system.name_in(name, region, limit::FUNCTION)
}

/// The file that a function stands in.
pub(crate) fn topic(name: &Name) -> String {
    format!("function-{name}")
}

/// The part of identifiers of Terraform that names a function.
pub(crate) fn key(name: &Name) -> String {
    identifier(name.as_str())
}

/// A function, within the module of its region.
pub(crate) fn address(name: &Name) -> Address {
    ResourceType::LambdaFunction.named(key(name))
}

/// Whether a function has an HTTP interface of its own.
pub(crate) fn has_interface(function: &FunctionSpec) -> bool {
    function.balancer.is_none() && !function.routes.is_empty()
}

/// What an interface is called in a region; its metrics go by this name.
pub(crate) fn interface_name(system: &AwsSystem<'_>, function: &str, region: &AwsRegion) -> String {
    system.name_in(function, region, limit::OTHER)
}

/// Where the id of an interface is published.
pub(crate) fn interface_parameter(
    system: &AwsSystem<'_>,
    function: &str,
    region: &AwsRegion,
) -> String {
    let blueprint = system.blueprint;
    format!(
        "/{}/{}/{}/functions/{function}/api",
        blueprint.name, blueprint.environment, region.aws
    )
}
