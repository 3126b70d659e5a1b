//! Names that two things would have, which only the whole output shows.

use std::collections::BTreeSet;

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::syntax::json::Body;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;

/// Names that two things would have, which only the whole output shows.
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
        for called in module
            .resources()
            .filter_map(|(kind, _, body)| Called::of(kind, body))
        {
            // Roles belong to the account; what a provider says lies in its region; all else in the folder's.
            let region = system
                .regions
                .iter()
                .find(|region| region.provider() == called.provider);
            let region = match region {
                _ if called.kind.starts_with("aws_iam_") => "",
                Some(region) => region.aws.as_str(),
                None => folder,
            };
            let key = (called.kind.clone(), region.to_owned(), called.name.clone());
            if !self.seen.insert(key) {
                self.refuse(format!(
                    "two things of the kind {} would be called `{}`",
                    called.kind, called.name
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
struct Called {
    /// The kind of name.
    kind: String,
    /// The provider of the region, where the module says it; nothing for the module's own region.
    provider: String,
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
const NAMED_WITHIN: [&str; 4] = [
    "aws_autoscaling_policy",
    "aws_iam_role_policy",
    "aws_lambda_permission",
    "aws_rds_cluster_instance",
];

impl Called {
    /// The name of a resource, if it has one of its own.
    fn of(kind: &str, body: &Body) -> Option<Self> {
        if kind.starts_with("aws_s3_bucket_") || NAMED_WITHIN.contains(&kind) {
            return None;
        }
        let names = NAME_KEYS.iter().map(|key| body.text_at(key));
        let name = names.into_iter().find(|name| !name.is_empty())?;
        let name = match kind {
            "aws_route53_record" if body.has("for_each") => return None,
            "aws_route53_record" => format!("{name} {}", body.text_at("set_identifier")),
            _ => name,
        };
        Some(Self {
            kind: kind.to_owned(),
            provider: body.text_at("provider"),
            name,
        })
    }
}
