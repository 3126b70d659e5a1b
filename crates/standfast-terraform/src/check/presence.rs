//! What runs in a region finds there what it uses. The other region's would be lost with it.

use standfast_blueprint::{Reference, Section, Use};

use crate::refusal::{Code, Refusal};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

pub(super) fn check(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for region in system.data_regions() {
        for (name, function) in &system.blueprint.functions {
            if function.runs.includes(region.kind) {
                uses(
                    system,
                    region,
                    ["functions", name.as_str(), "uses"],
                    &function.uses,
                    refusals,
                );
            }
        }
        for (name, service) in &system.blueprint.services {
            uses(
                system,
                region,
                ["services", name.as_str(), "uses"],
                &service.uses,
                refusals,
            );
        }
        for (name, parameter) in &system.blueprint.parameters {
            let path = ["parameters", name.as_str()];
            expect(system, region, &path, parameter.of.reference(), refusals);
        }
    }
}

fn uses(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    path: [&str; 3],
    uses: &[Use],
    refusals: &mut Vec<Refusal>,
) {
    for used in uses {
        if let Use::Thing(reference) = used {
            expect(system, region, &path, reference, refusals);
        }
    }
}

fn expect(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    path: &[&str],
    reference: &Reference,
    refusals: &mut Vec<Refusal>,
) {
    let help = match reference.section {
        Section::Databases => {
            let database = system.database(&reference.name);
            let here = database.is_none_or(|database| database.node_counts.of(region.kind) > 0);
            (!here).then_some("give the database a server there, as in `nodes: { standby: 1 }`")
        }
        Section::Tables => {
            let tables = system.blueprint.tables.iter();
            let mut tables = tables.filter(|(name, _)| name.as_str() == reference.name);
            let copied = tables.next().is_none_or(|(_, table)| table.replicate);
            let here = copied || region.aws == system.home().aws;
            (!here).then_some("write `replicate: true` for the table")
        }
        Section::Services
        | Section::Functions
        | Section::Buckets
        | Section::Parameters
        | Section::Names => None,
    };
    let Some(help) = help else {
        return;
    };
    let refusal = Refusal::new(
        Code::Shape,
        path,
        format!(
            "`{reference}` is used in `{}`, where there is none",
            region.name
        ),
        format!("{help}, or run what uses it elsewhere"),
    );
    // Several things of the same path may use it.
    if !refusals.contains(&refusal) {
        refusals.push(refusal);
    }
}
