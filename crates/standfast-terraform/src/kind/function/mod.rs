//! Functions: code that runs when it is called, or by the clock.
//!
//! A function has a role of its own with the rights its uses need. Those on network interfaces cannot be
//! held to a resource: the service checks, when a function is created, that its role may create one
//! anywhere.

pub(crate) mod domain;
mod explained;
mod interface;
mod measured;
pub(crate) mod naming;
mod schedule;

use standfast_blueprint::{FunctionNetwork, FunctionSpec, Name, RecordSpec};

use crate::kind::balancer;
use crate::kind::contract::{
    Access, Explainable, Kinds, Measurable, Nameable, Publishable, RecordAnswer, ThingKind, Usable,
};
use crate::kind::function::explained::ExplainableFunctions;
use crate::kind::function::measured::MeasurableFunctions;
use crate::kind::function::naming::{key, name_in, topic};
use crate::kind::log_group;
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::network::subnet;
use crate::kind::role::{IamRole, policy_of};
use crate::kind::uses;
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The variable that says where packages are.
const PACKAGES: &str = "packages";

/// The security group of functions in the private network.
const GROUP: &str = "functions";

/// The section `functions`.
pub(crate) struct FunctionKind;

impl ThingKind for FunctionKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        system
            .blueprint
            .functions
            .keys()
            .map(Name::as_str)
            .collect()
    }

    fn declare(
        &self,
        kinds: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        let here: Vec<(&Name, &FunctionSpec)> = naming::in_region(system, region).collect();
        if here.is_empty() {
            return;
        }
        module.variable(
            PACKAGES,
            body! {
                "type": "string",
                "description": "The folder with the packages of functions, as <package>.zip.",
                "default": "../packages",
            },
        );
        if here.iter().any(|(_, function)| is_private(function)) && region.has_network() {
            declare_group(kinds, system, region, module);
        }
        for (name, function) in here {
            declare_one(kinds, system, region, name, function, module);
        }
    }

    fn declare_global(&self, _: Kinds, _: &AwsSystem<'_>, _: &mut ModuleFiles) {}

    fn remedy(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Option<&'static str> {
        None
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        None
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        None
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        Some(self)
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        Some(&MeasurableFunctions)
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        Some(&ExplainableFunctions)
    }
}

impl Nameable for FunctionKind {
    fn answer(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        key: &Name,
        record: &RecordSpec,
        module: &mut ModuleFiles,
    ) -> Option<RecordAnswer> {
        let function = system.blueprint.functions.get(&record.target)?;
        if !function.runs.includes(region.kind) {
            return None;
        }
        if let Some(service) = &function.balancer {
            return Some(balancer::answer(system, region, service.as_str(), module));
        }
        let domain = domain::address(&region.key_of(key.as_str()));
        Some(RecordAnswer::Name(domain.regional_domain_name()))
    }
}

fn is_private(function: &FunctionSpec) -> bool {
    function.network == FunctionNetwork::Private
}

/// What functions in the private network reach: databases there, and everything over HTTPS.
fn declare_group(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    module: &mut ModuleFiles,
) {
    security_group::declare(system, region, GROUP, "Functions", module);
    security_group::egress(
        "functions_https",
        GROUP,
        "HTTPS, to services of AWS and others",
        443,
        &Counterpart::anywhere(),
        module,
    );
    let uses = naming::in_region(system, region)
        .filter(|(_, function)| is_private(function))
        .flat_map(|(_, function)| &function.uses);
    uses::let_out(kinds, system, region, GROUP, uses, module);
}

fn declare_one(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let called = name_in(system, name.as_str(), region);
    let group = format!("/aws/lambda/{called}");
    let logs = log_group::declare(&topic, &key, &group, function.log_retention, module);
    let rights = rights(kinds, system, region, function, &group);
    let role = IamRole {
        key: &key,
        name: called.clone(),
        why: "What the function may do",
        trust: Statement::assume("lambda.amazonaws.com"),
        statements: rights,
    }
    .declare(&topic, module);
    let package = format!("{}/{}.zip", Template::variable(PACKAGES), function.package);
    let mut lambda = body! {
        "function_name": &called,
        "description": format!("{} of {} in {}", name, system.full_name(), region.aws),
        "role": role.arn(),
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "architectures": ["x86_64"],
        "filename": &package,
        "source_code_hash": Template::of(format_args!("filebase64sha256(\"{package}\")")),
        "memory_size": i64::try_from(function.memory.get() >> 20).unwrap_or(i64::MAX),
        "timeout": i64::try_from(function.timeout.as_secs()).unwrap_or(i64::MAX),
        "environment": body! { "variables": environment(kinds, system, region, function) },
    };
    if is_private(function) && region.network.is_some() {
        lambda.set(
            "vpc_config",
            body! {
                "subnet_ids": subnet::private_ids(region),
                "security_group_ids": [security_group::address(GROUP).id()],
            },
        );
    }
    lambda.set("depends_on", [policy_of(&role), logs]);
    let declared = naming::address(name);
    module.declare(&topic, &declared, lambda);
    module.output(
        &format!("{key}_function_{}", region.id()),
        "The function.",
        declared.function_name(),
    );
    if let Some(every) = function.every {
        schedule::declare(system, region, name, every, module);
    }
    if naming::has_interface(function) {
        interface::declare(system, region, name, function, module);
    }
}

fn environment(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    function: &FunctionSpec,
) -> Body {
    let mut variables = uses::environment(kinds, system, region, &function.uses);
    variables.insert("REGION".to_owned(), region.aws.clone());
    for (name, value) in &function.env {
        let value = literal(&value.replace("{region}", &region.aws));
        variables.insert(name.to_string(), value);
    }
    variables.into_iter().collect()
}

/// What a function may do: write its logs, be in the network, and what its uses need.
fn rights(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    function: &FunctionSpec,
    group: &str,
) -> Vec<Statement> {
    let mut statements = vec![log_group::writing(region, group)];
    if is_private(function) {
        statements.push(Statement::allow(
            "Network",
            &[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            vec!["*".to_owned()],
        ));
    }
    let access = Access::ReadAndWrite;
    statements.extend(uses::statements(
        kinds,
        system,
        region,
        &function.uses,
        access,
    ));
    statements
}
