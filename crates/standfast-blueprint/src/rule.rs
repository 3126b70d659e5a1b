//! What several values mean together.
//!
//! Only what makes a system impossible or unsafe is refused here, and only what the file itself
//! shows. Whether the promise can be kept is arithmetic for the doctor; what a cloud allows (lengths,
//! ranges, combinations) is checked where it is synthesized.

mod alarm;
mod class;
mod dashboard;
mod database;
mod failover;
mod reference;
mod referent;
mod region;
mod state;
mod subnet;

use crate::grammar::reader::Reader;
use crate::model::Blueprint;
use crate::placed::{PlacedDatabase, PlacedFailover, PlacedRegion};
use crate::rule::referent::{Locator, Referents};
use crate::section::document::PromiseSection;
use crate::source::Span;

/// Checks whatever could be read: a problem in one section hides none in another.
pub(crate) fn check_parts(
    regions: Option<(&[PlacedRegion], Span)>,
    databases: Option<&Vec<Option<PlacedDatabase>>>,
    failover: Option<&PlacedFailover>,
    promise: Option<&PromiseSection>,
    reader: &mut Reader,
) {
    let readable = || databases.into_iter().flatten().flatten();
    if let Some((regions, span)) = regions {
        region::regions(regions, span, reader);
        for database in readable() {
            database::nodes(database, regions, reader);
        }
        if databases.is_some_and(Vec::is_empty) {
            region::somewhere_to_go(regions, reader);
        }
    }
    if let (Some(failover), Some((regions, _))) = (failover, regions) {
        failover::votes(failover, regions, reader);
    }
    if let (Some(failover), Some(promise)) = (failover, promise) {
        failover::timings(failover, promise, reader);
        for database in readable() {
            database::loss(database, failover, promise, reader);
        }
    }
}

/// Checks the system as a whole: whether its sections fit together.
pub(crate) fn check_whole(blueprint: &Blueprint, place: Locator<'_>, reader: &mut Reader) {
    let known = Referents::of(blueprint);
    reference::uses(blueprint, &known, place, reader);
    reference::targets(blueprint, &known, place, reader);
    reference::parameters(blueprint, &known, place, reader);
    alarm::alarms(blueprint, &known, place, reader);
    dashboard::dashboards(blueprint, &known, place, reader);
    class::production(blueprint, place, reader);
    state::state(blueprint, place, reader);
    for region in &blueprint.regions {
        subnet::subnets(region, place, reader);
    }
}
