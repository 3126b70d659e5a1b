//! A region as AWS has it, with its private network.

use ipnet::Ipv4Net;
use standfast_blueprint::{Nat, RegionKind};
use standfast_units::Region;

use crate::system::name::identifier;

/// A region as AWS has it.
#[derive(Debug, Clone)]
pub(crate) struct AwsRegion {
    /// Its name in the blueprint.
    pub(crate) name: Region,
    /// Its name at AWS.
    pub(crate) aws: String,
    /// What it is for.
    pub(crate) kind: RegionKind,
    /// Its private network, where it has one.
    pub(crate) network: Option<PrivateNetwork>,
}

/// The private network of a region.
#[derive(Debug, Clone)]
pub(crate) struct PrivateNetwork {
    /// The range that its subnets lie in.
    pub(crate) cidr: Ipv4Net,
    /// The private subnets, one for each zone.
    pub(crate) private: Vec<Ipv4Net>,
    /// The public subnets, one for each zone, or none.
    pub(crate) public: Vec<Ipv4Net>,
    /// The way out of the private subnets.
    pub(crate) nat: Nat,
    /// Whether public subnets are cut from the range, one for each zone.
    pub(crate) cut_public: bool,
}

impl PrivateNetwork {
    /// How many public subnets there should be, when they are not laid out by hand.
    pub(crate) fn asked_public(&self, zones: usize) -> usize {
        if self.cut_public { zones } else { 0 }
    }
}

impl AwsRegion {
    /// The part of identifiers of Terraform that names this region.
    pub(crate) fn id(&self) -> String {
        identifier(&self.aws)
    }

    /// What names the part of something in this region, in a module that spans regions.
    pub(crate) fn key_of(&self, name: &str) -> String {
        format!("{}__{}", identifier(name), self.id())
    }

    /// The provider of this region, in a module that spans regions.
    pub(crate) fn provider(&self) -> String {
        provider_of(&self.aws)
    }

    /// Whether something can be put into a private network of this region.
    pub(crate) fn has_network(&self) -> bool {
        self.network.is_some() && self.kind != RegionKind::Witness
    }
}

/// The provider of a region of AWS, in a module that spans regions.
pub(crate) fn provider_of(aws: &str) -> String {
    format!("aws.{}", identifier(aws))
}
