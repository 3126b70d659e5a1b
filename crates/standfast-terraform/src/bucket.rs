//! Buckets: one in every region that holds data, closed to the public, and the rules by which objects
//! travel between them.

use standfast_blueprint::{BucketSpec, Class, Name, ReplicateSpec, Ways};

use crate::name::{identifier, limit};
use crate::plan::{Place, Plan};
use crate::rights::Role;
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement};
use crate::syntax::provider::ResourceType;

/// Parts of uploads that were never finished are removed after this many days.
const UNFINISHED_DAYS: i64 = 7;

fn topic(name: &Name) -> String {
    format!("bucket-{name}")
}

/// The buckets of a region.
pub(crate) fn write(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    for (name, bucket) in &plan.blueprint.buckets {
        write_one(plan, place, name, bucket, module);
    }
}

fn write_one(
    plan: &Plan<'_>,
    place: &Place,
    name: &Name,
    bucket: &BucketSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), identifier(name.as_str()));
    let id = ResourceType::S3Bucket.named(&key).id();
    module.declare(
        &topic,
        &ResourceType::S3Bucket.named(&key),
        body! {
            "bucket": plan.bucket(name.as_str(), place),
            // Whether a bucket that is not empty may be destroyed.
            "force_destroy": plan.blueprint.class == Class::Ephemeral,
        },
    );
    closed(&topic, &key, &id, module);
    module.declare(
        &topic,
        &ResourceType::S3BucketVersioning.named(&key),
        body! {
            "bucket": &id,
            "versioning_configuration": body! {
                "status": if bucket.versioned { "Enabled" } else { "Disabled" },
            },
        },
    );
    kept(&topic, &key, &id, module);
    only_encrypted(&topic, &key, &id, module);
    module.output(
        &format!("{key}_bucket_{}", place.id()),
        "The bucket of this region.",
        id,
    );
}

/// Nobody outside the account reads it, whatever a policy says.
fn closed(topic: &str, key: &str, id: &Template, module: &mut ModuleFiles) {
    module.declare(
        topic,
        &ResourceType::S3BucketPublicAccessBlock.named(key),
        body! {
            "bucket": id,
            "block_public_acls": true,
            "block_public_policy": true,
            "ignore_public_acls": true,
            "restrict_public_buckets": true,
        },
    );
    module.declare(
        topic,
        &ResourceType::S3BucketOwnershipControls.named(key),
        body! {
            "bucket": id,
            "rule": body! { "object_ownership": "BucketOwnerEnforced" },
        },
    );
}

/// How objects are kept: encrypted, and without the remains of uploads that were never finished.
fn kept(topic: &str, key: &str, id: &Template, module: &mut ModuleFiles) {
    module.declare(
        topic,
        &ResourceType::S3BucketServerSideEncryptionConfiguration.named(key),
        body! {
            "bucket": id,
            "rule": [body! {
                "apply_server_side_encryption_by_default": body! { "sse_algorithm": "AES256" },
            }],
        },
    );
    module.declare(
        topic,
        &ResourceType::S3BucketLifecycleConfiguration.named(key),
        body! {
            "bucket": id,
            "rule": [body! {
                "id": "unfinished-uploads",
                "status": "Enabled",
                "filter": body! { "prefix": "" },
                "abort_incomplete_multipart_upload": body! {
                    "days_after_initiation": UNFINISHED_DAYS,
                },
            }],
        },
    );
}

/// Turns away whoever does not come over TLS.
fn only_encrypted(topic: &str, key: &str, id: &Template, module: &mut ModuleFiles) {
    let arn = ResourceType::S3Bucket.named(key).arn();
    let everything = vec![arn.to_string(), format!("{arn}/*")];
    let statement = Statement::deny("OnlyEncrypted", &["s3:*"], everything)
        .by("*", "*")
        .when("Bool", "aws:SecureTransport", "false");
    let policy = policy::document(module, topic, &format!("{key}__bucket"), vec![statement]);
    module.declare(
        topic,
        &ResourceType::S3BucketPolicy.named(key),
        body! {
            "bucket": id,
            "policy": policy,
            "depends_on": [ResourceType::S3BucketPublicAccessBlock.named(key)],
        },
    );
}

/// From which bucket objects travel, and to which.
pub(crate) fn journeys<'p>(
    plan: &'p Plan<'_>,
    spec: &ReplicateSpec,
) -> Vec<(&'p Place, &'p Place)> {
    let places: Vec<&Place> = plan.data_places().collect();
    let mut journeys = Vec::new();
    for from in &places {
        if spec.ways == Ways::One && from.aws != plan.home().aws {
            continue;
        }
        for to in places.iter().filter(|to| to.aws != from.aws) {
            journeys.push((*from, *to));
        }
    }
    journeys
}

/// The identifier of the rule by which objects travel to a region; metrics go by it.
pub(crate) fn rule_id(to: &Place) -> String {
    format!("to-{}", to.aws)
}

/// The rules of all buckets that replicate.
pub(crate) fn write_global(plan: &Plan<'_>, module: &mut ModuleFiles) {
    if !plan.spans_regions() {
        return;
    }
    for (name, bucket) in &plan.blueprint.buckets {
        if let Some(spec) = &bucket.replicate {
            replicate(plan, name, spec, module);
        }
    }
}

fn replicate(plan: &Plan<'_>, name: &Name, spec: &ReplicateSpec, module: &mut ModuleFiles) {
    let (topic, key) = (topic(name), identifier(name.as_str()));
    let journeys = journeys(plan, spec);
    role(plan, name, &journeys, module);
    for from in plan.data_places() {
        let rules: Vec<Body> = journeys
            .iter()
            .filter(|(source, _)| source.aws == from.aws)
            .enumerate()
            .map(|(index, (_, to))| rule(plan, name, spec, index, to))
            .collect();
        if rules.is_empty() {
            continue;
        }
        module.declare(
            &topic,
            &ResourceType::S3BucketReplicationConfiguration.named(format!("{key}_{}", from.id())),
            body! {
                "provider": from.provider(),
                "bucket": plan.bucket(name.as_str(), from),
                "role": ResourceType::IamRole.named(format!("{key}__replicate")).arn(),
                "rule": rules,
                "depends_on": [ResourceType::IamRolePolicy.named(format!("{key}__replicate"))],
            },
        );
    }
}

fn rule(plan: &Plan<'_>, name: &Name, spec: &ReplicateSpec, index: usize, to: &Place) -> Body {
    let status = |on: bool| if on { "Enabled" } else { "Disabled" };
    let mut destination = body! {
        "bucket": format!("arn:${{local.partition}}:s3:::{}", plan.bucket(name.as_str(), to)),
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

fn role(plan: &Plan<'_>, name: &Name, journeys: &[(&Place, &Place)], module: &mut ModuleFiles) {
    let arn = |place: &Place| {
        format!(
            "arn:${{local.partition}}:s3:::{}",
            plan.bucket(name.as_str(), place)
        )
    };
    let of = |pick: fn(&(&'_ Place, &'_ Place)) -> String, suffix: &str| -> Vec<String> {
        let mut regions: Vec<String> = journeys.iter().map(pick).collect();
        regions.sort();
        regions.dedup();
        let places = plan.data_places();
        places
            .filter(|place| regions.contains(&place.aws))
            .map(|place| format!("{}{suffix}", arn(place)))
            .collect()
    };
    let from: fn(&(&Place, &Place)) -> String = |(from, _)| from.aws.clone();
    let to: fn(&(&Place, &Place)) -> String = |(_, to)| to.aws.clone();
    let key = format!("{}__replicate", identifier(name.as_str()));
    Role {
        key: &key,
        name: plan.name(&format!("replicate-{name}"), limit::FUNCTION),
        why: "Carries objects between the buckets of all regions",
        trust: Statement::assume("s3.amazonaws.com"),
        statements: vec![
            Statement::allow(
                "Rules",
                &["s3:GetReplicationConfiguration", "s3:ListBucket"],
                of(from, ""),
            ),
            Statement::allow(
                "Read",
                &[
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionTagging",
                ],
                of(from, "/*"),
            ),
            Statement::allow(
                "Write",
                &[
                    "s3:ReplicateDelete",
                    "s3:ReplicateObject",
                    "s3:ReplicateTags",
                ],
                of(to, "/*"),
            ),
        ],
    }
    .write(&topic(name), module);
}
