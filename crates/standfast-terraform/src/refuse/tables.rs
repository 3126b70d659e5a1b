//! Tables whose keys contradict each other.

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses keys that contradict each other.
pub(crate) fn reserved(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |path: &[&str], message: String, help: &str| {
        refusals.push(Refusal::new(RefusalCode::Limit, path, message, help));
    };
    for (name, table) in &system.blueprint.tables {
        if table.sort.as_ref() == Some(&table.key) {
            refuse(
                &["tables", name.as_str(), "sort"],
                format!("`{}` cannot tell items apart and order them", table.key),
                "order them by another attribute, or leave `sort` out",
            );
        }
    }
}
