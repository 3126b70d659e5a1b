//! The addresses of the private network of a region, for what is put into it.

use crate::syntax::address::{Address, Template};
use crate::syntax::provider::ResourceType;
use crate::system::region::AwsRegion;

/// The file that networks and the rules in them stand in.
pub(crate) const TOPIC: &str = "network";

/// The network.
pub(crate) fn vpc() -> Address {
    ResourceType::Vpc.named("main")
}

/// The subnets of one kind, as references to their ids.
pub(crate) fn ids(kind: &str, count: usize) -> Vec<Template> {
    (1..=count)
        .map(|number| ResourceType::Subnet.named(format!("{kind}_{number}")).id())
        .collect()
}

/// The private subnets of a region.
pub(crate) fn private_ids(region: &AwsRegion) -> Vec<Template> {
    let count = region.network.as_ref().map_or(0, |own| own.private.len());
    ids("private", count)
}
