//! Kinds of things: what a region's module and the module that spans regions declare.
//!
//! Each section of the blueprint that others refer to is a row of the table below, and answers for itself
//! by [`contract::ThingKind`]: regions, rights, variables, endpoints, metrics and the page go over the table.
//! What belongs to no section (networks, topics, latches, alarms, dashboards) is declared beside it.

pub(crate) mod alarm;
pub(crate) mod balancer;
pub(crate) mod bucket;
pub(crate) mod contract;
pub(crate) mod dashboard;
pub(crate) mod database;
pub(crate) mod endpoint;
pub(crate) mod failover;
pub(crate) mod function;
pub(crate) mod latch;
pub(crate) mod log_group;
pub(crate) mod network;
pub(crate) mod parameter;
pub(crate) mod preamble;
pub(crate) mod record;
pub(crate) mod requirements;
pub(crate) mod role;
pub(crate) mod series;
pub(crate) mod service;
pub(crate) mod table;
pub(crate) mod topic;
pub(crate) mod uses;

use standfast_blueprint::{RegionKind, Section};

use crate::kind::contract::Kinds;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The table of kinds, in the order in which modules declare them. A section of the blueprint without a row
/// does not compile.
macro_rules! kinds {
    ($($section:ident => $kind:expr,)*) => {
        /// The kinds by their sections.
        pub(crate) const KINDS: Kinds = Kinds {
            sections: &[$(Section::$section),*],
            kind: |section| match section {
                $(Section::$section => &$kind,)*
            },
        };
    };
}

kinds! {
    Databases => database::DatabaseKind,
    Tables => table::TableKind,
    Buckets => bucket::BucketKind,
    Functions => function::FunctionKind,
    Services => service::ServiceKind,
    Parameters => parameter::ParameterKind,
    Names => record::NameKind,
}

/// What the module of a region declares.
pub(crate) fn region_module(system: &AwsSystem<'_>, region: &AwsRegion) -> ModuleFiles {
    let mut module = ModuleFiles::default();
    preamble::declare(system, region, &mut module);
    topic::declare(system, region, &mut module);
    if region.kind != RegionKind::Witness {
        network::declare(system, region, &mut module);
        endpoint::declare(KINDS, system, region, &mut module);
        for kind in KINDS.all() {
            kind.declare(KINDS, system, region, &mut module);
        }
    }
    alarm::declare(KINDS, system, region, &mut module);
    latch::declare(system, region, &mut module);
    module
}

/// What the module that spans regions declares; nothing when nothing does.
pub(crate) fn global_module(system: &AwsSystem<'_>) -> Option<ModuleFiles> {
    if !is_anything_global(system) {
        return None;
    }
    let mut module = ModuleFiles::default();
    preamble::declare_global(system, &mut module);
    latch::declare_global(system, &mut module);
    for kind in KINDS.all() {
        kind.declare_global(KINDS, system, &mut module);
    }
    alarm::declare_global(KINDS, system, &mut module);
    dashboard::declare_global(KINDS, system, &mut module);
    Some(module)
}

/// Whether there is anything that belongs to no region.
pub(crate) fn is_anything_global(system: &AwsSystem<'_>) -> bool {
    system.spans_regions()
        || !system.blueprint.names.records.is_empty()
        || !system.blueprint.dashboards.is_empty()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What of a blueprint is no kind: what is said of the whole, and what is declared beside the table.
    const BESIDE: [&str; 13] = [
        "alarms",
        "class",
        "dashboards",
        "environment",
        "failover",
        "name",
        "notify",
        "promise",
        "regions",
        "standfast",
        "state",
        "tags",
        "waive",
    ];

    #[test]
    fn every_key_of_a_blueprint_is_a_kind_or_declared_beside_the_kinds() {
        let schema = standfast_blueprint::schema();
        let place = schema["$ref"].as_str().unwrap().trim_start_matches('#');
        let document = schema.pointer(place).unwrap();
        let keys = document["properties"].as_object().unwrap().keys();
        let keys: BTreeSet<&str> = keys.map(String::as_str).collect();
        let sections = KINDS.sections.iter().map(|section| section.as_str());
        let known: BTreeSet<&str> = sections.chain(BESIDE).collect();
        assert_eq!(keys, known);
    }
}
