//! Parameters under paths that AWS keeps for itself.

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses paths that AWS keeps for itself.
pub(crate) fn reserved(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |path: &[&str], message: String, help: &str| {
        refusals.push(Refusal::new(RefusalCode::Limit, path, message, help));
    };
    for (name, parameter) in &system.blueprint.parameters {
        let path = parameter.path.as_ref().map_or("", |path| path.as_str());
        if ["/aws", "/ssm"]
            .iter()
            .any(|reserved| path.starts_with(reserved))
        {
            refuse(
                &["parameters", name.as_str(), "path"],
                format!("`{path}` belongs to AWS"),
                "begin with something else",
            );
        }
    }
}
