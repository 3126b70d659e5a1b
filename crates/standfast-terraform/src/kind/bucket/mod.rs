//! Buckets: one in every region that holds data, closed to the public, and the rules by which objects
//! travel between them.

mod measured;
mod naming;
mod replication;

use standfast_blueprint::{BucketSpec, Class, Name, Source, Ways};

use crate::kind::bucket::measured::MeasurableBuckets;
use crate::kind::bucket::naming::{address, arn_in, key, name_in, topic};
use crate::kind::contract::{
    Access, Explainable, Kinds, Measurable, Nameable, NetworkPath, Publishable, ThingKind,
    ToldVariables, Usable,
};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement, statement_id};
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Parts of uploads that were never finished are removed after this many days.
const UNFINISHED_DAYS: i64 = 7;

/// The section `buckets`.
pub(crate) struct BucketKind;

impl ThingKind for BucketKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        system.blueprint.buckets.keys().map(Name::as_str).collect()
    }

    fn declare(
        &self,
        _: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    ) {
        for (name, bucket) in &system.blueprint.buckets {
            declare_one(system, region, name, bucket, module);
        }
    }

    fn declare_global(&self, _: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
        if !system.spans_regions() {
            return;
        }
        for (name, bucket) in &system.blueprint.buckets {
            if let Some(spec) = &bucket.replicate {
                replication::declare(system, name, spec, module);
            }
        }
    }

    fn remedy(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Option<&'static str> {
        // Every region that holds data has each of them.
        None
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        Some(self)
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        Some(self)
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        None
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        Some(&MeasurableBuckets)
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        Some(self)
    }
}

impl Usable for BucketKind {
    fn statements(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
        access: Access,
    ) -> Vec<Statement> {
        let bucket = arn_in(system, name, region);
        let objects = format!("{bucket}/*");
        let actions: &[&str] = match access {
            Access::Read => &["s3:GetObject"],
            Access::ReadAndWrite => &["s3:GetObject", "s3:PutObject"],
        };
        vec![
            Statement::allow(
                &statement_id("Bucket", name),
                &["s3:ListBucket"],
                vec![bucket],
            ),
            Statement::allow(&statement_id("Objects", name), actions, vec![objects]),
        ]
    }

    fn variables(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> ToldVariables {
        let first = "BUCKET_NAME";
        let values = vec![(first, name_in(system, name, region))];
        ToldVariables { first, values }
    }

    fn paths(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Vec<NetworkPath> {
        Vec::new()
    }

    fn endpoints(&self) -> &'static [&'static str] {
        &["s3"]
    }
}

impl Publishable for BucketKind {
    fn value(&self, system: &AwsSystem<'_>, region: &AwsRegion, source: &Source) -> Option<String> {
        Some(name_in(system, &source.reference().name, region))
    }
}

impl Explainable for BucketKind {
    fn before(&self, _: &AwsSystem<'_>) -> Vec<String> {
        Vec::new()
    }

    fn fencing(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn taking_over(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn afterwards(&self, system: &AwsSystem<'_>, to: &AwsRegion) -> Vec<String> {
        let buckets = system.blueprint.buckets.iter();
        let one_way = buckets.filter(|(_, bucket)| {
            let ways = bucket.replicate.as_ref().map(|replicate| replicate.ways);
            ways == Some(Ways::One)
        });
        one_way
            .map(|(name, _)| {
                format!(
                    "Objects of `{name}` travel one way: what is written in {} has to be copied back before \
                     home serves again.",
                    to.aws
                )
            })
            .collect()
    }

    fn drills(&self, _: &AwsSystem<'_>) -> Vec<String> {
        Vec::new()
    }
}

fn declare_one(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    bucket: &BucketSpec,
    module: &mut ModuleFiles,
) {
    let declared = address(name);
    module.declare(
        &topic(name),
        &declared,
        body! {
            "bucket": name_in(system, name.as_str(), region),
            // Whether a bucket that is not empty may be destroyed.
            "force_destroy": system.blueprint.class == Class::Ephemeral,
        },
    );
    closed(name, module);
    module.declare(
        &topic(name),
        &ResourceType::S3BucketVersioning.named(key(name)),
        body! {
            "bucket": declared.id(),
            "versioning_configuration": body! {
                "status": if bucket.versioned { "Enabled" } else { "Disabled" },
            },
        },
    );
    kept(name, module);
    only_encrypted(name, module);
    module.output(
        &format!("{}_bucket_{}", key(name), region.id()),
        "The bucket of this region.",
        declared.id(),
    );
}

/// Keeps accounts and people outside from reading it, whatever a policy says.
fn closed(name: &Name, module: &mut ModuleFiles) {
    let (topic, key, id) = (topic(name), key(name), address(name).id());
    module.declare(
        &topic,
        &ResourceType::S3BucketPublicAccessBlock.named(&key),
        body! {
            "bucket": &id,
            "block_public_acls": true,
            "block_public_policy": true,
            "ignore_public_acls": true,
            "restrict_public_buckets": true,
        },
    );
    module.declare(
        &topic,
        &ResourceType::S3BucketOwnershipControls.named(&key),
        body! {
            "bucket": &id,
            "rule": body! { "object_ownership": "BucketOwnerEnforced" },
        },
    );
}

/// How objects are kept: encrypted, and without the remains of uploads that were never finished.
fn kept(name: &Name, module: &mut ModuleFiles) {
    let (topic, key, id) = (topic(name), key(name), address(name).id());
    module.declare(
        &topic,
        &ResourceType::S3BucketServerSideEncryptionConfiguration.named(&key),
        body! {
            "bucket": &id,
            "rule": [body! {
                "apply_server_side_encryption_by_default": body! { "sse_algorithm": "AES256" },
            }],
        },
    );
    module.declare(
        &topic,
        &ResourceType::S3BucketLifecycleConfiguration.named(&key),
        body! {
            "bucket": &id,
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

/// Turns away clients that do not come over TLS.
fn only_encrypted(name: &Name, module: &mut ModuleFiles) {
    let (topic, key) = (topic(name), key(name));
    let arn = address(name).arn();
    let everything = vec![arn.to_string(), format!("{arn}/*")];
    let statement = Statement::deny("OnlyEncrypted", &["s3:*"], everything)
        .by("*", "*")
        .when("Bool", "aws:SecureTransport", "false");
    let policy = policy::document(module, &topic, &format!("{key}__bucket"), vec![statement]);
    module.declare(
        &topic,
        &ResourceType::S3BucketPolicy.named(&key),
        body! {
            "bucket": address(name).id(),
            "policy": policy,
            "depends_on": [ResourceType::S3BucketPublicAccessBlock.named(&key)],
        },
    );
}
