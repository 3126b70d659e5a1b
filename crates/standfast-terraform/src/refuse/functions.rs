//! Functions that AWS does not run as they are asked for.

use std::time::Duration;

use standfast_blueprint::{FunctionNetwork, Section, Use};

use crate::refuse::bounds::Bounds;
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses functions outside the network that use a database within it.
pub(crate) fn outside(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, function) in &system.blueprint.functions {
        let mut uses = function.uses.iter();
        let database = uses.any(|used| match used {
            Use::Thing(thing) => thing.section == Section::Databases,
            Use::Metrics | Use::Notify | Use::Failover => false,
        });
        if database && function.network != FunctionNetwork::Private {
            refusals.push(Refusal::new(
                RefusalCode::Unreachable,
                &["functions", name.as_str(), "uses"],
                format!("`{name}` uses a database from outside its network"),
                "write `network: private` for it",
            ));
        }
    }
}

/// Refuses values of functions that are out of bounds.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, function) in &system.blueprint.functions {
        let name = name.as_str();
        Bounds {
            unit: Duration::from_secs(1),
            least: 1,
            most: 900,
            words: "whole seconds, up to 15 minutes",
        }
        .hold(
            &["functions", name, "timeout"],
            Some(function.timeout),
            refusals,
        );
        Bounds {
            unit: Duration::from_mins(1),
            least: 1,
            most: 60 * 24 * 30,
            words: "whole minutes",
        }
        .hold(&["functions", name, "every"], function.every, refusals);
        let memory = function.memory.get();
        if !memory.is_multiple_of(1 << 20) || !(128..=10_240).contains(&(memory >> 20)) {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["functions", name, "memory"],
                format!(
                    "memory goes in MiB from 128 to 10240, not {}",
                    function.memory
                ),
                "write as in `256MiB`",
            ));
        }
    }
}

/// Refuses variables that the runtime keeps for itself.
pub(crate) fn reserved(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |path: &[&str], message: String, help: &str| {
        refusals.push(Refusal::new(RefusalCode::Limit, path, message, help));
    };
    for (name, function) in &system.blueprint.functions {
        for variable in function
            .env
            .keys()
            .filter(|each| each.as_str().starts_with("AWS_"))
        {
            refuse(
                &["functions", name.as_str(), "env"],
                format!("`{variable}` belongs to the runtime of functions"),
                "take a name that does not begin with `AWS_`",
            );
        }
    }
}
