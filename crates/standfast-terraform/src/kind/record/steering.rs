//! Records: a name leads to the region whose latch is set, and beside it every region has a name of its own,
//! which leads there whatever serves.

use standfast_blueprint::{Name, RecordSpec, Steering, Weight};

use crate::kind::contract::{NAMES_TOPIC, RecordAnswer};
use crate::kind::function::domain;
use crate::kind::latch;
use crate::kind::record::host::{host, host_in};
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::defaults;
use crate::system::region::AwsRegion;

/// A record and the zone it lies in.
pub(crate) struct ZoneRecord<'a> {
    /// The name.
    pub(crate) key: &'a Name,
    /// What the blueprint says of it.
    pub(crate) record: &'a RecordSpec,
    /// The id of the zone.
    pub(crate) zone: &'a Template,
}

fn set_answer(record: &RecordSpec, answer: RecordAnswer, body: &mut Body) {
    match answer {
        RecordAnswer::Private(name) | RecordAnswer::Name(name) => {
            body.set("type", "CNAME");
            body.set("ttl", record.ttl.as_secs());
            body.set("records", [name]);
        }
        RecordAnswer::Balancer { name, zone } => {
            body.set("type", "A");
            body.set(
                "alias",
                body! {
                    "name": name,
                    "zone_id": zone,
                    // The latch alone decides; a second condition would let clients wander.
                    "evaluate_target_health": false,
                },
            );
        }
    }
}

/// Declares the name itself: one record for each region, and which of them is answered.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    entry: &ZoneRecord<'_>,
    answer: RecordAnswer,
    module: &mut ModuleFiles,
) {
    let host = host(system, entry.key, entry.record);
    let mut body = body! { "zone_id": entry.zone, "name": host };
    set_answer(entry.record, answer, &mut body);
    if system.spans_regions() {
        body.set("set_identifier", &region.aws);
        body.set("health_check_id", latch::check(region).id());
        let (policy, of_region) = policy(system, region, entry.record);
        body.set(policy, of_region);
    }
    let record = ResourceType::Route53Record.named(region.key_of(entry.key.as_str()));
    module.declare(NAMES_TOPIC, &record, body);
}

/// The policy by which one region of several is answered.
fn policy(system: &AwsSystem<'_>, region: &AwsRegion, record: &RecordSpec) -> (&'static str, Body) {
    let regions = system.data_regions().count();
    let home = region.aws == system.home().aws;
    match record.steer {
        Steering::Failover if regions == 2 => {
            let kind = if home { "PRIMARY" } else { "SECONDARY" };
            ("failover_routing_policy", body! { "type": kind })
        }
        // Route 53 knows two of these; among more, equal weights leave it all to the latch.
        Steering::Failover => ("weighted_routing_policy", body! { "weight": 1 }),
        Steering::Weighted => {
            let share = record.weight.map_or(defaults::WEIGHT, Weight::get);
            let others = u8::try_from(regions - 1).unwrap_or(u8::MAX);
            let share = if home {
                share
            } else {
                100_u8.saturating_sub(share) / others
            };
            ("weighted_routing_policy", body! { "weight": share })
        }
    }
}

/// The key of the name of one region's part of a record.
pub(crate) fn own_key(key: &Name, region: &AwsRegion) -> String {
    format!("{}__own", region.key_of(key.as_str()))
}

/// Declares the name of one region's part.
pub(crate) fn declare_own(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    entry: &ZoneRecord<'_>,
    answer: RecordAnswer,
    module: &mut ModuleFiles,
) {
    let host = host_in(system, entry.key, entry.record, region);
    let mut body = body! { "zone_id": entry.zone, "name": host };
    let key = own_key(entry.key, region);
    let answer = match answer {
        // A custom domain of its own, since an interface answers only to names it has.
        RecordAnswer::Name(_) => RecordAnswer::Name(domain::address(&key).regional_domain_name()),
        RecordAnswer::Private(_) | RecordAnswer::Balancer { .. } => answer,
    };
    set_answer(entry.record, answer, &mut body);
    module.declare(NAMES_TOPIC, &ResourceType::Route53Record.named(key), body);
}
