//! Listeners of balancers: where clients come in, and the rules by which they are led on.

use standfast_blueprint::{Certificate, Name, ServiceSpec};

use crate::kind::balancer;
use crate::kind::contract::CERTIFICATES_TOPIC;
use crate::kind::function::naming as function;
use crate::kind::service::naming::{key, topic};
use crate::kind::service::targets::{Groups, attached, whole};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The policy of the least version of TLS that is offered: 1.2, forward secret.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// Where the listener that serves clients leads to when no rule fits.
fn default_action(
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

/// Declares the listeners of a balancer in its region.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let key = key(name);
    let balancer = balancer::address(name.as_str()).arn();
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
fn secure_listener(balancer: &Template, certificate: &str, action: Body) -> Body {
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
fn rules(
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

/// Declares the listener of a balancer that serves over TLS with a certificate that is made beside the
/// names, in the module that spans regions.
pub(crate) fn declare_global(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    certificate: &str,
    module: &mut ModuleFiles,
) {
    let balancer = balancer::look_up(system, region, name.as_str(), module).arn();
    let action = default_action(system, region, name, &mut Groups::Global(module));
    let mut body = body! { "provider": region.provider() };
    body.append(secure_listener(&balancer, certificate, action));
    let listener = ResourceType::LbListener.named(region.key_of(name.as_str()));
    module.declare(CERTIFICATES_TOPIC, &listener, body);
    let groups = &mut Groups::Global(module);
    rules(system, region, name, &listener.arn(), groups);
}
