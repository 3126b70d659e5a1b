//! The order in which modules are applied.

use standfast_blueprint::RegionKind;

use crate::kind;
use crate::system::aws::{AwsSystem, GLOBAL};

/// A module to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyStep {
    /// Its folder.
    pub folder: String,
    /// Why it stands at its place in the order.
    pub why: &'static str,
}

/// The modules of a system, in the order in which they are applied.
pub(crate) fn of(system: &AwsSystem<'_>) -> Vec<ApplyStep> {
    let mut order: Vec<ApplyStep> = system
        .order()
        .into_iter()
        .map(|region| ApplyStep {
            folder: region.aws.clone(),
            why: match region.kind {
                RegionKind::Home => "the home region: databases begin here",
                RegionKind::Standby => "stands by: its databases follow those of the home region",
                RegionKind::Witness => "the witness: no data, the alarms that names follow",
            },
        })
        .collect();
    if kind::is_anything_global(system) {
        order.push(ApplyStep {
            folder: GLOBAL.to_owned(),
            why: "what spans regions: names, checks, replication between buckets and tables",
        });
    }
    order
}
