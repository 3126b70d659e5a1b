//! The whole names of records.

use standfast_blueprint::{Name, RecordSpec};

use crate::system::aws::AwsSystem;
use crate::system::name::{limit, shortened};
use crate::system::region::AwsRegion;

/// The whole name of a record.
pub(crate) fn host(system: &AwsSystem<'_>, key: &Name, record: &RecordSpec) -> String {
    match &record.name {
        Some(name) => name.to_string(),
        None => format!("{key}.{}", system.blueprint.names.zone),
    }
}

/// The name of one region's part of a record, beside it in the same zone.
pub(crate) fn host_in(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    region: &AwsRegion,
) -> String {
    let host = host(system, key, record);
    let (label, zone) = host.split_once('.').unwrap_or((&host, ""));
    let label = shortened(&format!("{label}-{}", region.aws), limit::LABEL);
    format!("{label}.{zone}")
}

/// Whether what a record leads to runs in a region.
pub(crate) fn serves(system: &AwsSystem<'_>, record: &RecordSpec, region: &AwsRegion) -> bool {
    let function = system.blueprint.functions.get(&record.target);
    function.is_none_or(|function| function.runs.includes(region.kind))
}

/// A record by its key.
pub(crate) fn find<'s>(system: &'s AwsSystem<'_>, key: &str) -> Option<(&'s Name, &'s RecordSpec)> {
    let mut records = system.blueprint.names.records.iter();
    records.find(|(known, _)| known.as_str() == key)
}
