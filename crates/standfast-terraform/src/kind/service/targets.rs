//! What a balancer leads to: instances, or functions. Listeners that are made beside the names lie in the
//! module that spans regions and look their targets up.

use standfast_blueprint::{FunctionSpec, Name};

use crate::kind::balancer;
use crate::kind::function::naming as function;
use crate::kind::service::naming::{key, topic};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;

/// Who refers to target groups: the module of their region, or the one that spans regions.
pub(crate) enum Groups<'m> {
    /// The module of their region.
    Region(&'m mut ModuleFiles),
    /// The module that spans regions.
    Global(&'m mut ModuleFiles),
}

impl Groups<'_> {
    /// The module that refers to the targets.
    pub(crate) fn module(&mut self) -> &mut ModuleFiles {
        match self {
            Self::Region(module) | Self::Global(module) => module,
        }
    }

    /// The ARN of the instances of a service, or of one of its functions.
    pub(crate) fn arn(
        &mut self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        service: &Name,
        of: Option<&Name>,
    ) -> Template {
        let key = of.map_or_else(|| key(service), function_key);
        match self {
            Self::Region(_) => ResourceType::LbTargetGroup.named(key).arn(),
            Self::Global(module) => {
                let called = name_in(system, region, service, of);
                balancer::look_up_targets(region, &key, &called, module).arn()
            }
        }
    }
}

/// The instances of a service, within the module of their region.
pub(crate) fn instances_address(service: &Name) -> Address {
    ResourceType::LbTargetGroup.named(key(service))
}

/// The key of the targets that a function is.
fn function_key(function: &Name) -> String {
    format!("{}__function", function::key(function))
}

/// What targets are called in a region.
fn name_in(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    function: Option<&Name>,
) -> String {
    match function {
        Some(function) => system.name_in(&format!("{function}-f"), region, limit::BALANCER),
        None => balancer::name_in(system, service.as_str(), region),
    }
}

/// The functions that a balancer leads to.
pub(crate) fn attached<'p>(
    system: &'p AwsSystem<'_>,
    region: &'p AwsRegion,
    service: &'p Name,
) -> impl Iterator<Item = (&'p Name, &'p FunctionSpec)> {
    let functions = function::in_region(system, region);
    functions.filter(move |(_, function)| function.balancer.as_ref() == Some(service))
}

/// The function behind a balancer that takes what no rule takes.
pub(crate) fn whole<'p>(
    system: &'p AwsSystem<'_>,
    region: &'p AwsRegion,
    service: &'p Name,
) -> Option<&'p Name> {
    let mut attached = attached(system, region, service);
    let (name, _) = attached.find(|(_, function)| function.routes.is_empty())?;
    Some(name)
}

/// Declares the functions behind a balancer as its targets.
pub(crate) fn declare_functions(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    module: &mut ModuleFiles,
) {
    for (name, _) in attached(system, region, service) {
        let key = function::key(name);
        let group = ResourceType::LbTargetGroup.named(function_key(name));
        let permission = ResourceType::LambdaPermission.named(format!("{key}__balancer"));
        let topic = topic(service);
        module.declare(
            &topic,
            &group,
            body! {
                "name": name_in(system, region, service, Some(name)),
                "target_type": "lambda",
            },
        );
        module.declare(
            &topic,
            &permission,
            body! {
                "statement_id": "balancer",
                "action": "lambda:InvokeFunction",
                "function_name": function::address(name).function_name(),
                "principal": "elasticloadbalancing.amazonaws.com",
                "source_arn": group.arn(),
            },
        );
        module.declare(
            &topic,
            &ResourceType::LbTargetGroupAttachment.named(&key),
            body! {
                "target_group_arn": group.arn(),
                "target_id": function::address(name).arn(),
                "depends_on": [&permission],
            },
        );
    }
}
