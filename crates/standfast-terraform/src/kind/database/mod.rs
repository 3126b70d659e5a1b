//! Databases: global clusters that AWS replicates, or instances with a standby in a second zone.
//!
//! The global cluster is declared by the module of the home region, since that is where it begins; the
//! others join it by name. What AWS changes when roles are swapped (which cluster follows which) is
//! left out of what Terraform compares, so that a swap is never undone by the next apply.

mod aurora;
mod clients;
mod credentials;
mod explained;
mod instance;
mod measured;
mod monitoring;
pub(crate) mod naming;
mod roles;
mod settings;
mod storage;
mod used;

use standfast_blueprint::Reach;

use crate::kind::contract::{
    Explainable, Kinds, Measurable, Nameable, Publishable, ThingKind, Usable,
};
use crate::kind::database::explained::ExplainableDatabases;
use crate::kind::database::measured::MeasurableDatabases;
use crate::kind::database::naming::is_aurora;
use crate::kind::database::used::{NameableDatabases, PublishableDatabases, UsableDatabases};
use crate::kind::network::peering;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The section `databases`.
pub(crate) struct DatabaseKind;

impl ThingKind for DatabaseKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        let databases = system.blueprint.databases.iter();
        databases.map(|database| database.name.as_str()).collect()
    }

    fn declare(
        &self,
        _: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        let databases = system.blueprint.databases.iter();
        for database in databases.filter(|database| database.node_counts.of(region.kind) > 0) {
            storage::declare_key(system, region, database, module);
            clients::declare(system, region, database, module);
            credentials::declare(system, region, database, module);
            monitoring::declare_role(system, region, database, module);
            if is_aurora(database.engine) {
                aurora::declare(system, region, database, module);
            } else {
                instance::declare(system, region, database, module);
            }
        }
    }

    fn declare_global(&self, _: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
        let mut databases = system.blueprint.databases.iter();
        if databases.any(|database| database.cloud.reach == Reach::System) {
            peering::declare(system, module);
        }
    }

    fn remedy(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
    ) -> Option<&'static str> {
        let database = system.database(name)?;
        let lacking = database.node_counts.of(region.kind) == 0;
        lacking.then_some("give the database a server there, as in `nodes: { standby: 1 }`")
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        Some(&UsableDatabases)
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        Some(&PublishableDatabases)
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        Some(&NameableDatabases)
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        Some(&MeasurableDatabases)
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        Some(&ExplainableDatabases)
    }
}
