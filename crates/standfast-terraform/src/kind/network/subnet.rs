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

/// Whether the internet reaches a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// It does not.
    Private,
    /// It does, through the gateway.
    Public,
}

impl Exposure {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    /// What names a subnet, its table of routes and their tags, counted from 1.
    pub(crate) fn key(self, number: usize) -> String {
        format!("{}_{number}", self.as_str())
    }

    /// What the names of a subnet and its table end with, for people.
    pub(crate) fn suffix(self, number: usize) -> String {
        format!("{}-{number}", self.as_str())
    }
}

/// A subnet, counted from 1.
pub(crate) fn address(exposure: Exposure, number: usize) -> Address {
    ResourceType::Subnet.named(exposure.key(number))
}

/// The table of routes of a private subnet, counted from 1.
pub(crate) fn private_table(number: usize) -> Address {
    ResourceType::RouteTable.named(Exposure::Private.key(number))
}

/// The subnets of one kind, as references to their ids.
pub(crate) fn ids(exposure: Exposure, count: usize) -> Vec<Template> {
    let numbers = 1..=count;
    numbers
        .map(|number| address(exposure, number).id())
        .collect()
}

/// The private subnets of a region.
pub(crate) fn private_ids(region: &AwsRegion) -> Vec<Template> {
    let count = region.network.as_ref().map_or(0, |own| own.private.len());
    ids(Exposure::Private, count)
}
