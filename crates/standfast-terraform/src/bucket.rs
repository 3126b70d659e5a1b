//! Buckets: one in every region that holds data, closed to the public, and the rules by which objects
//! travel between them.

use standfast_blueprint::{BucketSpec, Class, Name, ReplicateSpec, Ways};

use crate::rights::IamRole;
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// Parts of uploads that were never finished are removed after this many days.
const UNFINISHED_DAYS: i64 = 7;

fn topic(name: &Name) -> String {
    format!("bucket-{name}")
}

/// The buckets of a region.
pub(crate) fn write(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    for (name, bucket) in &system.blueprint.buckets {
        write_one(system, region, name, bucket, module);
    }
}

fn write_one(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
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
            "bucket": system.bucket(name.as_str(), region),
            // Whether a bucket that is not empty may be destroyed.
            "force_destroy": system.blueprint.class == Class::Ephemeral,
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
        &format!("{key}_bucket_{}", region.id()),
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

/// The rules of all buckets that replicate.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    if !system.spans_regions() {
        return;
    }
    for (name, bucket) in &system.blueprint.buckets {
        if let Some(spec) = &bucket.replicate {
            replicate(system, name, spec, module);
        }
    }
}

fn replicate(system: &AwsSystem<'_>, name: &Name, spec: &ReplicateSpec, module: &mut ModuleFiles) {
    let (topic, key) = (topic(name), identifier(name.as_str()));
    let journeys = journeys(system, spec);
    role(system, name, &journeys, module);
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
                "bucket": system.bucket(name.as_str(), from),
                "role": ResourceType::IamRole.named(format!("{key}__replicate")).arn(),
                "rule": rules,
                "depends_on": [ResourceType::IamRolePolicy.named(format!("{key}__replicate"))],
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
        "bucket": arn::without_account("s3", &system.bucket(name.as_str(), to)),
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
) {
    let arn =
        |region: &AwsRegion| arn::without_account("s3", &system.bucket(name.as_str(), region));
    let of = |pick: fn(&(&'_ AwsRegion, &'_ AwsRegion)) -> String, suffix: &str| -> Vec<String> {
        let mut regions: Vec<String> = journeys.iter().map(pick).collect();
        regions.sort();
        regions.dedup();
        let all = system.data_regions();
        all.filter(|region| regions.contains(&region.aws))
            .map(|region| format!("{}{suffix}", arn(region)))
            .collect()
    };
    let from: fn(&(&AwsRegion, &AwsRegion)) -> String = |(from, _)| from.aws.clone();
    let to: fn(&(&AwsRegion, &AwsRegion)) -> String = |(_, to)| to.aws.clone();
    let key = format!("{}__replicate", identifier(name.as_str()));
    IamRole {
        key: &key,
        name: system.name(&format!("replicate-{name}"), limit::FUNCTION),
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
