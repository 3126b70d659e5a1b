//! Subnets that are laid out by hand.

use ipnet::Ipv4Net;

use crate::choice::Nat;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::{RegionKind, RegionSpec};
use crate::rule::referent::Locator;

/// Two for each of as many zones as there are letters.
const SUBNETS_MAX: usize = 52;

/// Subnets that are laid out by hand lie in the region's network, apart, one per zone.
pub(crate) fn subnets(region: &RegionSpec, place: Locator<'_>, reader: &mut Reader) {
    let name = region.region.as_str();
    let Some(subnets) = &region.subnets else {
        return;
    };
    let span = place(&["regions", name, "subnets"]);
    let mut wrong = |message: String| {
        reader.report(Diagnostic::error(Code::Subnets, span, message));
    };
    let all: Vec<&Ipv4Net> = subnets.private.iter().chain(&subnets.public).collect();
    if all.len() > SUBNETS_MAX {
        wrong(format!(
            "`{name}` has {} subnets, and at most {SUBNETS_MAX} fit its zones",
            all.len()
        ));
        return;
    }
    if let Some(cidr) = &region.cidr {
        for subnet in all.iter().filter(|subnet| !cidr.contains(**subnet)) {
            wrong(format!(
                "{subnet} is not within {cidr}, the network of `{name}`"
            ));
        }
    } else {
        wrong(format!(
            "`{name}` lays out subnets and has no `cidr` they lie in"
        ));
    }
    for (index, later) in all.iter().enumerate() {
        for earlier in &all[..index] {
            if earlier.contains(*later) || later.contains(*earlier) {
                wrong(format!("{earlier} and {later} overlap"));
            }
        }
    }
    let zones = region.zones.len();
    if region.kind != RegionKind::Witness && subnets.private.len() != zones {
        wrong(format!(
            "`{name}` has {zones} zones and {} private subnets",
            subnets.private.len()
        ));
    }
    if subnets.public.len() > zones {
        wrong(format!(
            "`{name}` has {zones} zones and {} public subnets",
            subnets.public.len()
        ));
    }
    if subnets.public.is_empty() && matches!(region.nat, Some(Nat::One | Nat::PerZone)) {
        wrong(format!("`{name}` has NAT and no public subnet for it"));
    }
}
