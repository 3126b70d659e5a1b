//! Services: a balancer in every region, and what stands behind it: instances that Auto Scaling keeps,
//! or functions.

use std::time::Duration;

use standfast_blueprint::{
    Balancer, Certificate, CheckSpec, Class, FunctionSpec, InstancesSpec, Name, RegionKind,
    ServiceSpec,
};

use crate::database;
use crate::function;
use crate::network::{self, Counterpart};
use crate::rights::{self, Access, IamRole};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::defaults::{self, check};
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;
use crate::system::tags;

/// How long requests under way may take when a target goes.
const DRAIN: i64 = 30;

/// The policy of the least version of TLS that is offered: 1.2, forward secret.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// The share of a processor that Auto Scaling keeps instances at, in percent: one instance of two may
/// be lost without the other being overrun at once.
const CPU_TARGET: f64 = 50.0;

/// The part of identifiers of Terraform that names a service.
pub(crate) fn key_of(name: &str) -> String {
    identifier(name)
}

fn topic(name: &Name) -> String {
    format!("service-{name}")
}

/// What a balancer is called in a region.
pub(crate) fn balancer_name(system: &AwsSystem<'_>, name: &str, region: &AwsRegion) -> String {
    system.name_in(name, region, limit::BALANCER)
}

/// The services of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    for (name, service) in &system.blueprint.services {
        balancer(system, region, name, service, module);
        if let Some(instances) = &service.instances {
            target_group(system, region, name, service, module);
            role(system, region, name, service, module);
            launch_template(system, region, name, service, module);
            scaling_group(system, region, name, service, instances, module);
        }
        functions(system, region, name, module);
        listeners(system, region, name, service, module);
    }
}

fn port(service: &ServiceSpec) -> u16 {
    service.port.map_or(80, std::num::NonZeroU16::get)
}

fn balancer(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let Some(network) = &region.network else {
        return;
    };
    let key = key_of(name.as_str());
    let group = format!("balancer_{key}");
    network::security_group(
        system,
        region,
        &group,
        &format!("The balancer of {name}"),
        module,
    );
    let public = service.balancer == Some(Balancer::Public);
    let clients = Counterpart::Range(if public {
        "0.0.0.0/0".to_owned()
    } else {
        network.cidr.to_string()
    });
    let mut open = vec![("http", 80)];
    if service.certificate.is_some() {
        open.push(("https", 443));
    }
    for (what, port) in open {
        network::ingress(
            &format!("{group}_{what}"),
            &group,
            "Clients",
            port,
            &clients,
            module,
        );
    }
    let (kind, count) = if public {
        ("public", network.public.len())
    } else {
        ("private", network.private.len())
    };
    module.declare(
        &topic(name),
        &ResourceType::Lb.named(&key),
        body! {
            "name": balancer_name(system, name.as_str(), region),
            "load_balancer_type": "application",
            "internal": !public,
            "subnets": network::subnet_ids(kind, count),
            "security_groups": [ResourceType::SecurityGroup.named(&group).id()],
            "drop_invalid_header_fields": true,
            "enable_deletion_protection": system.blueprint.class == Class::Production,
        },
    );
    module.output(
        &format!("{key}_balancer_{}", region.id()),
        "The balancer of this region, whatever the names of the system lead to.",
        ResourceType::Lb.named(&key).dns_name(),
    );
}

/// Instances that serve, and how it is found out that they do.
fn target_group(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let key = key_of(name.as_str());
    let (balancer, instances) = (format!("balancer_{key}"), format!("instances_{key}"));
    network::security_group(
        system,
        region,
        &instances,
        &format!("Instances of {name}"),
        module,
    );
    let port = port(service);
    network::egress(
        &format!("{balancer}_to_instances"),
        &balancer,
        "Instances",
        port,
        &Counterpart::Group(instances.clone()),
        module,
    );
    network::ingress(
        &format!("{instances}_from_balancer"),
        &instances,
        "The balancer",
        port,
        &Counterpart::Group(balancer),
        module,
    );
    let anywhere = Counterpart::Range("0.0.0.0/0".to_owned());
    network::egress(
        &format!("{instances}_https"),
        &instances,
        "HTTPS, to services of AWS and others",
        443,
        &anywhere,
        module,
    );
    function::out_to_databases(system, region, &instances, service.uses.iter(), module);
    module.declare(
        &topic(name),
        &ResourceType::LbTargetGroup.named(&key),
        body! {
            "name": balancer_name(system, name.as_str(), region),
            "port": port,
            "protocol": "HTTP",
            "target_type": "instance",
            "vpc_id": ResourceType::Vpc.named("main").id(),
            "deregistration_delay": DRAIN.to_string(),
            "health_check": health_check(service),
        },
    );
}

fn health_check(service: &ServiceSpec) -> Body {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let empty = CheckSpec {
        every: None,
        timeout: None,
        up: None,
        down: None,
    };
    let check = service.check.as_ref().unwrap_or(&empty);
    let path = service.health.as_ref();
    body! {
        "path": literal(path.map_or("/", |path| path.as_str())),
        "protocol": "HTTP",
        "matcher": "200",
        "interval": seconds(check.every.unwrap_or(check::EVERY)),
        "timeout": seconds(check.timeout.unwrap_or(check::TIMEOUT)),
        "healthy_threshold": check.up.map_or(check::UP, std::num::NonZeroU32::get),
        "unhealthy_threshold": check.down.map_or(check::DOWN, std::num::NonZeroU32::get),
    }
}

fn role(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let key = format!("{}__instances", key_of(name.as_str()));
    let called = system.name_in(&format!("{name}-instances"), region, limit::FUNCTION);
    IamRole {
        key: &key,
        name: called.clone(),
        why: "What the instances may do",
        trust: Statement::assume("ec2.amazonaws.com"),
        statements: rights::statements(system, region, &service.uses, Access::Read),
    }
    .write(&topic(name), module);
    module.declare(
        &topic(name),
        &ResourceType::IamInstanceProfile.named(&key),
        body! {
            "name": called,
            "role": ResourceType::IamRole.named(&key).name_at_aws(),
        },
    );
}

fn launch_template(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let key = key_of(name.as_str());
    let image = match service.image.as_deref() {
        Some(image) if !image.starts_with("parameter:") => literal(image),
        image => {
            let parameter = image.and_then(|image| image.strip_prefix("parameter:"));
            let parameter = literal(parameter.unwrap_or(defaults::IMAGE));
            let published = ResourceType::SsmParameter.data(format!("image_{key}"));
            let body = body! { "name": parameter.replace("{region}", &region.aws) };
            module.declare(&topic(name), &published, body);
            // Which image the newest one is, is no secret.
            Template::of(format_args!(
                "nonsensitive({})",
                published.value().expression()
            ))
            .to_string()
        }
    };
    let script = script(system, region, name, service, module);
    let called = system.name_in(name.as_str(), region, limit::OTHER);
    let tags: Vec<Body> = ["instance", "volume"]
        .into_iter()
        .map(|kind| {
            // The tags of the provider do not reach what an Auto Scaling group starts.
            let mut tags = tags::named(&called);
            tags.append(tags::of_everything(system, &region.aws));
            body! { "resource_type": kind, "tags": tags }
        })
        .collect();
    module.declare(
        &topic(name),
        &ResourceType::LaunchTemplate.named(&key),
        body! {
            "name": &called,
            "image_id": image,
            "instance_type": literal(service.instance.as_deref().unwrap_or(defaults::MACHINE)),
            "update_default_version": true,
            "user_data": script,
            "iam_instance_profile": body! {
                "arn": ResourceType::IamInstanceProfile.named(format!("{key}__instances")).arn(),
            },
            "metadata_options": body! {
                "http_endpoint": "enabled",
                // Version 2 only, and not from within containers.
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            "monitoring": body! { "enabled": true },
            "block_device_mappings": body! {
                "device_name": "/dev/xvda",
                "ebs": body! {
                    "encrypted": "true",
                    "volume_size": database::gibibytes(service.disk),
                    "volume_type": "gp3",
                },
            },
            "vpc_security_group_ids":
                [ResourceType::SecurityGroup.named(format!("instances_{key}")).id()],
            "tag_specifications": tags,
        },
    );
}

/// What an instance begins with: the script of the blueprint, or one that installs the package from the
/// first bucket the service uses and keeps it running.
fn script(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) -> String {
    if let Some(text) = service
        .user_data
        .as_ref()
        .and_then(|path| system.scripts.get(path))
    {
        let file = format!("files/{name}.sh");
        module.file(&file, text.clone());
        return Template::of(format_args!("filebase64(\"${{path.module}}/{file}\")")).to_string();
    }
    let variables = rights::environment(system, region, &service.uses);
    let mut lines = vec!["#!/bin/bash".to_owned(), "set -euo pipefail".to_owned()];
    lines.push("cat > /etc/service.env <<'END'".to_owned());
    lines.push(format!("PORT={}", port(service)));
    lines.extend(
        variables
            .iter()
            .map(|(variable, value)| format!("{variable}={value}")),
    );
    lines.push("END".to_owned());
    if let (Some(package), Some(bucket)) = (&service.package, variables.get("BUCKET_NAME")) {
        lines.extend(unit(package.as_str(), bucket));
    }
    let local = format!("script__{}", key_of(name.as_str()));
    module.local(&topic(name), &local, lines);
    Template::of(format_args!(
        "base64encode(join(\"\\n\", concat(local.{local}, [\"\"])))"
    ))
    .to_string()
}

/// A unit that fetches the package at each start, and tries again until it is there.
fn unit(package: &str, bucket: &str) -> Vec<String> {
    let unit = format!("/etc/systemd/system/{package}.service");
    vec![
        format!("cat > {unit} <<'END'"),
        "[Unit]".to_owned(),
        "Wants=network-online.target".to_owned(),
        "After=network-online.target".to_owned(),
        "StartLimitIntervalSec=0".to_owned(),
        "[Service]".to_owned(),
        "EnvironmentFile=/etc/service.env".to_owned(),
        format!(
            "ExecStartPre=+aws s3 cp --only-show-errors s3://{bucket}/{package} /usr/local/bin/{package}"
        ),
        format!("ExecStartPre=+chmod 0755 /usr/local/bin/{package}"),
        format!("ExecStart=/usr/local/bin/{package}"),
        "DynamicUser=yes".to_owned(),
        "AmbientCapabilities=CAP_NET_BIND_SERVICE".to_owned(),
        "Restart=always".to_owned(),
        "RestartSec=5".to_owned(),
        "[Install]".to_owned(),
        "WantedBy=multi-user.target".to_owned(),
        "END".to_owned(),
        format!("systemctl daemon-reload && systemctl enable --now --no-block {package}.service"),
    ]
}

fn scaling_group(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    instances: &InstancesSpec,
    module: &mut ModuleFiles,
) {
    let key = key_of(name.as_str());
    let count = match region.kind {
        RegionKind::Home => instances.home,
        RegionKind::Standby | RegionKind::Witness => instances.standby,
    };
    let most = instances.max.map_or_else(
        || instances.home.max(instances.standby),
        std::num::NonZeroU16::get,
    );
    let template = ResourceType::LaunchTemplate.named(&key);
    let called = system.name_in(name.as_str(), region, limit::OTHER);
    let grace = service.grace.unwrap_or(defaults::GRACE).as_secs();
    let subnets = region
        .network
        .as_ref()
        .map_or(0, |network| network.private.len());
    module.declare(&topic(name), &ResourceType::AutoscalingGroup.named(&key), body! {
            "name": &called,
            "min_size": count,
            "max_size": most.max(count),
            "desired_capacity": count,
            "vpc_zone_identifier": network::subnet_ids("private", subnets),
            "target_group_arns": [ResourceType::LbTargetGroup.named(&key).arn()],
            "health_check_type": "ELB",
            "health_check_grace_period": i64::try_from(grace).unwrap_or(i64::MAX),
            "launch_template": body! {
                "id": ResourceType::LaunchTemplate.named(&key).id(),
                // The version that this module made, not whichever is the latest when one starts.
                "version": Template::of(format_args!("tostring({})", template.latest_version().expression())),
            },
            "tag": [body! {
                "key": "Name",
                "value": &called,
                "propagate_at_launch": true,
            }],
            // A failover scales out; the next apply must not scale back in.
            "lifecycle": body! { "ignore_changes": ["desired_capacity", "min_size"] },
        });
    module.declare(
        &topic(name),
        &ResourceType::AutoscalingPolicy.named(&key),
        body! {
            "name": &called,
            "autoscaling_group_name": ResourceType::AutoscalingGroup.named(&key).name_at_aws(),
            "policy_type": "TargetTrackingScaling",
            "target_tracking_configuration": body! {
                "predefined_metric_specification": body! {
                    "predefined_metric_type": "ASGAverageCPUUtilization",
                },
                "target_value": CPU_TARGET,
            },
        },
    );
}

/// The functions that a balancer leads to.
fn attached<'p>(
    system: &'p AwsSystem<'_>,
    region: &'p AwsRegion,
    service: &'p Name,
) -> impl Iterator<Item = (&'p Name, &'p FunctionSpec)> {
    let functions = function::functions_in(system, region);
    functions.filter(move |(_, function)| function.balancer.as_ref() == Some(service))
}

fn functions(system: &AwsSystem<'_>, region: &AwsRegion, service: &Name, module: &mut ModuleFiles) {
    for (name, _) in attached(system, region, service) {
        let key = function::key(name);
        let group = group_key(name);
        let topic = topic(service);
        module.declare(
            &topic,
            &ResourceType::LbTargetGroup.named(&group),
            body! {
                "name": group_name(system, region, service, Some(name)),
                "target_type": "lambda",
            },
        );
        module.declare(
            &topic,
            &ResourceType::LambdaPermission.named(format!("{key}__balancer")),
            body! {
                "statement_id": "balancer",
                "action": "lambda:InvokeFunction",
                "function_name": ResourceType::LambdaFunction.named(&key).function_name(),
                "principal": "elasticloadbalancing.amazonaws.com",
                "source_arn": ResourceType::LbTargetGroup.named(&group).arn(),
            },
        );
        module.declare(
            &topic,
            &ResourceType::LbTargetGroupAttachment.named(&key),
            body! {
                "target_group_arn": ResourceType::LbTargetGroup.named(&group).arn(),
                "target_id": ResourceType::LambdaFunction.named(&key).arn(),
                "depends_on": [ResourceType::LambdaPermission.named(format!("{key}__balancer"))],
            },
        );
    }
}

/// Where the listener that serves clients leads to when no rule fits.
pub(crate) fn default_action(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    groups: &mut Groups<'_>,
) -> Body {
    let service = system.blueprint.services.get(name);
    let instances = service.is_some_and(|service| service.instances.is_some());
    let whole = whole(system, region, name);
    if instances || whole.is_some() {
        let of = if instances { None } else { whole };
        let group = groups.arn(system, region, name, of);
        return body! { "type": "forward", "target_group_arn": group };
    }
    body! {
        "type": "fixed-response",
        "fixed_response": body! {
            "content_type": "text/plain",
            "status_code": "404",
            "message_body": "not found",
        },
    }
}

/// Who refers to target groups: the module of their region, or the one that spans regions.
pub(crate) enum Groups<'m> {
    Region(&'m mut ModuleFiles),
    Global(&'m mut ModuleFiles),
}

impl Groups<'_> {
    fn module(&mut self) -> &mut ModuleFiles {
        match self {
            Self::Region(module) | Self::Global(module) => module,
        }
    }

    /// The ARN of the targets of a service, or of one of its functions.
    fn arn(
        &mut self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        service: &Name,
        of: Option<&Name>,
    ) -> Template {
        let key = of.map_or_else(|| key_of(service.as_str()), group_key);
        match self {
            Self::Region(_) => ResourceType::LbTargetGroup.named(&key).arn(),
            Self::Global(module) => {
                let called = group_name(system, region, service, of);
                look_up_group(region, &key, &called, module).arn()
            }
        }
    }
}

/// The key of the targets that a function is.
fn group_key(function: &Name) -> String {
    format!("{}__function", function::key(function))
}

fn group_name(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    function: Option<&Name>,
) -> String {
    match function {
        Some(function) => system.name_in(&format!("{function}-f"), region, limit::BALANCER),
        None => balancer_name(system, service.as_str(), region),
    }
}

/// The function behind a balancer that takes what no rule takes.
fn whole<'p>(
    system: &'p AwsSystem<'_>,
    region: &'p AwsRegion,
    service: &'p Name,
) -> Option<&'p Name> {
    let mut attached = attached(system, region, service);
    let (name, _) = attached.find(|(_, function)| function.routes.is_empty())?;
    Some(name)
}

fn listeners(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let key = key_of(name.as_str());
    let balancer = ResourceType::Lb.named(&key).arn();
    let forward = default_action(system, region, name, &mut Groups::Region(module));
    let mut serving = None;
    let first = if service.certificate.is_some() {
        body! {
            "type": "redirect",
            "redirect": body! { "port": "443", "protocol": "HTTPS", "status_code": "HTTP_301" },
        }
    } else {
        serving = Some(format!("{key}_http"));
        forward.clone()
    };
    module.declare(
        &topic(name),
        &ResourceType::LbListener.named(format!("{key}_http")),
        body! {
            "load_balancer_arn": &balancer,
            "port": 80,
            "protocol": "HTTP",
            "default_action": [first],
        },
    );
    // A certificate that is issued is made beside the names it is for, and its listener with it.
    if let Some(Certificate::Given(certificates)) = &service.certificate
        && let Some(certificate) = certificates.get(&region.name)
    {
        serving = Some(format!("{key}_https"));
        module.declare(
            &topic(name),
            &ResourceType::LbListener.named(format!("{key}_https")),
            secure_listener(&balancer, certificate.as_str(), forward),
        );
    }
    if let Some(listener) = serving {
        let listener = ResourceType::LbListener.named(&listener).arn();
        rules(system, region, name, &listener, &mut Groups::Region(module));
    }
}

/// A listener that serves over TLS.
pub(crate) fn secure_listener(balancer: &Template, certificate: &str, action: Body) -> Body {
    body! {
        "load_balancer_arn": balancer,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": TLS_POLICY,
        "certificate_arn": certificate,
        "default_action": [action],
    }
}

/// The routes of functions behind a balancer.
pub(crate) fn rules(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    service: &Name,
    listener: &Template,
    groups: &mut Groups<'_>,
) {
    let mut priority = 1;
    for (name, function) in attached(system, region, service) {
        for route in &function.routes {
            let group = groups.arn(system, region, service, Some(name));
            let mut rule = Body::default();
            let mut key = format!("{}__{priority}", function::key(name));
            if let Groups::Global(_) = groups {
                rule.set("provider", region.provider());
                key = format!("{key}_{}", region.id());
            }
            rule.append(body! {
                "listener_arn": listener,
                "priority": priority,
                "condition": [
                    body! { "path_pattern": body! { "values": [route.path.as_str()] } },
                    body! { "http_request_method": body! { "values": [route.method] } },
                ],
                "action": [body! { "type": "forward", "target_group_arn": group }],
            });
            let module = groups.module();
            module.declare(
                &topic(service),
                &ResourceType::LbListenerRule.named(&key),
                rule,
            );
            priority += 1;
        }
    }
}

/// Looks a balancer up from the module that spans regions.
pub(crate) fn look_up(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &str,
    module: &mut ModuleFiles,
) -> Address {
    let balancer = ResourceType::Lb.data(format!("{}__{}", key_of(name), region.id()));
    look_up_once(
        region,
        &balancer,
        &balancer_name(system, name, region),
        module,
    );
    balancer
}

/// Looks the targets of a service up from the module that spans regions.
pub(crate) fn look_up_instances(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &str,
    module: &mut ModuleFiles,
) -> Address {
    let called = balancer_name(system, name, region);
    look_up_group(region, &key_of(name), &called, module)
}

fn look_up_group(region: &AwsRegion, key: &str, called: &str, module: &mut ModuleFiles) -> Address {
    let group = ResourceType::LbTargetGroup.data(format!("{key}__{}", region.id()));
    look_up_once(region, &group, called, module);
    group
}

fn look_up_once(region: &AwsRegion, address: &Address, called: &str, module: &mut ModuleFiles) {
    if !module.has(address) {
        let body = body! { "provider": region.provider(), "name": called };
        module.declare("names", address, body);
    }
}
