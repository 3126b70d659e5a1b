//! The private network of a region: a VPC with subnets in several zones, the ways out of it, and who
//! may talk to whom.
//!
//! Zones are taken from what the account is offered, in order, and kept: an account need not have a
//! zone `a`.

use standfast_blueprint::{Nat, Reach};

use crate::rights;
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::{AwsRegion, PrivateNetwork};
use crate::system::tags::named;

const TOPIC: &str = "network";

/// Zones in which balancers, and much else that is newer than the zone, cannot be had. Source: "Availability
/// Zones" of the user guide of application load balancers. Names of zones differ between accounts, these
/// ids do not.
const WITHOUT_BALANCERS: [&str; 5] = ["use1-az3", "usw1-az2", "apne1-az3", "cac1-az3", "ilc1-az2"];

/// The subnets of one kind, as references to their ids.
pub(crate) fn subnet_ids(kind: &str, count: usize) -> Vec<Template> {
    (1..=count)
        .map(|number| ResourceType::Subnet.named(format!("{kind}_{number}")).id())
        .collect()
}

/// The private network of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
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
        &ResourceType::Vpc.named("main"),
        body! {
            "cidr_block": network.cidr.to_string(),
            "enable_dns_support": true,
            "enable_dns_hostnames": true,
            "tags": named(&name),
        },
    );
    // The group that everything would be in that names none: it lets nothing through.
    module.declare(TOPIC, &ResourceType::DefaultSecurityGroup.named("main"), body! { "vpc_id": ResourceType::Vpc.named("main").id(), "tags": named(&format!("{name}-none")) });
    subnets(network, &name, module);
    public_routes(network, &name, module);
    private_routes(network, &name, module);
    endpoints(system, region, network, &name, module);
    module.output(
        &format!("vpc_id_{}", region.id()),
        "The private network.",
        ResourceType::Vpc.named("main").id(),
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
                    "vpc_id": ResourceType::Vpc.named("main").id(),
                    "cidr_block": cidr.to_string(),
                    "availability_zone":
                        Template::of(format_args!("{}[{index}]", zones.names().expression())),
                    "map_public_ip_on_launch": false,
                    "tags": named(&format!("{name}-{kind}-{number}")),
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
        body! { "vpc_id": ResourceType::Vpc.named("main").id(), "tags": named(name) },
    );
    module.declare(TOPIC, &ResourceType::RouteTable.named("public"), body! { "vpc_id": ResourceType::Vpc.named("main").id(), "tags": named(&format!("{name}-public")) });
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
                "tags": named(&format!("{name}-nat-{number}")),
                "depends_on": [ResourceType::InternetGateway.named("main")],
            },
        );
        module.declare(
            TOPIC,
            &ResourceType::NatGateway.named(&key),
            body! {
                "allocation_id": ResourceType::Eip.named(&key).id(),
                "subnet_id": ResourceType::Subnet.named(format!("public_{number}")).id(),
                "tags": named(&format!("{name}-{number}")),
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
                "vpc_id": ResourceType::Vpc.named("main").id(),
                "tags": named(&format!("{name}-private-{number}")),
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

/// Ways to AWS's own services that leave the network nowhere: through gateways, which cost nothing,
/// where tables and buckets are used; through interfaces where there is no other way out.
fn endpoints(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    network: &PrivateNetwork,
    name: &str,
    module: &mut ModuleFiles,
) {
    let used = rights::services_used_privately(system, region);
    let mut interfaces = Vec::new();
    for service in used {
        match service {
            "s3" | "dynamodb" => {
                let tables: Vec<Template> = (1..=network.private.len())
                    .map(|number| {
                        ResourceType::RouteTable
                            .named(format!("private_{number}"))
                            .id()
                    })
                    .collect();
                module.declare(
                    TOPIC,
                    &ResourceType::VpcEndpoint.named(service),
                    body! {
                        "vpc_id": ResourceType::Vpc.named("main").id(),
                        "service_name": format!("com.amazonaws.{}.{service}", region.aws),
                        "vpc_endpoint_type": "Gateway",
                        "route_table_ids": tables,
                        "tags": named(&format!("{name}-{service}")),
                    },
                );
            }
            _ if network.nat == Nat::None => interfaces.push(service),
            _ => {}
        }
    }
    if interfaces.is_empty() {
        return;
    }
    security_group(
        system,
        region,
        "endpoints",
        "AWS services within the network",
        module,
    );
    ingress(
        "endpoints_from_network",
        "endpoints",
        "HTTPS from the network",
        443,
        &Counterpart::Range(network.cidr.to_string()),
        module,
    );
    for service in interfaces {
        module.declare(
            TOPIC,
            &ResourceType::VpcEndpoint.named(crate::system::name::identifier(service)),
            body! {
                "vpc_id": ResourceType::Vpc.named("main").id(),
                "service_name": format!("com.amazonaws.{}.{service}", region.aws),
                "vpc_endpoint_type": "Interface",
                "private_dns_enabled": true,
                "subnet_ids": subnet_ids("private", network.private.len()),
                "security_group_ids": [ResourceType::SecurityGroup.named("endpoints").id()],
                "tags": named(&format!("{name}-{service}")),
            },
        );
    }
}

/// Who is on the other side of a rule.
pub(crate) enum Counterpart {
    /// A range of addresses.
    Range(String),
    /// The members of another group of this module.
    Group(String),
}

impl Counterpart {
    fn set(&self, rule: &mut Body) {
        let group = |name: &str| ResourceType::SecurityGroup.named(name).id();
        match self {
            Self::Range(range) => rule.set("cidr_ipv4", range),
            Self::Group(name) => rule.set("referenced_security_group_id", group(name)),
        }
    }
}

/// A security group; its rules are resources of their own.
pub(crate) fn security_group(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    key: &str,
    description: &str,
    module: &mut ModuleFiles,
) {
    let name = system.name_in(&key.replace('_', "-"), region, limit::OTHER);
    module.declare(
        TOPIC,
        &ResourceType::SecurityGroup.named(key),
        body! {
            "name": &name,
            "description": description,
            "vpc_id": ResourceType::Vpc.named("main").id(),
            "tags": named(&name),
        },
    );
}

/// Lets a peer in at a port.
pub(crate) fn ingress(
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    rule(
        ResourceType::VpcSecurityGroupIngressRule,
        key,
        group,
        why,
        port,
        peer,
        module,
    );
}

/// Lets a group out to a port of a peer.
pub(crate) fn egress(
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    rule(
        ResourceType::VpcSecurityGroupEgressRule,
        key,
        group,
        why,
        port,
        peer,
        module,
    );
}

fn rule(
    kind: ResourceType,
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    let mut rule = body! {
        "security_group_id": ResourceType::SecurityGroup.named(group).id(),
        "description": why,
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
    };
    peer.set(&mut rule);
    module.declare(TOPIC, &kind.named(key), rule);
}

/// Joins the networks of all regions where a database is to be reached from every one of them.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    let mut databases = system.blueprint.databases.iter();
    if !databases.any(|database| database.cloud.reach == Reach::System) {
        return;
    }
    let regions: Vec<&AwsRegion> = system.data_regions().collect();
    for region in &regions {
        look_up(system, region, module);
    }
    for (index, requester) in regions.iter().enumerate() {
        for accepter in &regions[index + 1..] {
            peer(system, requester, accepter, module);
        }
    }
}

const PEERING: &str = "peering";

fn look_up(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let Some(network) = &region.network else {
        return;
    };
    let name = system.name_in("", region, limit::OTHER);
    let by_name = |name: String| [body! { "name": "tag:Name", "values": [name] }];
    module.declare(
        PEERING,
        &ResourceType::Vpc.data(region.id()),
        body! { "provider": region.provider(), "filter": by_name(name.clone()) },
    );
    for number in 1..=network.private.len() {
        module.declare(
            PEERING,
            &ResourceType::RouteTable.data(format!("{}_private_{number}", region.id())),
            body! {
                "provider": region.provider(),
                "filter": by_name(format!("{name}-private-{number}")),
            },
        );
    }
}

fn peer(
    system: &AwsSystem<'_>,
    requester: &AwsRegion,
    accepter: &AwsRegion,
    module: &mut ModuleFiles,
) {
    let key = format!("{}_{}", requester.id(), accepter.id());
    let vpc = |region: &AwsRegion| ResourceType::Vpc.data(region.id()).id();
    let name = system.name(&format!("{}-{}", requester.aws, accepter.aws), limit::OTHER);
    module.declare(
        PEERING,
        &ResourceType::VpcPeeringConnection.named(&key),
        body! {
            "provider": requester.provider(),
            "vpc_id": vpc(requester),
            "peer_vpc_id": vpc(accepter),
            "peer_region": &accepter.aws,
            "auto_accept": false,
            "tags": named(&name),
        },
    );
    let connection = ResourceType::VpcPeeringConnection.named(&key).id();
    module.declare(
        PEERING,
        &ResourceType::VpcPeeringConnectionAccepter.named(&key),
        body! {
            "provider": accepter.provider(),
            "vpc_peering_connection_id": &connection,
            "auto_accept": true,
            "tags": named(&name),
        },
    );
    for (from, to) in [(requester, accepter), (accepter, requester)] {
        let (Some(own), Some(other)) = (&from.network, &to.network) else {
            continue;
        };
        for number in 1..=own.private.len() {
            let table = format!("{}_private_{number}", from.id());
            module.declare(
                PEERING,
                &ResourceType::Route.named(format!("{table}_to_{}", to.id())),
                body! {
                    "provider": from.provider(),
                    "route_table_id": ResourceType::RouteTable.data(&table).id(),
                    "destination_cidr_block": other.cidr.to_string(),
                    "vpc_peering_connection_id": &connection,
                    "depends_on": [ResourceType::VpcPeeringConnectionAccepter.named(&key)],
                },
            );
        }
    }
}
