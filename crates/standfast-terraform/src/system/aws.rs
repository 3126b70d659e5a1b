//! The system as AWS will have it: its regions, and how its things are called.

use std::collections::BTreeMap;

use standfast_blueprint::{Blueprint, DatabaseSpec, RegionKind, RegionSpec};
use standfast_units::Region;

use crate::system::name::shortened;
use crate::system::region::AwsRegion;
use crate::system::subnets;

/// The folder of the module that spans regions.
pub(crate) const GLOBAL: &str = "global";

/// The system as AWS will have it. Every part of the output goes by this.
pub(crate) struct AwsSystem<'a> {
    /// The blueprint it is made from.
    pub(crate) blueprint: &'a Blueprint,
    /// Its regions, in the order of the file.
    pub(crate) regions: Vec<AwsRegion>,
    /// Its databases by name.
    databases: BTreeMap<&'a str, &'a DatabaseSpec>,
    /// Scripts that instances begin with, by the path in the blueprint.
    pub(crate) scripts: &'a BTreeMap<String, String>,
}

impl<'a> AwsSystem<'a> {
    /// The system of a blueprint. `names` says what regions are called at AWS where that is something else,
    /// `scripts` holds the texts of scripts by their paths.
    pub(crate) fn new(
        blueprint: &'a Blueprint,
        names: &BTreeMap<Region, String>,
        scripts: &'a BTreeMap<String, String>,
    ) -> Self {
        let networks = subnets::lay_out(blueprint);
        let network_of = |region: &Region| {
            let mut networks = networks.iter();
            let (_, network) = networks.find(|(name, _)| name == region)?;
            Some(network.clone())
        };
        let region = |spec: &RegionSpec| AwsRegion {
            name: spec.region.clone(),
            aws: names
                .get(&spec.region)
                .cloned()
                .unwrap_or_else(|| spec.region.to_string()),
            kind: spec.kind,
            network: network_of(&spec.region),
        };
        let databases = blueprint.databases.iter();
        Self {
            blueprint,
            regions: blueprint.regions.iter().map(region).collect(),
            databases: databases
                .map(|database| (database.name.as_str(), database))
                .collect(),
            scripts,
        }
    }

    /// The regions that hold data, in the order of the file.
    pub(crate) fn data_regions(&self) -> impl Iterator<Item = &AwsRegion> {
        let regions = self.regions.iter();
        regions.filter(|region| region.kind != RegionKind::Witness)
    }

    /// The regions that stand by.
    pub(crate) fn standbys(&self) -> impl Iterator<Item = &AwsRegion> {
        let regions = self.regions.iter();
        regions.filter(|region| region.kind == RegionKind::Standby)
    }

    /// The region that is home. Every blueprint has one.
    pub(crate) fn home(&self) -> &AwsRegion {
        let home = self
            .regions
            .iter()
            .find(|region| region.kind == RegionKind::Home);
        home.unwrap_or(&self.regions[0])
    }

    /// The region whose alarms are the latches: one that survives the loss of any that serves. Without
    /// a witness, the first that stands by; none when there is nowhere to go.
    pub(crate) fn latch_region(&self) -> Option<&AwsRegion> {
        self.standbys().next()?;
        let witness = self
            .regions
            .iter()
            .find(|region| region.kind == RegionKind::Witness);
        witness.or_else(|| self.standbys().next())
    }

    /// Whether the system spans regions.
    pub(crate) fn spans_regions(&self) -> bool {
        self.standbys().next().is_some()
    }

    /// The order in which the modules are applied: home first, since others follow what it creates;
    /// what spans regions last.
    pub(crate) fn order(&self) -> Vec<&AwsRegion> {
        let witnesses = self.regions.iter();
        let witnesses = witnesses.filter(|region| region.kind == RegionKind::Witness);
        std::iter::once(self.home())
            .chain(self.standbys())
            .chain(witnesses)
            .collect()
    }

    /// `<name>-<environment>`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}-{}", self.blueprint.name, self.blueprint.environment)
    }

    /// The name of something that belongs to no region.
    pub(crate) fn name_of(&self, of: &str, limit: usize) -> String {
        shortened(&format!("{}-{of}", self.full_name()), limit)
    }

    /// The name of something in a region.
    pub(crate) fn name_in(&self, of: &str, region: &AwsRegion, limit: usize) -> String {
        let whole = if of.is_empty() {
            format!("{}-{}", self.full_name(), region.aws)
        } else {
            format!("{}-{of}-{}", self.full_name(), region.aws)
        };
        shortened(&whole, limit)
    }

    /// A database by name.
    pub(crate) fn database(&self, name: &str) -> Option<&DatabaseSpec> {
        self.databases.get(name).copied()
    }
}
