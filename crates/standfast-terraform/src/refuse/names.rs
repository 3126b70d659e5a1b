//! Names that lead nowhere, or that nothing outside can be asked under.

use std::time::Duration;

use standfast_blueprint::{Balancer, Name, RecordSpec, Section};
use standfast_units::format_duration;

use crate::kind::KINDS;
use crate::kind::record::host::host;
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// The longest answer under a name that a failover can wait for. Source: Route 53's guide on failover.
const TTL_MAX_S: u32 = 60;

/// Refuses names that lead nowhere.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let zone = system.blueprint.names.zone.as_str();
    for (key, record) in &system.blueprint.names.records {
        let path = |last: &'static str| ["names", "records", key.as_str(), last];
        let host = host(system, key, record);
        let within = host
            .strip_suffix(zone)
            .is_some_and(|rest| rest.ends_with('.'));
        if !within {
            refusals.push(Refusal::new(
                RefusalCode::Shape,
                &path("name"),
                format!("`{host}` is not a name within the zone `{zone}`"),
                "write a name below the zone; at the zone itself no name can lead to another",
            ));
        }
        let Some(target) = KINDS.target(system, record) else {
            continue;
        };
        if target.section == Section::Databases && record.probe.is_some() {
            refusals.push(
                Refusal::new(
                    RefusalCode::Unreachable,
                    &path("probe"),
                    format!("no public checker reaches the database `{}`", target.name),
                    "remove the probe and let a function in the network look: \
                     `package: database-health`",
                )
                .note("it would find the database unreachable from the first minute"),
            );
        }
        unanswerable(system, key.as_str(), record, refusals);
        if let Some(function) = system.blueprint.functions.get(&record.target) {
            let own = function.balancer.is_none();
            if own && function.routes.is_empty() {
                refusals.push(Refusal::new(
                    RefusalCode::Shape,
                    &path("target"),
                    format!("`{}` has no routes for a name to lead to", target.name),
                    "give it `routes`, or a `balancer`",
                ));
            }
            if own && function.certificate.is_none() {
                refusals.push(
                    Refusal::new(
                        RefusalCode::Certificate,
                        &["functions", target.name.as_str()],
                        format!(
                            "`{host}` leads to `{}`, which has no certificate for it",
                            target.name
                        ),
                        "write `certificate: issue`, or the ARN of one for each region",
                    )
                    .note("an HTTP interface answers only to names it has, and over TLS only"),
                );
            }
        }
    }
}

/// Probes that nothing would answer.
fn unanswerable(
    system: &AwsSystem<'_>,
    key: &str,
    record: &RecordSpec,
    refusals: &mut Vec<Refusal>,
) {
    let Some(probe) = &record.probe else {
        return;
    };
    let path = ["names", "records", key, "probe"];
    let mut refuse = |message: String, help: &str| {
        refusals.push(Refusal::new(RefusalCode::Unreachable, &path, message, help));
    };
    let services = system.blueprint.services.iter();
    for (name, service) in services.filter(|(name, _)| leads_to(system, record, name)) {
        if service.balancer != Some(Balancer::Public) {
            refuse(
                format!("no public checker reaches `{name}`, whose balancer is private"),
                "write `balancer: public`, or remove the probe",
            );
        }
        if probe.http.is_none() && service.certificate.is_none() {
            refuse(
                format!("`{name}` is asked over TLS and has no certificate"),
                "ask in the clear with `http:`, or give the service a certificate",
            );
        }
    }
    let function = system.blueprint.functions.get(&record.target);
    if function.is_some_and(|function| function.balancer.is_none()) && probe.http.is_some() {
        refuse(
            format!(
                "`{}` is asked in the clear and answers over TLS only",
                record.target
            ),
            "ask over TLS with `https:`",
        );
    }
}

/// Whether a name leads to the balancer of a service, directly or through a function behind it.
pub(crate) fn leads_to(system: &AwsSystem<'_>, record: &RecordSpec, service: &Name) -> bool {
    let function = system.blueprint.functions.get(&record.target);
    let behind = function.and_then(|function| function.balancer.as_ref());
    record.target == *service || behind == Some(service)
}

/// Refuses values of records that are out of bounds.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (key, record) in &system.blueprint.names.records {
        records(key.as_str(), record, refusals);
    }
}

fn records(key: &str, record: &RecordSpec, refusals: &mut Vec<Refusal>) {
    let path = |last: &'static str| ["names", "records", key, last];
    if record.ttl.as_secs() > TTL_MAX_S {
        refusals.push(
            Refusal::new(
                RefusalCode::Limit,
                &path("ttl"),
                format!("clients would keep the lost region for {}", record.ttl),
                "write `60s` or less",
            )
            .note("Route 53's guide advises 60 s or less for records that fail over"),
        );
    }
    if record.weight.is_some_and(|weight| weight.get() > 100) {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            &path("weight"),
            "the share of the home region is out of 100".to_owned(),
            "write 0 to 100",
        ));
    }
    let Some(probe) = &record.probe else {
        return;
    };
    let every = probe.every;
    if every != Duration::from_secs(10) && every != Duration::from_secs(30) {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            &["names", "records", key, "probe", "every"],
            format!(
                "public checkers ask every 10 or 30 s, not {}",
                format_duration(every)
            ),
            "write `10s` or `30s`",
        ));
    }
    if probe.failures.get() > 10 {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            &["names", "records", key, "probe", "failures"],
            format!("public checkers count to 10, not to {}", probe.failures),
            "write 10 or less",
        ));
    }
}
