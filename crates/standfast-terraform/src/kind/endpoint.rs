//! Ways to AWS's own services that leave the network nowhere: through gateways, which cost nothing, where
//! tables and buckets are used; through interfaces where there is no other way out.

use standfast_blueprint::Nat;

use crate::kind::contract::Kinds;
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::network::subnet::{self, TOPIC, vpc};
use crate::kind::uses;
use crate::syntax::address::Template;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::{AwsRegion, PrivateNetwork};
use crate::system::tags;

/// The security group of endpoints that are interfaces.
const GROUP: &str = "endpoints";

/// Declares the endpoints that functions and instances of a region need.
pub(crate) fn declare(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    module: &mut ModuleFiles,
) {
    let Some(network) = &region.network else {
        return;
    };
    let name = system.name_in("", region, limit::OTHER);
    let mut interfaces = Vec::new();
    for service in uses::services_called(kinds, system, region) {
        match service {
            "s3" | "dynamodb" => gateway(region, network, &name, service, module),
            _ if network.nat == Nat::None => interfaces.push(service),
            _ => {}
        }
    }
    if interfaces.is_empty() {
        return;
    }
    let about = "AWS services within the network";
    security_group::declare(system, region, GROUP, about, module);
    security_group::ingress(
        "endpoints_from_network",
        GROUP,
        "HTTPS from the network",
        443,
        &Counterpart::Range(network.cidr.to_string()),
        module,
    );
    for service in interfaces {
        interface(region, &name, service, module);
    }
}

fn gateway(
    region: &AwsRegion,
    network: &PrivateNetwork,
    name: &str,
    service: &str,
    module: &mut ModuleFiles,
) {
    let tables: Vec<Template> = (1..=network.private.len())
        .map(|number| subnet::private_table(number).id())
        .collect();
    module.declare(
        TOPIC,
        &ResourceType::VpcEndpoint.named(service),
        body! {
            "vpc_id": vpc().id(),
            "service_name": format!("com.amazonaws.{}.{service}", region.aws),
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": tables,
            "tags": tags::named(&format!("{name}-{service}")),
        },
    );
}

fn interface(region: &AwsRegion, name: &str, service: &str, module: &mut ModuleFiles) {
    module.declare(
        TOPIC,
        &ResourceType::VpcEndpoint.named(identifier(service)),
        body! {
            "vpc_id": vpc().id(),
            "service_name": format!("com.amazonaws.{}.{service}", region.aws),
            "vpc_endpoint_type": "Interface",
            "private_dns_enabled": true,
            "subnet_ids": subnet::private_ids(region),
            "security_group_ids": [security_group::address(GROUP).id()],
            "tags": tags::named(&format!("{name}-{service}")),
        },
    );
}
