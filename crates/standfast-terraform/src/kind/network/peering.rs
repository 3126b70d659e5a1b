//! Joins the networks of all regions, for what is to be reached from every one of them.

use crate::kind::network::subnet::Exposure;
use crate::syntax::address::Address;
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
        &vpc(region),
        body! { "provider": region.provider(), "filter": by_name(name.clone()) },
    );
    for number in 1..=network.private.len() {
        let called = format!("{name}-{}", Exposure::Private.suffix(number));
        module.declare(
            TOPIC,
            &table(region, number),
            body! { "provider": region.provider(), "filter": by_name(called) },
        );
    }
}

/// The network of a region, as it is looked up.
fn vpc(region: &AwsRegion) -> Address {
    ResourceType::Vpc.data(region.id())
}

/// The table of routes of a private subnet of a region, as it is looked up.
fn table(region: &AwsRegion, number: usize) -> Address {
    let key = Exposure::Private.key(number);
    ResourceType::RouteTable.data(format!("{}_{key}", region.id()))
}

fn peer(
    system: &AwsSystem<'_>,
    requester: &AwsRegion,
    accepter: &AwsRegion,
    module: &mut ModuleFiles,
) {
    let key = format!("{}_{}", requester.id(), accepter.id());
    let name = system.name_of(&format!("{}-{}", requester.aws, accepter.aws), limit::OTHER);
    let connection = ResourceType::VpcPeeringConnection.named(&key);
    let consent = ResourceType::VpcPeeringConnectionAccepter.named(&key);
    module.declare(
        TOPIC,
        &connection,
        body! {
            "provider": requester.provider(),
            "vpc_id": vpc(requester).id(),
            "peer_vpc_id": vpc(accepter).id(),
            "peer_region": &accepter.aws,
            "auto_accept": false,
            "tags": tags::named(&name),
        },
    );
    module.declare(
        TOPIC,
        &consent,
        body! {
            "provider": accepter.provider(),
            "vpc_peering_connection_id": connection.id(),
            "auto_accept": true,
            "tags": tags::named(&name),
        },
    );
    for (from, to) in [(requester, accepter), (accepter, requester)] {
        let (Some(own), Some(other)) = (&from.network, &to.network) else {
            continue;
        };
        for number in 1..=own.private.len() {
            let table = table(from, number);
            module.declare(
                TOPIC,
                &ResourceType::Route.named(format!("{}_to_{}", table.name(), to.id())),
                body! {
                    "provider": from.provider(),
                    "route_table_id": table.id(),
                    "destination_cidr_block": other.cidr.to_string(),
                    "vpc_peering_connection_id": connection.id(),
                    "depends_on": [&consent],
                },
            );
        }
    }
}
