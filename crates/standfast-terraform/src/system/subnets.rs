//! The ranges of networks: as they are laid out by hand, or cut for every region that needs one.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use standfast_blueprint::{Balancer, Blueprint, FunctionNetwork, Nat, RegionSpec};
use standfast_units::Region;

use crate::system::region::PrivateNetwork;

/// Where public subnets begin, counted in subnets, when they are cut from a network of 256 of them.
const PUBLIC_FROM: usize = 100;

/// Whether anything lives in a private network.
pub(crate) fn are_needed(blueprint: &Blueprint) -> bool {
    !blueprint.databases.is_empty()
        || !blueprint.services.is_empty()
        || has_private_functions(blueprint)
}

/// The network of every region that holds data; none when nothing lives in one, and none when the ranges
/// do not suffice.
pub(crate) fn lay_out(blueprint: &Blueprint) -> Vec<(Region, PrivateNetwork)> {
    if !are_needed(blueprint) {
        return Vec::new();
    }
    let specs: Vec<&RegionSpec> = blueprint.data_regions().collect();
    let given: Vec<Ipv4Net> = specs.iter().filter_map(|spec| spec.cidr).collect();
    let mut free = (0..=u8::MAX).filter_map(|second| {
        let cidr = Ipv4Net::new(Ipv4Addr::new(10, second, 0, 0), 16).ok()?;
        let apart = |other: &Ipv4Net| !other.contains(&cidr) && !cidr.contains(other);
        given.iter().all(apart).then_some(cidr)
    });
    let networks = specs.into_iter().map(|spec| {
        // There are 256 such ranges, and hardly as many regions.
        let cidr = spec.cidr.or_else(|| free.next())?;
        Some((spec.region.clone(), network(blueprint, spec, cidr)))
    });
    networks.collect::<Option<_>>().unwrap_or_default()
}

fn network(blueprint: &Blueprint, spec: &RegionSpec, cidr: Ipv4Net) -> PrivateNetwork {
    let zones = spec.zones.len();
    let given = spec.subnets.as_ref();
    let nat = spec.nat.unwrap_or_else(|| {
        if needs_way_out(blueprint) {
            Nat::One
        } else {
            Nat::None
        }
    });
    let public = needs_public(blueprint) || nat != Nat::None;
    let prefix = (cidr.prefix_len() + 8).min(28).max(cidr.prefix_len());
    let cut = |from: usize| -> Vec<Ipv4Net> {
        let subnets = cidr.subnets(prefix).into_iter().flatten();
        subnets.skip(from).take(zones).collect()
    };
    let public_from = if prefix - cidr.prefix_len() == 8 {
        PUBLIC_FROM
    } else {
        zones
    };
    let private = given.map(|subnets| subnets.private.clone());
    PrivateNetwork {
        cidr,
        private: private
            .filter(|private| !private.is_empty())
            .unwrap_or_else(|| cut(0)),
        public: match given {
            Some(subnets) if !subnets.public.is_empty() => subnets.public.clone(),
            Some(subnets) if !subnets.private.is_empty() => Vec::new(),
            Some(_) | None if public => cut(public_from),
            Some(_) | None => Vec::new(),
        },
        nat,
        cut_public: public && given.is_none_or(|subnets| subnets.private.is_empty()),
    }
}

fn has_private_functions(blueprint: &Blueprint) -> bool {
    let mut functions = blueprint.functions.values();
    functions.any(|function| function.network == FunctionNetwork::Private)
}

/// Whether something in private subnets calls the outside.
fn needs_way_out(blueprint: &Blueprint) -> bool {
    let mut services = blueprint.services.values();
    services.any(|service| service.instances.is_some()) || has_private_functions(blueprint)
}

fn needs_public(blueprint: &Blueprint) -> bool {
    let mut services = blueprint.services.values();
    services.any(|service| service.balancer == Some(Balancer::Public))
}
