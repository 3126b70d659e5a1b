//! The balancer of a service in a region.

use standfast_blueprint::{Balancer, Class, Name, ServiceSpec};

use crate::kind::balancer;
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::network::subnet::{self, Exposure};
use crate::kind::service::naming::{balancer_group, key, topic};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Declares the balancer of a service, and who reaches it.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) {
    let Some(network) = &region.network else {
        return;
    };
    let key = key(name);
    let group = balancer_group(name);
    let balancer = balancer::address(name.as_str());
    security_group::declare(
        system,
        region,
        &group,
        &format!("The balancer of {name}"),
        module,
    );
    let public = service.balancer == Some(Balancer::Public);
    let clients = if public {
        Counterpart::anywhere()
    } else {
        Counterpart::Range(network.cidr.to_string())
    };
    let mut open = vec![("http", 80)];
    if service.certificate.is_some() {
        open.push(("https", 443));
    }
    for (what, port) in open {
        security_group::ingress(
            &format!("{group}_{what}"),
            &group,
            "Clients",
            port,
            &clients,
            module,
        );
    }
    let (exposure, count) = if public {
        (Exposure::Public, network.public.len())
    } else {
        (Exposure::Private, network.private.len())
    };
    module.declare(
        &topic(name),
        &balancer,
        body! {
            "name": balancer::name_in(system, name.as_str(), region),
            "load_balancer_type": "application",
            "internal": !public,
            "subnets": subnet::ids(exposure, count),
            "security_groups": [security_group::address(&group).id()],
            "drop_invalid_header_fields": true,
            "enable_deletion_protection": system.blueprint.class == Class::Production,
        },
    );
    module.output(
        &format!("{key}_balancer_{}", region.id()),
        "The balancer of this region, whatever the names of the system lead to.",
        balancer.dns_name(),
    );
}
