//! Certificates that a region lacks.

use standfast_blueprint::Certificate;

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses certificates that are not there in every region.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let functions = system.blueprint.functions.iter();
    let functions = functions.map(|(name, spec)| ("functions", name, &spec.certificate));
    let services = system.blueprint.services.iter();
    let services = services.map(|(name, spec)| ("services", name, &spec.certificate));
    for (section, name, certificate) in functions.chain(services) {
        let Some(Certificate::Given(arns)) = certificate else {
            continue;
        };
        for region in system.data_regions() {
            if arns.contains_key(&region.name) {
                continue;
            }
            let refusal = Refusal::new(
                RefusalCode::Certificate,
                &[section, name.as_str(), "certificate"],
                format!("`{name}` has no certificate in `{}`", region.name),
                "name one for every region that holds data: certificates do not leave theirs",
            );
            refusals.push(refusal);
        }
    }
}
