//! The private network of a region: a VPC with subnets in several zones and the ways out of it.
//!
//! Zones are taken from what the account is offered, in order, and kept: an account need not have a
//! zone `a`.

pub(crate) mod peering;
pub(crate) mod security_group;
pub(crate) mod subnet;

use standfast_blueprint::Nat;

use crate::kind::network::subnet::{TOPIC, vpc};
use crate::syntax::address::Template;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::{AwsRegion, PrivateNetwork};
use crate::system::tags;

/// Zones in which balancers, and much else that is newer than the zone, cannot be had. Source: "Availability
/// Zones" of the user guide of application load balancers. Names of zones differ between accounts, these
/// ids do not.
const WITHOUT_BALANCERS: [&str; 5] = ["use1-az3", "usw1-az2", "apne1-az3", "cac1-az3", "ilc1-az2"];

/// Declares the private network of a region.
pub(crate) fn declare(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let Some(network) = &region.network else {
        return;
    };
    let name = system.name_in("", region, limit::OTHER);
    module.declare(
        TOPIC,
        &ResourceType::AvailabilityZones.data("available"),
        body! {
            "state": "available",
            "exclude_zone_ids": WITHOUT_BALANCERS.to_vec(),
            "filter": [body! { "name": "opt-in-status", "values": ["opt-in-not-required"] }],
        },
    );
    module.declare(
        TOPIC,
        &vpc(),
        body! {
            "cidr_block": network.cidr.to_string(),
            "enable_dns_support": true,
            "enable_dns_hostnames": true,
            "tags": tags::named(&name),
        },
    );
    // The group that everything would be in that names none: it lets nothing through.
    module.declare(
        TOPIC,
        &ResourceType::DefaultSecurityGroup.named("main"),
        body! { "vpc_id": vpc().id(), "tags": tags::named(&format!("{name}-none")) },
    );
    subnets(network, &name, module);
    public_routes(network, &name, module);
    private_routes(network, &name, module);
    module.output(
        &format!("vpc_id_{}", region.id()),
        "The private network.",
        vpc().id(),
    );
}

fn subnets(network: &PrivateNetwork, name: &str, module: &mut ModuleFiles) {
    let zones = ResourceType::AvailabilityZones.data("available");
    for (kind, subnets) in [("private", &network.private), ("public", &network.public)] {
        for (index, cidr) in subnets.iter().enumerate() {
            let number = index + 1;
            module.declare(
                TOPIC,
                &ResourceType::Subnet.named(format!("{kind}_{number}")),
                body! {
                    "vpc_id": vpc().id(),
                    "cidr_block": cidr.to_string(),
                    "availability_zone":
                        Template::of(format_args!("{}[{index}]", zones.names().expression())),
                    "map_public_ip_on_launch": false,
                    "tags": tags::named(&format!("{name}-{kind}-{number}")),
                    // A zone that is added to the offer must not move a subnet.
                    "lifecycle": body! { "ignore_changes": ["availability_zone"] },
                },
            );
        }
    }
}

fn public_routes(network: &PrivateNetwork, name: &str, module: &mut ModuleFiles) {
    if network.public.is_empty() {
        return;
    }
    module.declare(
        TOPIC,
        &ResourceType::InternetGateway.named("main"),
        body! { "vpc_id": vpc().id(), "tags": tags::named(name) },
    );
    module.declare(
        TOPIC,
        &ResourceType::RouteTable.named("public"),
        body! { "vpc_id": vpc().id(), "tags": tags::named(&format!("{name}-public")) },
    );
    module.declare(
        TOPIC,
        &ResourceType::Route.named("public"),
        body! {
            "route_table_id": ResourceType::RouteTable.named("public").id(),
            "destination_cidr_block": "0.0.0.0/0",
            "gateway_id": ResourceType::InternetGateway.named("main").id(),
        },
    );
    for number in 1..=network.public.len() {
        associate(&format!("public_{number}"), "public", module);
    }
}

fn associate(subnet: &str, table: &str, module: &mut ModuleFiles) {
    module.declare(
        TOPIC,
        &ResourceType::RouteTableAssociation.named(subnet),
        body! {
            "subnet_id": ResourceType::Subnet.named(subnet).id(),
            "route_table_id": ResourceType::RouteTable.named(table).id(),
        },
    );
}

fn gateways(network: &PrivateNetwork) -> usize {
    match network.nat {
        Nat::None => 0,
        Nat::One => 1.min(network.public.len()),
        Nat::PerZone => network.private.len().min(network.public.len()),
    }
}

/// One table for each private subnet, so that a zone never depends on another for its way out.
fn private_routes(network: &PrivateNetwork, name: &str, module: &mut ModuleFiles) {
    let gateways = gateways(network);
    for number in 1..=gateways {
        let key = format!("nat_{number}");
        module.declare(
            TOPIC,
            &ResourceType::Eip.named(&key),
            body! {
                "domain": "vpc",
                "tags": tags::named(&format!("{name}-nat-{number}")),
                "depends_on": [ResourceType::InternetGateway.named("main")],
            },
        );
        module.declare(
            TOPIC,
            &ResourceType::NatGateway.named(&key),
            body! {
                "allocation_id": ResourceType::Eip.named(&key).id(),
                "subnet_id": ResourceType::Subnet.named(format!("public_{number}")).id(),
                "tags": tags::named(&format!("{name}-{number}")),
                "depends_on": [ResourceType::InternetGateway.named("main")],
            },
        );
    }
    for number in 1..=network.private.len() {
        let key = format!("private_{number}");
        module.declare(
            TOPIC,
            &ResourceType::RouteTable.named(&key),
            body! {
                "vpc_id": vpc().id(),
                "tags": tags::named(&format!("{name}-private-{number}")),
            },
        );
        associate(&key, &key, module);
        if gateways > 0 {
            let gateway = number.min(gateways);
            module.declare(
                TOPIC,
                &ResourceType::Route.named(format!("{key}_out")),
                body! {
                    "route_table_id": ResourceType::RouteTable.named(&key).id(),
                    "destination_cidr_block": "0.0.0.0/0",
                    "nat_gateway_id": ResourceType::NatGateway.named(format!("nat_{gateway}")).id(),
                },
            );
        }
    }
}
