//! What runs in a region finds there what it uses. The other region's would be lost with it.

use standfast_blueprint::{Reference, Section, Use};

use crate::plan::{Place, Plan};
use crate::refusal::{Code, Refusal};

pub(super) fn check(plan: &Plan<'_>, refusals: &mut Vec<Refusal>) {
    for place in plan.data_places() {
        for (name, function) in &plan.blueprint.functions {
            if function.runs.includes(place.kind) {
                uses(
                    plan,
                    place,
                    ["functions", name.as_str(), "uses"],
                    &function.uses,
                    refusals,
                );
            }
        }
        for (name, service) in &plan.blueprint.services {
            uses(
                plan,
                place,
                ["services", name.as_str(), "uses"],
                &service.uses,
                refusals,
            );
        }
        for (name, parameter) in &plan.blueprint.parameters {
            let path = ["parameters", name.as_str()];
            expect(plan, place, &path, parameter.of.reference(), refusals);
        }
    }
}

fn uses(
    plan: &Plan<'_>,
    place: &Place,
    path: [&str; 3],
    uses: &[Use],
    refusals: &mut Vec<Refusal>,
) {
    for used in uses {
        if let Use::Thing(reference) = used {
            expect(plan, place, &path, reference, refusals);
        }
    }
}

fn expect(
    plan: &Plan<'_>,
    place: &Place,
    path: &[&str],
    reference: &Reference,
    refusals: &mut Vec<Refusal>,
) {
    let help = match reference.section {
        Section::Databases => {
            let database = plan.database(&reference.name);
            let here = database.is_none_or(|database| database.node_counts.of(place.kind) > 0);
            (!here).then_some("give the database a server there, as in `nodes: { standby: 1 }`")
        }
        Section::Tables => {
            let tables = plan.blueprint.tables.iter();
            let mut tables = tables.filter(|(name, _)| name.as_str() == reference.name);
            let copied = tables.next().is_none_or(|(_, table)| table.replicate);
            let here = copied || place.aws == plan.home().aws;
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
            place.region
        ),
        format!("{help}, or run what uses it elsewhere"),
    );
    // Several things of the same path may use it.
    if !refusals.contains(&refusal) {
        refusals.push(refusal);
    }
}
