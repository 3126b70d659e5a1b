//! What is published to applications of a region: parameters with the names and addresses of other things.

use standfast_blueprint::{Name, PublishedParameterSpec, Source};

use crate::kind::contract::{
    Access, Explainable, Kinds, Measurable, Nameable, NetworkPath, Publishable, ThingKind,
    ToldVariables, Usable,
};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{Statement, statement_id};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

/// The section `parameters`.
pub(crate) struct ParameterKind;

const TOPIC: &str = "parameters";

impl ThingKind for ParameterKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        let parameters = system.blueprint.parameters.keys();
        parameters.map(Name::as_str).collect()
    }

    fn declare(
        &self,
        kinds: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        for (name, parameter) in &system.blueprint.parameters {
            let published = kinds.of(parameter.of.reference().section).as_publishable();
            let value = published.and_then(|kind| kind.value(system, region, &parameter.of));
            let Some(value) = value else {
                continue;
            };
            let key = format!("parameter_{}", identifier(name.as_str()));
            module.declare(
                TOPIC,
                &ResourceType::SsmParameter.named(key),
                body! {
                    "name": path_in(system, name.as_str(), region),
                    "description": format!("{} in {}", parameter.of, region.aws),
                    "type": "String",
                    "value": value,
                },
            );
        }
    }

    fn declare_global(&self, _: Kinds, _: &AwsSystem<'_>, _: &mut ModuleFiles) {}

    fn remedy(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Option<&'static str> {
        // A parameter is wherever what it holds is.
        None
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        Some(self)
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        None
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        None
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        None
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        None
    }
}

impl Usable for ParameterKind {
    fn statements(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
        _: Access,
    ) -> Vec<Statement> {
        let path = path_in(system, name, region);
        let parameter = arn::in_account("ssm", &region.aws, &format!("parameter{path}"));
        let actions = ["ssm:GetParameter", "ssm:GetParameters"];
        vec![Statement::allow(
            &statement_id("Parameter", name),
            &actions,
            vec![parameter],
        )]
    }

    fn variables(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> ToldVariables {
        let first = "ENDPOINT_PARAMETER";
        let endpoint = find(system, name)
            .is_some_and(|parameter| matches!(parameter.of, Source::Database(..)));
        let variable = if endpoint { first } else { "PARAMETER" };
        let values = vec![(variable, path_in(system, name, region))];
        ToldVariables { first, values }
    }

    fn paths(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Vec<NetworkPath> {
        Vec::new()
    }

    fn endpoints(&self) -> &'static [&'static str] {
        &["ssm"]
    }
}

fn find<'s>(system: &'s AwsSystem<'_>, name: &str) -> Option<&'s PublishedParameterSpec> {
    let mut parameters = system.blueprint.parameters.iter();
    let (_, parameter) = parameters.find(|(known, _)| known.as_str() == name)?;
    Some(parameter)
}

/// Where a published parameter lies in a region.
fn path_in(system: &AwsSystem<'_>, name: &str, region: &AwsRegion) -> String {
    let blueprint = system.blueprint;
    match find(system, name).and_then(|parameter| parameter.path.as_ref()) {
        Some(path) => path.as_str().replace("{region}", &region.aws),
        None => format!(
            "/{}/{}/{}/{name}",
            blueprint.name, blueprint.environment, region.aws
        ),
    }
}
