//! Calls functions by the clock of their own region.

use std::time::Duration;

use standfast_blueprint::Name;

use crate::kind::function::naming::{self, key, name_in, topic};
use crate::kind::role::{IamRole, assumed_for_this_account};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;

/// Declares what calls the function by the clock of its own region.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    every: Duration,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let role = format!("{key}__schedule");
    let function = naming::address(name).arn();
    let taken = IamRole {
        key: &role,
        name: system.name_in(&format!("{name}-schedule"), region, limit::FUNCTION),
        why: "Calls the function by the clock",
        trust: assumed_for_this_account("scheduler.amazonaws.com"),
        statements: vec![Statement::allow(
            "Call",
            &["lambda:InvokeFunction"],
            vec![function.to_string()],
        )],
    }
    .declare(&topic, module);
    let minutes = every.as_secs() / 60;
    let rate = match minutes {
        1 => "rate(1 minute)".to_owned(),
        minutes => format!("rate({minutes} minutes)"),
    };
    module.declare(
        &topic,
        &ResourceType::SchedulerSchedule.named(&key),
        body! {
            "name": name_in(system, name.as_str(), region),
            "description": format!("Calls {name} every {minutes} min"),
            "schedule_expression": rate,
            "flexible_time_window": body! { "mode": "OFF" },
            "target": body! {
                "arn": function,
                "role_arn": taken.arn(),
                // What was missed is stale; the next call comes soon.
                "retry_policy": body! {
                    "maximum_event_age_in_seconds": 60,
                    "maximum_retry_attempts": 0,
                },
            },
        },
    );
}
