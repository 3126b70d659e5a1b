//! The places where servers run.

use ipnet::Ipv4Net;

use crate::choice::Nat;
use crate::defaults;
use crate::grammar::record;
use crate::scalar::Zones;
use crate::source::Spanned;

record! {
    /// A place where servers run, named by place and not by role.
    pub(crate) struct RegionSection {
        /// The region that serves as long as nothing is wrong.
        default home: bool = false,
        /// A third place that votes and observes but holds no data.
        default witness: bool = false,
        /// The private network of the region; no two may overlap.
        optional cidr: Spanned<Ipv4Net>,
        /// How many zones servers are spread over.
        implied zones: Spanned<Zones> = defaults::ZONES,
        /// The subnets, one per zone.
        optional subnets: Spanned<SubnetsSpec>,
        /// The way out of private subnets.
        optional nat: Spanned<Nat>,
    }
}

record! {
    /// The subnets of a region, one per zone.
    pub struct SubnetsSpec {
        /// Where databases and instances live.
        default private: Vec<Ipv4Net> = Vec::new(),
        /// Where balancers live.
        default public: Vec<Ipv4Net> = Vec::new(),
    }
}
