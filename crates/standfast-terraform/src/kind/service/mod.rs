//! Services: a balancer in every region, and what stands behind it: instances that Auto Scaling keeps,
//! or functions.

mod balancer;
mod explained;
mod instances;
pub(crate) mod listener;
mod measured;
mod naming;
mod script;
mod targets;

use standfast_blueprint::{Name, RecordSpec, Source};

use crate::kind::contract::{
    Explainable, Kinds, Measurable, Nameable, Publishable, RecordAnswer, ThingKind, Usable,
};
use crate::kind::service::explained::ExplainableServices;
use crate::kind::service::measured::MeasurableServices;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The section `services`.
pub(crate) struct ServiceKind;

impl ThingKind for ServiceKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        system.blueprint.services.keys().map(Name::as_str).collect()
    }

    fn declare(
        &self,
        kinds: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        for (name, service) in &system.blueprint.services {
            balancer::declare(system, region, name, service, module);
            if let Some(wanted) = &service.instances {
                let service = (name, service);
                instances::declare(kinds, system, region, service, wanted, module);
            }
            targets::declare_functions(system, region, name, module);
            listener::declare(system, region, name, service, module);
        }
    }

    fn declare_global(&self, _: Kinds, _: &AwsSystem<'_>, _: &mut ModuleFiles) {}

    fn remedy(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Option<&'static str> {
        // Every region that holds data has each of them.
        None
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        None
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        Some(self)
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        Some(self)
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        Some(&MeasurableServices)
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        Some(&ExplainableServices)
    }
}

impl Publishable for ServiceKind {
    fn value(&self, _: &AwsSystem<'_>, _: &AwsRegion, source: &Source) -> Option<String> {
        let balancer = crate::kind::balancer::address(&source.reference().name);
        Some(balancer.dns_name().to_string())
    }
}

impl Nameable for ServiceKind {
    fn answer(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        _: &Name,
        record: &RecordSpec,
        module: &mut ModuleFiles,
    ) -> Option<RecordAnswer> {
        let service = record.target.as_str();
        Some(crate::kind::balancer::answer(
            system, region, service, module,
        ))
    }
}
