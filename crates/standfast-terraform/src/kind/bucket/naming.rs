//! What buckets are called: their names are unique among all accounts of the world.

use standfast_blueprint::Name;

use crate::syntax::address::Address;
use crate::syntax::provider::ResourceType;
use crate::system::arn::{self, ACCOUNT};
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// The file that a bucket stands in.
pub(crate) fn topic(name: &Name) -> String {
    format!("bucket-{name}")
}

/// The part of identifiers of Terraform that names a bucket.
pub(crate) fn key(name: &Name) -> String {
    identifier(name.as_str())
}

/// The bucket of a region, within the module of it.
pub(crate) fn address(name: &Name) -> Address {
    ResourceType::S3Bucket.named(key(name))
}

/// The bucket of a region. The account ends its name.
pub(crate) fn name_in(system: &AwsSystem<'_>, bucket: &str, region: &AwsRegion) -> String {
    let name = system.name_in(bucket, region, limit::BUCKET);
    format!("{name}-{ACCOUNT}")
}

/// The bucket of a region, by its ARN.
pub(crate) fn arn_in(system: &AwsSystem<'_>, bucket: &str, region: &AwsRegion) -> String {
    arn::without_account("s3", &name_in(system, bucket, region))
}
