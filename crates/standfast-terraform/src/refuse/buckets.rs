//! Buckets that do not replicate as they are asked to.

use std::time::Duration;

use standfast_units::format_duration;

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses values of buckets that are out of bounds.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, bucket) in &system.blueprint.buckets {
        let Some(replicate) = &bucket.replicate else {
            continue;
        };
        let path = ["buckets", name.as_str(), "replicate", "within"];
        if let Some(within) = replicate.within
            && within != Duration::from_mins(15)
        {
            refusals.push(
                Refusal::new(
                    RefusalCode::Limit,
                    &path,
                    format!(
                        "objects arrive within 15 minutes, not {}",
                        format_duration(within)
                    ),
                    "write `15m`, or leave it out and have no bound",
                )
                .note("replication time control offers no other time"),
            );
        }
        if !bucket.versioned {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["buckets", name.as_str(), "versioned"],
                format!("`{name}` replicates and keeps no versions"),
                "write `versioned: true`: replication needs it on both sides",
            ));
        }
    }
}
