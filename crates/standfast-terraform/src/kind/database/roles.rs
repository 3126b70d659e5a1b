//! What takes roles: its tags, and what Terraform leaves alone because AWS changes it when roles are swapped.

use crate::syntax::json::{Body, body};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;
use crate::system::tags;

/// Adds the tags of a role, and what Terraform leaves alone.
pub(crate) fn leave_alone(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    body: &mut Body,
    mut ignored: Vec<String>,
) {
    let tags = tags::of_role(system, region);
    if !tags.is_empty() {
        for (tag, _) in tags::with_role(system) {
            ignored.push(format!("tags[\"{tag}\"]"));
            ignored.push(format!("tags_all[\"{tag}\"]"));
        }
        body.set("tags", tags);
    }
    body.set("lifecycle", body! { "ignore_changes": ignored });
}
