//! Networks that hold what is to live in them, and what can be reached from there.

use standfast_blueprint::{Balancer, FunctionNetwork, Nat, Section, Use};

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;
use crate::system::region::PrivateNetwork;
use crate::system::subnets;

/// Refuses networks that are too small, and functions that see nothing from within them.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for region in system.data_regions() {
        let name = region.name.as_str();
        let path = ["regions", name];
        let Some(network) = &region.network else {
            if subnets::are_needed(system.blueprint) {
                refusals.push(Refusal::new(
                    RefusalCode::Limit,
                    &path,
                    format!("no range of 10.0.0.0/8 is left for the network of `{name}`"),
                    "give every region a `cidr`, as in `10.1.0.0/16`",
                ));
            }
            continue;
        };
        let zones = system
            .blueprint
            .data_regions()
            .find(|spec| spec.region == region.name);
        let zones = zones.map_or(0, |spec| spec.zones.len());
        let asked = network.asked_public(zones);
        if network.private.len() < zones || network.public.len() < asked {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
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
                RefusalCode::Limit,
                &path,
                format!(
                    "`{name}` has {} zone, and databases need two",
                    network.private.len()
                ),
                "write `zones: 2` or more",
            ));
        }
        if !(16..=28).contains(&network.cidr.prefix_len()) {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["regions", name, "cidr"],
                format!(
                    "a network of AWS has a length of 16 to 28, not {}",
                    network.cidr
                ),
                "take one in between, as in `10.0.0.0/16`",
            ));
        }
        let mut services = system.blueprint.services.values();
        let public = services.any(|service| service.balancer == Some(Balancer::Public));
        if public && network.public.len() < 2 {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["regions", name, "subnets"],
                format!("the balancer in `{name}` needs public subnets in two zones"),
                "lay out two public subnets, or leave `subnets` out",
            ));
        }
        blind(system, name, network, refusals);
    }
}

/// Functions that use something they cannot reach: other regions from a network without a way out, a
/// database from outside its network.
fn blind(
    system: &AwsSystem<'_>,
    region: &str,
    network: &PrivateNetwork,
    refusals: &mut Vec<Refusal>,
) {
    for (name, function) in &system.blueprint.functions {
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
                RefusalCode::Unreachable,
                &path,
                format!("`{name}` speaks to other regions and has no way out of its network in `{region}`"),
                "leave `network: private` out for it, or give the region `nat: one`",
            ));
        }
    }
}
