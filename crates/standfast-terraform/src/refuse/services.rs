//! Services that AWS does not run as they are asked for.

use std::time::Duration;

use standfast_blueprint::{Certificate, Class};

use crate::refuse::bounds::Bounds;
use crate::refuse::names::leads_to;
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses services that lack something.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, service) in &system.blueprint.services {
        let key = name.as_str();
        if let Some(script) = &service.user_data
            && !system.scripts.contains_key(script)
        {
            refusals.push(Refusal::new(
                RefusalCode::Missing,
                &["services", key, "user_data"],
                format!("the script `{script}` cannot be read"),
                "write the path of a text of at most 16 KiB, beside the blueprint or below it",
            ));
        }
        let functions = system.blueprint.functions.values();
        let mut attached = functions.filter(|function| function.balancer.as_ref() == Some(name));
        if service.instances.is_none() && attached.next().is_none() {
            refusals.push(Refusal::new(
                RefusalCode::Missing,
                &["services", key],
                format!("nothing stands behind the balancer of `{name}`"),
                "write `instances: { home: 2, standby: 1 }`, or give a function `balancer: "
                    .to_owned()
                    + key
                    + "`",
            ));
        }
        let issued = service.certificate == Some(Certificate::Issue);
        let records = system.blueprint.names.records.values();
        let named = records
            .filter(|record| leads_to(system, record, name))
            .count();
        if issued && named > 1 {
            refusals.push(Refusal::new(
                RefusalCode::Certificate,
                &["services", key, "certificate"],
                format!("{named} names lead to `{name}`, and a certificate is issued for one"),
                "name a certificate for all of them by its ARN in each region",
            ));
        }
        if issued && named == 0 {
            refusals.push(Refusal::new(
                RefusalCode::Certificate,
                &["services", key, "certificate"],
                format!("there is no name to issue a certificate of `{name}` for"),
                "add a record that leads to it, or name certificates by their ARNs",
            ));
        }
    }
    let production = system.blueprint.class == Class::Production;
    let zone = system.blueprint.names.zone.as_str();
    let ephemeral_zone = zone.rsplit('.').next() == Some("test");
    if production && ephemeral_zone && !system.blueprint.names.records.is_empty() {
        refusals.push(Refusal::new(
            RefusalCode::Shape,
            &["names"],
            "names of a production system lie in a zone of `.test`, which nobody resolves"
                .to_owned(),
            "write the zone you own, as in `zone: example.com`",
        ));
    }
}

/// Refuses what is out of the bounds of how a balancer checks its targets. Source: `CreateTargetGroup` of its API.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, service) in &system.blueprint.services {
        let Some(check) = &service.check else {
            continue;
        };
        let path = |last: &'static str| ["services", name.as_str(), "check", last];
        let second = Duration::from_secs(1);
        Bounds {
            unit: second,
            least: 5,
            most: 300,
            words: "whole seconds, 5 to 300",
        }
        .hold(&path("every"), check.every, refusals);
        Bounds {
            unit: second,
            least: 2,
            most: 120,
            words: "whole seconds, 2 to 120",
        }
        .hold(&path("timeout"), check.timeout, refusals);
        for (key, count) in [("up", check.up), ("down", check.down)] {
            if count.is_some_and(|count| !(2..=10).contains(&count.get())) {
                refusals.push(Refusal::new(
                    RefusalCode::Limit,
                    &path(key),
                    format!("`{key}` is a count from 2 to 10"),
                    "write 2 to 10",
                ));
            }
        }
    }
}
