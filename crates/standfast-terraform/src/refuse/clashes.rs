//! Names that two things would have, which only the whole output shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::syntax::json::Body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;

/// The names that the modules of an output give, and those that are given twice.
#[derive(Default)]
pub(crate) struct Clashes {
    /// Types, regions and names that were seen.
    seen: BTreeSet<(String, String, String)>,
    /// What was found.
    pub(crate) refusals: Vec<Refusal>,
}

impl Clashes {
    /// Adds what a module declares.
    pub(crate) fn add(&mut self, system: &AwsSystem<'_>, folder: &str, module: &ModuleFiles) {
        for address in module.twice() {
            self.refuse(format!(
                "two things would be `{address}` in the module {folder}"
            ));
        }
        let regions = system.regions.iter();
        let providers: BTreeMap<String, &str> = regions
            .map(|region| (region.provider(), region.aws.as_str()))
            .collect();
        let resources = module.resources();
        for called in resources.filter_map(|(kind, body)| Called::of(kind, body)) {
            // Roles belong to the account; what a provider says lies in its region; all else in the folder's.
            let region = match providers.get(called.provider) {
                _ if called.kind.starts_with(OF_ACCOUNT) => "",
                Some(region) => region,
                None => folder,
            };
            let key = (called.kind.to_owned(), region.to_owned(), called.name);
            if let Some((kind, _, name)) = self.seen.replace(key) {
                self.refuse(format!(
                    "two things of the kind {kind} would be called `{name}`"
                ));
            }
        }
    }

    fn refuse(&mut self, message: String) {
        let help = "give one of the things it is made from another name in the blueprint";
        let refusal = Refusal::new(RefusalCode::Clash, &["name"], message, help);
        self.refusals.push(refusal);
    }
}

/// What a resource is called at AWS, where nothing else of its kind may be called so.
struct Called<'m> {
    /// The kind of name.
    kind: &'m str,
    /// The provider of the region, where the module says it; nothing for the module's own region.
    provider: &'m str,
    /// The name.
    name: String,
}

/// Under which keys resources are named, the first that is there.
const NAME_KEYS: [&str; 8] = [
    "cluster_identifier",
    "global_cluster_identifier",
    "identifier",
    "function_name",
    "alarm_name",
    "dashboard_name",
    "bucket",
    "name",
];

/// What goes by the name of something else, or has one within it.
const NAMED_WITHIN: [ResourceType; 4] = [
    ResourceType::AutoscalingPolicy,
    ResourceType::IamRolePolicy,
    ResourceType::LambdaPermission,
    ResourceType::RdsClusterInstance,
];

/// What belongs to the account as a whole, in no region.
const OF_ACCOUNT: &str = "aws_iam_";

/// What says more of a bucket, by the bucket's name.
const OF_BUCKET: &str = "aws_s3_bucket_";

impl<'m> Called<'m> {
    /// The name of a resource, if it has one of its own.
    fn of(kind: &'m str, body: &'m Body) -> Option<Self> {
        let within = NAMED_WITHIN.iter().any(|of| of.as_str() == kind);
        if within || kind.starts_with(OF_BUCKET) {
            return None;
        }
        let names = NAME_KEYS.iter().map(|key| body.text_at(key));
        let name = names.into_iter().find(|name| !name.is_empty())?;
        let name = if kind == ResourceType::Route53Record.as_str() {
            if body.has("for_each") {
                return None;
            }
            format!("{name} {}", body.text_at("set_identifier"))
        } else {
            name.to_owned()
        };
        Some(Self {
            kind,
            provider: body.text_at("provider"),
            name,
        })
    }
}
