//! Networks that hold what is to live in them, and what can be reached from there.

use standfast_blueprint::{Balancer, FunctionNetwork, Nat, Section, Use};

use crate::plan::{Network, Plan};
use crate::refusal::{Code, Refusal};

pub(super) fn check(plan: &Plan<'_>, refusals: &mut Vec<Refusal>) {
    for place in plan.data_places() {
        let region = place.region.as_str();
        let path = ["regions", region];
        let Some(network) = &place.network else {
            if plan.needs_network() {
                refusals.push(Refusal::new(
                    Code::Limit,
                    &path,
                    format!("no range of 10.0.0.0/8 is left for the network of `{region}`"),
                    "give every region a `cidr`, as in `10.1.0.0/16`",
                ));
            }
            continue;
        };
        let zones = plan
            .blueprint
            .data_regions()
            .find(|spec| spec.region == place.region);
        let zones = zones.map_or(0, |spec| spec.zones.len());
        let asked = network.asked_public(zones);
        if network.private.len() < zones || network.public.len() < asked {
            refusals.push(Refusal::new(
                Code::Limit,
                &path,
                format!(
                    "{} is too small for the subnets of {zones} zones",
                    network.cidr
                ),
                "take a larger network, as in `10.0.0.0/16`, or fewer zones",
            ));
        }
        if network.private.len() < 2 {
            refusals.push(Refusal::new(
                Code::Limit,
                &path,
                format!(
                    "`{region}` has {} zone, and databases need two",
                    network.private.len()
                ),
                "write `zones: 2` or more",
            ));
        }
        if !(16..=28).contains(&network.cidr.prefix_len()) {
            refusals.push(Refusal::new(
                Code::Limit,
                &["regions", region, "cidr"],
                format!(
                    "a network of AWS has a length of 16 to 28, not {}",
                    network.cidr
                ),
                "take one in between, as in `10.0.0.0/16`",
            ));
        }
        let mut services = plan.blueprint.services.values();
        let public = services.any(|service| service.balancer == Some(Balancer::Public));
        if public && network.public.len() < 2 {
            refusals.push(Refusal::new(
                Code::Limit,
                &["regions", region, "subnets"],
                format!("the balancer in `{region}` needs public subnets in two zones"),
                "lay out two public subnets, or leave `subnets` out",
            ));
        }
        blind(plan, region, network, refusals);
    }
}

/// Functions that use something they cannot reach: other regions from a network without a way out, a
/// database from outside its network.
fn blind(plan: &Plan<'_>, region: &str, network: &Network, refusals: &mut Vec<Refusal>) {
    for (name, function) in &plan.blueprint.functions {
        let mut uses = function.uses.iter();
        let path = ["functions", name.as_str(), "uses"];
        let private = function.network == FunctionNetwork::Private;
        let outward = uses.any(|used| match used {
            Use::Thing(thing) => thing.section == Section::Names,
            Use::Failover => true,
            Use::Metrics | Use::Notify => false,
        });
        if private && outward && network.nat == Nat::None {
            refusals.push(Refusal::new(
                Code::Unreachable,
                &path,
                format!("`{name}` speaks to other regions and has no way out of its network in `{region}`"),
                "leave `network: private` out for it, or give the region `nat: one`",
            ));
        }
    }
}

/// Functions outside the network that use a database within it.
pub(super) fn outside(plan: &Plan<'_>, refusals: &mut Vec<Refusal>) {
    for (name, function) in &plan.blueprint.functions {
        let mut uses = function.uses.iter();
        let database = uses.any(|used| match used {
            Use::Thing(thing) => thing.section == Section::Databases,
            Use::Metrics | Use::Notify | Use::Failover => false,
        });
        if database && function.network != FunctionNetwork::Private {
            refusals.push(Refusal::new(
                Code::Unreachable,
                &["functions", name.as_str(), "uses"],
                format!("`{name}` uses a database from outside its network"),
                "write `network: private` for it",
            ));
        }
    }
}
