//! The private network of a region: a VPC with subnets in several zones and the ways out of it.
//!
//! Zones are taken from what the account is offered, in order, and kept: an account need not have a
//! zone `a`.

pub(crate) mod peering;
pub(crate) mod security_group;
pub(crate) mod subnet;

use standfast_blueprint::Nat;

use crate::kind::network::subnet::{Exposure, TOPIC, vpc};
use crate::syntax::address::{Address, Template};
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
    let zones = ResourceType::AvailabilityZones.data("available").names();
    let kinds = [
        (Exposure::Private, &network.private),
        (Exposure::Public, &network.public),
    ];
    for (exposure, subnets) in kinds {
        for (index, cidr) in subnets.iter().enumerate() {
            let number = index + 1;
            module.declare(
                TOPIC,
                &subnet::address(exposure, number),
                body! {
                    "vpc_id": vpc().id(),
                    "cidr_block": cidr.to_string(),
                    "availability_zone": Template::of(format_args!("{}[{index}]", zones.expression())),
                    "map_public_ip_on_launch": false,
                    "tags": tags::named(&format!("{name}-{}", exposure.suffix(number))),
                    // A zone that is added to the offer must not move a subnet.
                    "lifecycle": body! { "ignore_changes": ["availability_zone"] },
                },
            );
        }
    }
}

/// What leads between the network and the internet.
fn internet() -> Address {
    ResourceType::InternetGateway.named("main")
}

fn public_routes(network: &PrivateNetwork, name: &str, module: &mut ModuleFiles) {
    if network.public.is_empty() {
        return;
    }
    let table = ResourceType::RouteTable.named("public");
    module.declare(
        TOPIC,
        &internet(),
        body! { "vpc_id": vpc().id(), "tags": tags::named(name) },
    );
    module.declare(
        TOPIC,
        &table,
        body! { "vpc_id": vpc().id(), "tags": tags::named(&format!("{name}-public")) },
    );
    module.declare(
        TOPIC,
        &ResourceType::Route.named("public"),
        body! {
            "route_table_id": table.id(),
            "destination_cidr_block": "0.0.0.0/0",
            "gateway_id": internet().id(),
        },
    );
    for number in 1..=network.public.len() {
        associate(Exposure::Public, number, &table, module);
    }
}

fn associate(exposure: Exposure, number: usize, table: &Address, module: &mut ModuleFiles) {
    module.declare(
        TOPIC,
        &ResourceType::RouteTableAssociation.named(exposure.key(number)),
        body! {
            "subnet_id": subnet::address(exposure, number).id(),
            "route_table_id": table.id(),
        },
    );
}

/// How many ways out there are.
fn ways_out(network: &PrivateNetwork) -> usize {
    match network.nat {
        Nat::None => 0,
        Nat::One => 1.min(network.public.len()),
        Nat::PerZone => network.private.len().min(network.public.len()),
    }
}

/// A way out of the private subnets, counted from 1.
fn way_out(number: usize) -> Address {
    ResourceType::NatGateway.named(format!("nat_{number}"))
}

/// One table for each private subnet, so that a zone never depends on another for its way out.
fn private_routes(network: &PrivateNetwork, name: &str, module: &mut ModuleFiles) {
    let ways_out = ways_out(network);
    for number in 1..=ways_out {
        declare_way_out(name, number, module);
    }
    for number in 1..=network.private.len() {
        let table = subnet::private_table(number);
        let called = format!("{name}-{}", Exposure::Private.suffix(number));
        module.declare(
            TOPIC,
            &table,
            body! { "vpc_id": vpc().id(), "tags": tags::named(&called) },
        );
        associate(Exposure::Private, number, &table, module);
        if ways_out > 0 {
            let key = format!("{}_out", Exposure::Private.key(number));
            module.declare(
                TOPIC,
                &ResourceType::Route.named(key),
                body! {
                    "route_table_id": table.id(),
                    "destination_cidr_block": "0.0.0.0/0",
                    "nat_gateway_id": way_out(number.min(ways_out)).id(),
                },
            );
        }
    }
}

fn declare_way_out(name: &str, number: usize, module: &mut ModuleFiles) {
    let way_out = way_out(number);
    let address = ResourceType::Eip.named(way_out.name());
    module.declare(
        TOPIC,
        &address,
        body! {
            "domain": "vpc",
            "tags": tags::named(&format!("{name}-nat-{number}")),
            "depends_on": [internet()],
        },
    );
    module.declare(
        TOPIC,
        &way_out,
        body! {
            "allocation_id": address.id(),
            "subnet_id": subnet::address(Exposure::Public, number).id(),
            "tags": tags::named(&format!("{name}-{number}")),
            "depends_on": [internet()],
        },
    );
}
