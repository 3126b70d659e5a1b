//! What is published to applications of a region: parameters, and the topic through which people are
//! told.

use standfast_blueprint::{DatabaseFact, Section, Source};

use crate::database;
use crate::name::{identifier, limit};
use crate::plan::{Place, Plan, port};
use crate::rights::parameter_path;
use crate::service;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;

const PARAMETERS: &str = "parameters";

/// The parameters of a region.
pub(crate) fn write(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    for (name, parameter) in &plan.blueprint.parameters {
        let Some(value) = value(plan, place, &parameter.of) else {
            continue;
        };
        module.declare(
            PARAMETERS,
            &ResourceType::SsmParameter.named(format!("parameter_{}", identifier(name.as_str()))),
            body! {
                "name": parameter_path(plan, name.as_str(), place),
                "description": format!("{} in {}", parameter.of, place.aws),
                "type": "String",
                "value": value,
            },
        );
    }
}

fn value(plan: &Plan<'_>, place: &Place, source: &Source) -> Option<String> {
    let name = source.reference().name.as_str();
    match source {
        Source::Database(_, fact) => {
            let database = plan.database(name)?;
            if database.node_counts.of(place.kind) == 0 {
                return None;
            }
            Some(match fact {
                DatabaseFact::Writer => database::writer(database),
                DatabaseFact::Reader => database::reader(database),
                DatabaseFact::Port => port(database.engine).to_string(),
                DatabaseFact::Name => literal(database.database.as_str()),
                DatabaseFact::Secret => literal(&plan.secret_name(database)),
            })
        }
        Source::Thing(reference) => match reference.section {
            Section::Tables => Some(plan.table(name)),
            Section::Buckets => Some(plan.bucket(name, place)),
            Section::Services => Some(
                ResourceType::Lb
                    .named(service::key_of(name))
                    .dns_name()
                    .to_string(),
            ),
            Section::Databases | Section::Functions | Section::Parameters | Section::Names => None,
        },
    }
}

/// The topic of a region, and who listens to it.
pub(crate) fn write_topic(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    let name = plan.name_in("", place, limit::OTHER);
    module.declare(
        "alarms",
        &ResourceType::SnsTopic.named("alarms"),
        body! { "name": name },
    );
    for (index, email) in plan.blueprint.notify.email.iter().enumerate() {
        module.declare(
            "alarms",
            &ResourceType::SnsTopicSubscription.named(format!("email_{}", index + 1)),
            body! {
                "topic_arn": ResourceType::SnsTopic.named("alarms").arn(),
                "protocol": "email",
                "endpoint": literal(email.as_str()),
            },
        );
    }
    module.output(
        &format!("topic_{}", place.id()),
        "Where people are told.",
        ResourceType::SnsTopic.named("alarms").arn(),
    );
}
