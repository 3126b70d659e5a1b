//! Functions: code that runs when it is called, or by the clock.
//!
//! A function has a role of its own with the rights its uses need. Those on network interfaces cannot be
//! held to a resource: the service checks, when a function is created, that its role may create one
//! anywhere.

use standfast_blueprint::{FunctionNetwork, FunctionSpec, Name, Reach, Section, Use};

use crate::api;
use crate::log;
use crate::network::{self, Counterpart};
use crate::rights::{self, Access, IamRole, assumed_for_this_account};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, port};
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// The functions of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let here: Vec<(&Name, &FunctionSpec)> = functions_in(system, region).collect();
    if here.is_empty() {
        return;
    }
    module.variable(
        "packages",
        body! {
            "type": "string",
            "description": "The folder with the packages of functions, as <package>.zip.",
            "default": "../packages",
        },
    );
    let private =
        |(_, function): &(&Name, &FunctionSpec)| function.network == FunctionNetwork::Private;
    if here.iter().any(private) && region.has_network() {
        group(system, region, module);
    }
    for (name, function) in here {
        write_one(system, region, name, function, module);
    }
}

/// The functions that run in a region.
pub(crate) fn functions_in<'p>(
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

pub(crate) fn topic(name: &Name) -> String {
    format!("function-{name}")
}

pub(crate) fn key(name: &Name) -> String {
    identifier(name.as_str())
}

/// What functions in the private network reach: databases there, and everything over HTTPS.
fn group(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    network::security_group(system, region, "functions", "Functions", module);
    let anywhere = Counterpart::Range("0.0.0.0/0".to_owned());
    network::egress(
        "functions_https",
        "functions",
        "HTTPS, to services of AWS and others",
        443,
        &anywhere,
        module,
    );
    let functions = functions_in(system, region);
    let uses = functions
        .filter(|(_, function)| function.network == FunctionNetwork::Private)
        .flat_map(|(_, function)| &function.uses);
    out_to_databases(system, region, "functions", uses, module);
}

/// Lets a group out to the databases it uses.
pub(crate) fn out_to_databases<'u>(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    group: &str,
    uses: impl Iterator<Item = &'u Use>,
    module: &mut ModuleFiles,
) {
    let names: std::collections::BTreeSet<&str> = uses
        .filter_map(|used| match used {
            Use::Thing(reference) if reference.section == Section::Databases => {
                Some(reference.name.as_str())
            }
            _ => None,
        })
        .collect();
    for name in names {
        let Some(database) = system.database(name) else {
            continue;
        };
        let reached: Vec<&AwsRegion> = match database.cloud.reach {
            Reach::Region => vec![region],
            Reach::System => system.data_regions().collect(),
        };
        for other in reached {
            let Some(network) = &other.network else {
                continue;
            };
            network::egress(
                &format!("{group}_to_{}_{}", identifier(name), other.id()),
                group,
                &format!("The database {name} in {}", other.aws),
                port(database.engine),
                &Counterpart::Range(network.cidr.to_string()),
                module,
            );
        }
    }
}

fn write_one(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let called = name_in(system, name.as_str(), region);
    let group = format!("/aws/lambda/{called}");
    module.declare(
        &topic,
        &ResourceType::CloudwatchLogGroup.named(&key),
        body! { "name": &group, "retention_in_days": log::days(function.log_retention) },
    );
    role(system, region, name, function, &group, module);
    let package = format!("${{var.packages}}/{}.zip", function.package);
    let mut lambda = body! {
        "function_name": &called,
        "description": format!("{} of {} in {}", name, system.full_name(), region.aws),
        "role": ResourceType::IamRole.named(&key).arn(),
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "architectures": ["x86_64"],
        "filename": &package,
        "source_code_hash": Template::of(format_args!("filebase64sha256(\"{package}\")")),
        "memory_size": i64::try_from(function.memory.get() >> 20).unwrap_or(i64::MAX),
        "timeout": i64::try_from(function.timeout.as_secs()).unwrap_or(i64::MAX),
        "environment": body! { "variables": environment(system, region, function) },
    };
    let private = function.network == FunctionNetwork::Private;
    if let (true, Some(network)) = (private, &region.network) {
        lambda.set(
            "vpc_config",
            body! {
                "subnet_ids": network::subnet_ids("private", network.private.len()),
                "security_group_ids": [ResourceType::SecurityGroup.named("functions").id()],
            },
        );
    }
    lambda.set(
        "depends_on",
        [
            ResourceType::IamRolePolicy.named(&key),
            ResourceType::CloudwatchLogGroup.named(&key),
        ],
    );
    module.declare(&topic, &ResourceType::LambdaFunction.named(&key), lambda);
    module.output(
        &format!("{key}_function_{}", region.id()),
        "The function.",
        ResourceType::LambdaFunction.named(&key).function_name(),
    );
    if let Some(every) = function.every {
        schedule(system, region, name, every, module);
    }
    if function.balancer.is_none() && !function.routes.is_empty() {
        api::write(system, region, name, function, module);
    }
}

fn environment(system: &AwsSystem<'_>, region: &AwsRegion, function: &FunctionSpec) -> Body {
    let mut variables = rights::environment(system, region, &function.uses);
    variables.insert("REGION".to_owned(), region.aws.clone());
    for (name, value) in &function.env {
        let value = literal(&value.replace("{region}", &region.aws));
        variables.insert(name.to_string(), value);
    }
    variables.into_iter().collect()
}

fn role(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    group: &str,
    module: &mut ModuleFiles,
) {
    let mut statements = vec![rights::write_logs(region, group)];
    if function.network == FunctionNetwork::Private {
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
    statements.extend(rights::statements(system, region, &function.uses, access));
    IamRole {
        key: &key(name),
        name: name_in(system, name.as_str(), region),
        why: "What the function may do",
        trust: Statement::assume("lambda.amazonaws.com"),
        statements,
    }
    .write(&topic(name), module);
}

/// Calls the function by the clock of its own region.
fn schedule(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    every: std::time::Duration,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let role = format!("{key}__schedule");
    let function = ResourceType::LambdaFunction.named(&key).arn();
    IamRole {
        key: &role,
        name: system.name_in(&format!("{name}-schedule"), region, limit::FUNCTION),
        why: "Calls the function by the clock",
        trust: assumed_for_this_account("scheduler.amazonaws.com"),
        statements: vec![Statement::allow(
            "Call",
            &["lambda:InvokeFunction"],
            vec![function.to_string()],
        )],
    }
    .write(&topic, module);
    let minutes = every.as_secs() / 60;
    let rate = match minutes {
        1 => "rate(1 minute)".to_owned(),
        minutes => format!("rate({minutes} minutes)"),
    };
    module.declare(
        &topic,
        &ResourceType::SchedulerSchedule.named(&key),
        body! {
            "name": name_in(system, name.as_str(), region),
            "description": format!("Calls {name} every {minutes} min"),
            "schedule_expression": rate,
            "flexible_time_window": body! { "mode": "OFF" },
            "target": body! {
                "arn": function,
                "role_arn": ResourceType::IamRole.named(&role).arn(),
                // What was missed is stale; the next call comes soon.
                "retry_policy": body! {
                    "maximum_event_age_in_seconds": 60,
                    "maximum_retry_attempts": 0,
                },
            },
        },
    );
}
