//! Instances that serve, and that Auto Scaling keeps.

use std::time::Duration;

use standfast_blueprint::{CheckSpec, InstancesSpec, Name, RegionKind, ServiceSpec};

use crate::kind::balancer;
use crate::kind::contract::{Access, Kinds};
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::network::subnet;
use crate::kind::role::IamRole;
use crate::kind::service::naming::{self, balancer_group, instances_group, key, port, topic};
use crate::kind::service::{script, targets};
use crate::kind::uses;
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::defaults::{self, health};
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::system::size::gibibytes;
use crate::system::tags;

/// How long requests under way may take when a target goes.
const DRAIN: i64 = 30;

/// The share of a processor that Auto Scaling keeps instances at, in percent: one instance of two may
/// be lost without the other being overrun at once.
const CPU_TARGET: f64 = 50.0;

/// Declares the instances of a service in a region, and how it is found out that they serve.
pub(crate) fn declare(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    (name, service): (&Name, &ServiceSpec),
    instances: &InstancesSpec,
    module: &mut ModuleFiles,
) {
    declare_group(kinds, system, region, name, service, module);
    declare_targets(system, region, name, service, module);
    let profile = declare_role(kinds, system, region, name, service, module);
    let image = declare_image(region, name, service, module);
    let script = script::declare(kinds, system, region, name, service, module);
    let template = ResourceType::LaunchTemplate.named(key(name));
    let mut begun = body! {
        "name": naming::group_name(system, name, region),
        "image_id": image,
        "instance_type": literal(service.instance.as_deref().unwrap_or(defaults::MACHINE)),
        "update_default_version": true,
        "user_data": script,
        "iam_instance_profile": body! { "arn": profile.arn() },
    };
    begun.append(machine(system, region, name, service));
    module.declare(&topic(name), &template, begun);
    scale(
        system,
        region,
        (name, service),
        instances,
        &template,
        module,
    );
}

/// The security group of the instances, and what they reach.
fn declare_group(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let (balancer, instances) = (balancer_group(name), instances_group(name));
    let about = format!("Instances of {name}");
    security_group::declare(system, region, &instances, &about, module);
    let port = port(service);
    security_group::egress(
        &format!("{balancer}_to_instances"),
        &balancer,
        "Instances",
        port,
        &Counterpart::Group(instances.clone()),
        module,
    );
    security_group::ingress(
        &format!("{instances}_from_balancer"),
        &instances,
        "The balancer",
        port,
        &Counterpart::Group(balancer),
        module,
    );
    security_group::egress(
        &format!("{instances}_https"),
        &instances,
        "HTTPS, to services of AWS and others",
        443,
        &Counterpart::anywhere(),
        module,
    );
    let uses = service.uses.iter();
    uses::let_out(kinds, system, region, &instances, uses, module);
}

/// The instances as what a balancer leads to.
fn declare_targets(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    module.declare(
        &topic(name),
        &targets::instances_address(name),
        body! {
            "name": balancer::name_in(system, name.as_str(), region),
            "port": port(service),
            "protocol": "HTTP",
            "target_type": "instance",
            "vpc_id": subnet::vpc().id(),
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
        "interval": seconds(check.every.unwrap_or(health::EVERY)),
        "timeout": seconds(check.timeout.unwrap_or(health::TIMEOUT)),
        "healthy_threshold": check.up.map_or(health::UP, std::num::NonZeroU32::get),
        "unhealthy_threshold": check.down.map_or(health::DOWN, std::num::NonZeroU32::get),
    }
}

/// What the instances may do; yields the profile by which they take the role.
fn declare_role(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) -> Address {
    let key = format!("{}__instances", key(name));
    let called = system.name_in(&format!("{name}-instances"), region, limit::FUNCTION);
    let role = IamRole {
        key: &key,
        name: called.clone(),
        why: "What the instances may do",
        trust: Statement::assume("ec2.amazonaws.com"),
        statements: uses::statements(kinds, system, region, &service.uses, Access::Read),
    }
    .declare(&topic(name), module);
    let profile = ResourceType::IamInstanceProfile.named(key);
    let body = body! { "name": called, "role": role.name_at_aws() };
    module.declare(&topic(name), &profile, body);
    profile
}

/// The image that instances begin with: given, or looked up under a parameter that AWS or the owner keeps.
fn declare_image(
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) -> String {
    let given = service.image.as_deref();
    let parameter = match given.map(|image| (image, image.strip_prefix("parameter:"))) {
        Some((image, None)) => return literal(image),
        Some((_, Some(parameter))) => parameter,
        None => defaults::IMAGE,
    };
    let parameter = literal(parameter).replace("{region}", &region.aws);
    let published = ResourceType::SsmParameter.data(format!("image_{}", key(name)));
    module.declare(&topic(name), &published, body! { "name": parameter });
    // Which image the newest one is, is no secret.
    published.value().passed_to("nonsensitive").to_string()
}

/// What an instance is, whatever it runs: how it is reached, measured, kept and tagged.
fn machine(system: &AwsSystem<'_>, region: &AwsRegion, name: &Name, service: &ServiceSpec) -> Body {
    let tags = |kind: &str| {
        // The tags of the provider do not reach what an Auto Scaling group starts.
        let mut tags = tags::named(&naming::group_name(system, name, region));
        tags.append(tags::of_everything(system, &region.aws));
        body! { "resource_type": kind, "tags": tags }
    };
    body! {
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
                "volume_size": gibibytes(service.disk),
                "volume_type": "gp3",
            },
        },
        "vpc_security_group_ids": [security_group::address(&instances_group(name)).id()],
        "tag_specifications": [tags("instance"), tags("volume")],
    }
}

/// The group that keeps as many instances as are wanted, and how it finds out how many that are.
fn scale(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    (name, service): (&Name, &ServiceSpec),
    instances: &InstancesSpec,
    template: &Address,
    module: &mut ModuleFiles,
) {
    let count = match region.kind {
        RegionKind::Home => instances.home,
        RegionKind::Standby | RegionKind::Witness => instances.standby,
    };
    let most = instances.max.map_or_else(
        || instances.home.max(instances.standby),
        std::num::NonZeroU16::get,
    );
    let called = naming::group_name(system, name, region);
    let grace = service.grace.unwrap_or(defaults::GRACE).as_secs();
    let group = ResourceType::AutoscalingGroup.named(key(name));
    module.declare(
        &topic(name),
        &group,
        body! {
            "name": &called,
            "min_size": count,
            "max_size": most.max(count),
            "desired_capacity": count,
            "vpc_zone_identifier": subnet::private_ids(region),
            "target_group_arns": [targets::instances_address(name).arn()],
            "health_check_type": "ELB",
            "health_check_grace_period": i64::try_from(grace).unwrap_or(i64::MAX),
            "launch_template": body! {
                "id": template.id(),
                // The version that this module made, not whichever is the latest when one starts.
                "version": template.latest_version().passed_to("tostring"),
            },
            "tag": [body! {
                "key": "Name",
                "value": &called,
                "propagate_at_launch": true,
            }],
            // A failover scales out; the next apply must not scale back in.
            "lifecycle": body! { "ignore_changes": ["desired_capacity", "min_size"] },
        },
    );
    module.declare(
        &topic(name),
        &ResourceType::AutoscalingPolicy.named(key(name)),
        body! {
            "name": &called,
            "autoscaling_group_name": group.name_at_aws(),
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
