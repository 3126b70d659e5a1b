//! Tags: of the system on everything, of a role on what takes roles, and the one that consoles show as
//! the name.

use standfast_blueprint::{RegionKind, TagName};

use crate::syntax::json::{Body, Json, body, literal};
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// What stands for the role of a region in the value of a tag.
const ROLE: &str = "{role}";

/// The tag that consoles show as the name.
pub(crate) fn named(name: &str) -> Body {
    body! { "Name": name }
}

/// The tags that nothing changes from run to run. A tag of the blueprint stands in for one of these with
/// the same key, whatever its case: some services do not tell `Region` from `region`.
pub(crate) fn of_everything(system: &AwsSystem<'_>, region: &str) -> Body {
    let own = [
        ("Environment", system.blueprint.environment.to_string()),
        ("ManagedBy", "standfast".to_owned()),
        ("Region", region.to_owned()),
        ("System", system.full_name()),
    ];
    let given = || {
        let tags = system.blueprint.tags.iter();
        tags.filter(|(_, value)| !value.contains(ROLE))
    };
    let own = own.into_iter().filter(|(key, _)| {
        let mut given = given();
        !given.any(|(tag, _)| tag.as_str().eq_ignore_ascii_case(key))
    });
    let mut tags: Body = own.map(|(key, value)| (key, Json::from(value))).collect();
    for (key, value) in given() {
        let value = literal(&value.replace("{region}", region));
        tags.set(key.as_str(), value);
    }
    tags
}

/// The tags of the blueprint whose values are roles, with these values as they are written.
pub(crate) fn with_role<'s>(
    system: &'s AwsSystem<'_>,
) -> impl Iterator<Item = (&'s TagName, &'s String)> {
    let tags = system.blueprint.tags.iter();
    tags.filter(|(_, value)| value.contains(ROLE))
}

/// The tags of a role: set once, then left to the operator who moves the role.
pub(crate) fn of_role(system: &AwsSystem<'_>, region: &AwsRegion) -> Body {
    let role = match region.kind {
        RegionKind::Home => "primary",
        RegionKind::Standby | RegionKind::Witness => "standby",
    };
    with_role(system)
        .map(|(tag, value)| {
            let value = value.replace(ROLE, role).replace("{region}", &region.aws);
            (tag.to_string(), literal(&value))
        })
        .collect()
}
