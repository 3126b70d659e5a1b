//! The topic of a region, through which people are told, and who listens to it.

use crate::syntax::address::Address;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;

const TOPIC: &str = "alarms";

/// Where people of a region are told.
pub(crate) fn arn(system: &AwsSystem<'_>, region: &AwsRegion) -> String {
    arn::in_account("sns", &region.aws, &name(system, region))
}

fn name(system: &AwsSystem<'_>, region: &AwsRegion) -> String {
    system.name_in("", region, limit::OTHER)
}

/// The topic, within the module of its region.
pub(crate) fn address() -> Address {
    ResourceType::SnsTopic.named("alarms")
}

/// Declares the topic of a region.
pub(crate) fn declare(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    let topic = address();
    module.declare(TOPIC, &topic, body! { "name": name(system, region) });
    for (index, email) in system.blueprint.notify.email.iter().enumerate() {
        module.declare(
            TOPIC,
            &ResourceType::SnsTopicSubscription.named(format!("email_{}", index + 1)),
            body! {
                "topic_arn": topic.arn(),
                "protocol": "email",
                "endpoint": literal(email.as_str()),
            },
        );
    }
    module.output(
        &format!("topic_{}", region.id()),
        "Where people are told.",
        topic.arn(),
    );
}
