//! The rules by which objects travel between the buckets of all regions.

use standfast_blueprint::{Name, ReplicateSpec, Ways};

use crate::kind::bucket::naming::{arn_in, key, name_in, topic};
use crate::kind::role::{IamRole, policy_of};
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;

/// From which bucket objects travel, and to which.
pub(crate) fn journeys<'p>(
    system: &'p AwsSystem<'_>,
    spec: &ReplicateSpec,
) -> Vec<(&'p AwsRegion, &'p AwsRegion)> {
    let regions: Vec<&AwsRegion> = system.data_regions().collect();
    let mut journeys = Vec::new();
    for from in &regions {
        if spec.ways == Ways::One && from.aws != system.home().aws {
            continue;
        }
        for to in regions.iter().filter(|to| to.aws != from.aws) {
            journeys.push((*from, *to));
        }
    }
    journeys
}

/// The identifier of the rule by which objects travel to a region; metrics go by it.
pub(crate) fn rule_id(to: &AwsRegion) -> String {
    format!("to-{}", to.aws)
}

/// Declares the rules of a bucket that replicates, and the role that carries objects.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    name: &Name,
    spec: &ReplicateSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let journeys = journeys(system, spec);
    let role = role(system, name, &journeys, module);
    for from in system.data_regions() {
        let rules: Vec<Body> = journeys
            .iter()
            .filter(|(source, _)| source.aws == from.aws)
            .enumerate()
            .map(|(index, (_, to))| rule(system, name, spec, index, to))
            .collect();
        if rules.is_empty() {
            continue;
        }
        module.declare(
            &topic,
            &ResourceType::S3BucketReplicationConfiguration.named(format!("{key}_{}", from.id())),
            body! {
                "provider": from.provider(),
                "bucket": name_in(system, name.as_str(), from),
                "role": role.arn(),
                "rule": rules,
                "depends_on": [policy_of(&role)],
            },
        );
    }
}

fn rule(
    system: &AwsSystem<'_>,
    name: &Name,
    spec: &ReplicateSpec,
    index: usize,
    to: &AwsRegion,
) -> Body {
    let status = |on: bool| if on { "Enabled" } else { "Disabled" };
    let mut destination = body! {
        "bucket": arn_in(system, name.as_str(), to),
    };
    match spec.within {
        Some(within) => {
            let minutes = i64::try_from(within.as_secs() / 60).unwrap_or(i64::MAX);
            let time = || body! { "minutes": minutes };
            destination.set(
                "replication_time",
                body! { "status": "Enabled", "time": time() },
            );
            destination.set(
                "metrics",
                body! { "status": "Enabled", "event_threshold": time() },
            );
        }
        None => destination.set("metrics", body! { "status": "Enabled" }),
    }
    body! {
        "id": rule_id(to),
        "priority": i64::try_from(index).unwrap_or(i64::MAX),
        "status": "Enabled",
        "filter": body! { "prefix": "" },
        "delete_marker_replication": body! { "status": status(spec.deletes) },
        "destination": destination,
    }
}

fn role(
    system: &AwsSystem<'_>,
    name: &Name,
    journeys: &[(&AwsRegion, &AwsRegion)],
    module: &mut ModuleFiles,
) -> Address {
    let arns = |of: &dyn Fn(&(&AwsRegion, &AwsRegion)) -> String, suffix: &str| -> Vec<String> {
        let regions = system.data_regions();
        regions
            .filter(|region| journeys.iter().any(|journey| of(journey) == region.aws))
            .map(|region| format!("{}{suffix}", arn_in(system, name.as_str(), region)))
            .collect()
    };
    let from = |journey: &(&AwsRegion, &AwsRegion)| journey.0.aws.clone();
    let to = |journey: &(&AwsRegion, &AwsRegion)| journey.1.aws.clone();
    let key = format!("{}__replicate", key(name));
    IamRole {
        key: &key,
        name: system.name_of(&format!("replicate-{name}"), limit::FUNCTION),
        why: "Carries objects between the buckets of all regions",
        trust: Statement::assume("s3.amazonaws.com"),
        statements: vec![
            Statement::allow(
                "Rules",
                &["s3:GetReplicationConfiguration", "s3:ListBucket"],
                arns(&from, ""),
            ),
            Statement::allow(
                "Read",
                &[
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionTagging",
                ],
                arns(&from, "/*"),
            ),
            Statement::allow(
                "Write",
                &[
                    "s3:ReplicateDelete",
                    "s3:ReplicateObject",
                    "s3:ReplicateTags",
                ],
                arns(&to, "/*"),
            ),
        ],
    }
    .declare(&topic(name), module)
}
