//! The names of the latch: the metric that says which region holds the current epoch, and the alarms that
//! follow it.

use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The metric: 1 in the region that holds the current epoch.
pub(crate) const METRIC: &str = "Serving";

/// The namespace of the metric: one for each system, as rights can be held to a namespace and to nothing
/// smaller, and an operator who may turn the latch of one system must not turn that of another.
pub(crate) fn namespace(system: &AwsSystem<'_>) -> String {
    format!("Standfast/{}", system.full_name())
}

/// The alarm of a region: with slashes, which no alarm of a blueprint has in its name.
pub(crate) fn alarm_name(system: &AwsSystem<'_>, region: &AwsRegion) -> String {
    format!("{}/latch/{}", system.full_name(), region.aws)
}
