//! What a blueprint does not say.

use std::collections::BTreeMap;

use standfast_units::Region;

/// What a blueprint does not say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What regions of the blueprint are called at AWS, where that is something else.
    pub regions: BTreeMap<Region, String>,
    /// The scripts that instances begin with, by their paths in the blueprint.
    pub scripts: BTreeMap<String, String>,
}
