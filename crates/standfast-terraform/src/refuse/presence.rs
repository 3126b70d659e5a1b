//! What runs in a region finds there what it uses. The other region's would be lost with it.

use standfast_blueprint::{Reference, Use};

use crate::kind::KINDS;
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Refuses uses of what a region lacks.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
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
    let kind = KINDS.of(reference.section);
    let help = kind.remedy(system, region, &reference.name);
    let Some(help) = help else {
        return;
    };
    let refusal = Refusal::new(
        RefusalCode::Shape,
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
