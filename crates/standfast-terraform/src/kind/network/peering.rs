//! Joins the networks of all regions, for what is to be reached from every one of them.

use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::system::tags;

const TOPIC: &str = "peering";

/// Declares the connections, in the module that spans regions.
pub(crate) fn declare(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
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

fn look_up(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let Some(network) = &region.network else {
        return;
    };
    let name = system.name_in("", region, limit::OTHER);
    let by_name = |name: String| [body! { "name": "tag:Name", "values": [name] }];
    module.declare(
        TOPIC,
        &ResourceType::Vpc.data(region.id()),
        body! { "provider": region.provider(), "filter": by_name(name.clone()) },
    );
    for number in 1..=network.private.len() {
        module.declare(
            TOPIC,
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
    let name = system.name_of(&format!("{}-{}", requester.aws, accepter.aws), limit::OTHER);
    module.declare(
        TOPIC,
        &ResourceType::VpcPeeringConnection.named(&key),
        body! {
            "provider": requester.provider(),
            "vpc_id": vpc(requester),
            "peer_vpc_id": vpc(accepter),
            "peer_region": &accepter.aws,
            "auto_accept": false,
            "tags": tags::named(&name),
        },
    );
    let connection = ResourceType::VpcPeeringConnection.named(&key).id();
    module.declare(
        TOPIC,
        &ResourceType::VpcPeeringConnectionAccepter.named(&key),
        body! {
            "provider": accepter.provider(),
            "vpc_peering_connection_id": &connection,
            "auto_accept": true,
            "tags": tags::named(&name),
        },
    );
    for (from, to) in [(requester, accepter), (accepter, requester)] {
        let (Some(own), Some(other)) = (&from.network, &to.network) else {
            continue;
        };
        for number in 1..=own.private.len() {
            let table = format!("{}_private_{number}", from.id());
            module.declare(
                TOPIC,
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
