//! What is published to applications of a region: parameters, and the topic through which people are
//! told.

use standfast_blueprint::{DatabaseFact, Section, Source};

use crate::database;
use crate::rights::parameter_path;
use crate::service;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, port};
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

const PARAMETERS: &str = "parameters";

/// The parameters of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    for (name, parameter) in &system.blueprint.parameters {
        let Some(value) = value(system, region, &parameter.of) else {
            continue;
        };
        module.declare(
            PARAMETERS,
            &ResourceType::SsmParameter.named(format!("parameter_{}", identifier(name.as_str()))),
            body! {
                "name": parameter_path(system, name.as_str(), region),
                "description": format!("{} in {}", parameter.of, region.aws),
                "type": "String",
                "value": value,
            },
        );
    }
}

fn value(system: &AwsSystem<'_>, region: &AwsRegion, source: &Source) -> Option<String> {
    let name = source.reference().name.as_str();
    match source {
        Source::Database(_, fact) => {
            let database = system.database(name)?;
            if database.node_counts.of(region.kind) == 0 {
                return None;
            }
            Some(match fact {
                DatabaseFact::Writer => database::writer(database),
                DatabaseFact::Reader => database::reader(database),
                DatabaseFact::Port => port(database.engine).to_string(),
                DatabaseFact::Name => literal(database.database.as_str()),
                DatabaseFact::Secret => literal(&system.secret_name(database)),
            })
        }
        Source::Thing(reference) => match reference.section {
            Section::Tables => Some(system.table(name)),
            Section::Buckets => Some(system.bucket(name, region)),
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
pub(crate) fn write_topic(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let name = system.name_in("", region, limit::OTHER);
    module.declare(
        "alarms",
        &ResourceType::SnsTopic.named("alarms"),
        body! { "name": name },
    );
    for (index, email) in system.blueprint.notify.email.iter().enumerate() {
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
        &format!("topic_{}", region.id()),
        "Where people are told.",
        ResourceType::SnsTopic.named("alarms").arn(),
    );
}
