//! Functions: code that runs when it is called, or by the clock.
//!
//! A function has a role of its own with the rights its uses need. Those on network interfaces cannot be
//! held to a resource: the service checks, when a function is created, that its role may create one
//! anywhere.

use standfast_blueprint::{FunctionNetwork, FunctionSpec, Name, Reach, Section, Use};

use crate::api;
use crate::log;
use crate::name::{identifier, limit};
use crate::network::{self, Peer};
use crate::plan::{Place, Plan, port};
use crate::rights::{self, Access, Role, assumed_for_this_account};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;

/// The functions of a region.
pub(crate) fn write(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    let here: Vec<(&Name, &FunctionSpec)> = functions_in(plan, place).collect();
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
    if here.iter().any(private) && network::exists(place) {
        group(plan, place, module);
    }
    for (name, function) in here {
        write_one(plan, place, name, function, module);
    }
}

/// The functions that run in a region.
pub(crate) fn functions_in<'p>(
    plan: &'p Plan<'_>,
    place: &'p Place,
) -> impl Iterator<Item = (&'p Name, &'p FunctionSpec)> {
    let functions = plan.blueprint.functions.iter();
    functions.filter(|(_, function)| function.runs.includes(place.kind))
}

/// What a function is called in a region.
pub(crate) fn name_in(plan: &Plan<'_>, name: &str, place: &Place) -> String {
    plan.name_in(name, place, limit::FUNCTION)
}

pub(crate) fn topic(name: &Name) -> String {
    format!("function-{name}")
}

pub(crate) fn key(name: &Name) -> String {
    identifier(name.as_str())
}

/// What functions in the private network reach: databases there, and everything over HTTPS.
fn group(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    network::security_group(plan, place, "functions", "Functions", module);
    let anywhere = Peer::Range("0.0.0.0/0".to_owned());
    network::egress(
        "functions_https",
        "functions",
        "HTTPS, to services of AWS and others",
        443,
        &anywhere,
        module,
    );
    let functions = functions_in(plan, place);
    let uses = functions
        .filter(|(_, function)| function.network == FunctionNetwork::Private)
        .flat_map(|(_, function)| &function.uses);
    out_to_databases(plan, place, "functions", uses, module);
}

/// Lets a group out to the databases it uses.
pub(crate) fn out_to_databases<'u>(
    plan: &Plan<'_>,
    place: &Place,
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
        let Some(database) = plan.database(name) else {
            continue;
        };
        let reached: Vec<&Place> = match database.cloud.reach {
            Reach::Region => vec![place],
            Reach::System => plan.data_places().collect(),
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
                &Peer::Range(network.cidr.to_string()),
                module,
            );
        }
    }
}

fn write_one(
    plan: &Plan<'_>,
    place: &Place,
    name: &Name,
    function: &FunctionSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let called = name_in(plan, name.as_str(), place);
    let group = format!("/aws/lambda/{called}");
    module.declare(
        &topic,
        &ResourceType::CloudwatchLogGroup.named(&key),
        body! { "name": &group, "retention_in_days": log::days(function.log_retention) },
    );
    role(plan, place, name, function, &group, module);
    let package = format!("${{var.packages}}/{}.zip", function.package);
    let mut lambda = body! {
        "function_name": &called,
        "description": format!("{} of {} in {}", name, plan.system(), place.aws),
        "role": ResourceType::IamRole.named(&key).arn(),
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "architectures": ["x86_64"],
        "filename": &package,
        "source_code_hash": Template::of(format_args!("filebase64sha256(\"{package}\")")),
        "memory_size": i64::try_from(function.memory.get() >> 20).unwrap_or(i64::MAX),
        "timeout": i64::try_from(function.timeout.as_secs()).unwrap_or(i64::MAX),
        "environment": body! { "variables": environment(plan, place, function) },
    };
    let private = function.network == FunctionNetwork::Private;
    if let (true, Some(network)) = (private, &place.network) {
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
        &format!("{key}_function_{}", place.id()),
        "The function.",
        ResourceType::LambdaFunction.named(&key).function_name(),
    );
    if let Some(every) = function.every {
        schedule(plan, place, name, every, module);
    }
    if function.balancer.is_none() && !function.routes.is_empty() {
        api::write(plan, place, name, function, module);
    }
}

fn environment(plan: &Plan<'_>, place: &Place, function: &FunctionSpec) -> Body {
    let mut variables = rights::environment(plan, place, &function.uses);
    variables.insert("REGION".to_owned(), place.aws.clone());
    for (name, value) in &function.env {
        let value = literal(&value.replace("{region}", &place.aws));
        variables.insert(name.to_string(), value);
    }
    variables.into_iter().collect()
}

fn role(
    plan: &Plan<'_>,
    place: &Place,
    name: &Name,
    function: &FunctionSpec,
    group: &str,
    module: &mut ModuleFiles,
) {
    let mut statements = vec![rights::write_logs(place, group)];
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
    statements.extend(rights::statements(plan, place, &function.uses, access));
    Role {
        key: &key(name),
        name: name_in(plan, name.as_str(), place),
        why: "What the function may do",
        trust: Statement::assume("lambda.amazonaws.com"),
        statements,
    }
    .write(&topic(name), module);
}

/// Calls the function by the clock of its own region.
fn schedule(
    plan: &Plan<'_>,
    place: &Place,
    name: &Name,
    every: std::time::Duration,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let role = format!("{key}__schedule");
    let function = ResourceType::LambdaFunction.named(&key).arn();
    Role {
        key: &role,
        name: plan.name_in(&format!("{name}-schedule"), place, limit::FUNCTION),
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
            "name": name_in(plan, name.as_str(), place),
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
