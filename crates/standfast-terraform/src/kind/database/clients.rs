//! Who reaches a database: its security group, the subnets it lives in, and the way of its clients to it.

use standfast_blueprint::{DatabaseSpec, Reach};

use crate::kind::contract::NetworkPath;
use crate::kind::database::naming::{key, port, topic};
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::network::subnet;
use crate::syntax::address::Address;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;
use crate::system::tags;

fn group(database: &DatabaseSpec) -> String {
    format!("database_{}", key(database))
}

/// The security group of a database, within the module of its region.
pub(crate) fn group_address(database: &DatabaseSpec) -> Address {
    security_group::address(&group(database))
}

/// The subnets of a database, within the module of its region.
pub(crate) fn subnets_address(database: &DatabaseSpec) -> Address {
    ResourceType::DbSubnetGroup.named(key(database))
}

/// The regions between which a database and its clients reach each other.
fn reach<'s>(
    system: &'s AwsSystem<'_>,
    region: &'s AwsRegion,
    database: &DatabaseSpec,
) -> Vec<&'s AwsRegion> {
    match database.cloud.reach {
        Reach::Region => vec![region],
        Reach::System => system.data_regions().collect(),
    }
}

/// Declares who reaches the database, and the subnets it lives in.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    let group = group(database);
    security_group::declare(system, region, &group, "Clients of the database", module);
    for other in reach(system, region, database) {
        let Some(network) = &other.network else {
            continue;
        };
        security_group::ingress(
            &format!("{group}_from_{}", other.id()),
            &group,
            &format!("Clients in {}", other.aws),
            port(database.engine),
            &Counterpart::Range(network.cidr.to_string()),
            module,
        );
    }
    let name = system.name_in(database.name.as_str(), region, limit::GROUP);
    module.declare(
        &topic(database),
        &subnets_address(database),
        body! {
            "name": &name,
            "subnet_ids": subnet::private_ids(region),
            "tags": tags::named(&name),
        },
    );
}

/// The ways of a client in a region to the database.
pub(crate) fn paths(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
) -> Vec<NetworkPath> {
    let name = database.name.as_str();
    let reached = reach(system, region, database).into_iter();
    reached
        .filter_map(|other| {
            let network = other.network.as_ref()?;
            Some(NetworkPath {
                key: format!("{}_{}", identifier(name), other.id()),
                to: format!("The database {name} in {}", other.aws),
                port: port(database.engine),
                range: network.cidr.to_string(),
            })
        })
        .collect()
}
