//! What public checkers see of every region, and whether any is reached at all. They observe and ring; they
//! move no client, for an endpoint that answers says nothing about the database behind it.

use standfast_blueprint::{Name, ProbeSpec, RecordSpec};

use crate::kind::contract::NAMES_TOPIC;
use crate::kind::record::host::{host_in, serves};
use crate::kind::series::{ROUTE53_REGION, Series};
use crate::syntax::address::Address;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;
use crate::system::tags;

/// The checker that asks a region under a name.
pub(crate) fn address(key: &str, region: &AwsRegion) -> Address {
    ResourceType::Route53HealthCheck.named(format!("reach__{}", region.key_of(key)))
}

/// The check that some region is reached under a name.
pub(crate) fn any_address(key: &str) -> Address {
    ResourceType::Route53HealthCheck.named(format!("reach__{}", identifier(key)))
}

/// Declares what public checkers see of every region, and whether any is reached at all.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    probe: &ProbeSpec,
    module: &mut ModuleFiles,
) {
    let (kind, port, path) = match (&probe.https, &probe.http) {
        (Some(path), _) => ("HTTPS", 443, path.as_str()),
        (None, Some(path)) => ("HTTP", 80, path.as_str()),
        (None, None) => ("HTTPS", 443, "/"),
    };
    let mut children = Vec::new();
    for region in system
        .data_regions()
        .filter(|region| serves(system, record, region))
    {
        let checker = address(key.as_str(), region);
        let name = system.name_in(&format!("reach-{key}"), region, limit::OTHER);
        module.declare(
            NAMES_TOPIC,
            &checker,
            body! {
                "type": kind,
                "fqdn": host_in(system, key, record, region),
                "port": port,
                "resource_path": literal(path),
                "request_interval": i64::try_from(probe.every.as_secs()).unwrap_or(30),
                "failure_threshold": probe.failures.get(),
                "measure_latency": true,
                "tags": tags::named(&name),
            },
        );
        children.push(checker.id());
    }
    let name = system.name_of(&format!("reach-{key}"), limit::OTHER);
    module.declare(
        NAMES_TOPIC,
        &any_address(key.as_str()),
        body! {
            "type": "CALCULATED",
            "child_healthchecks": children,
            "child_health_threshold": 1,
            "tags": tags::named(&name),
        },
    );
}

/// Whether a checker reaches what it asks, as a metric.
pub(crate) fn status(checker: &Address, label: String) -> Series {
    Series {
        label,
        region: ROUTE53_REGION.to_owned(),
        namespace: "AWS/Route53",
        name: "HealthCheckStatus",
        dimensions: vec![("HealthCheckId", checker.id().to_string())],
        out_of: None,
    }
}
