//! A blueprint as Terraform JSON for AWS: one root module for each region and one for what spans them,
//! the same bytes every time.
//!
//! A region's module declares what lives in the region and nothing else, so that it can be applied while
//! every other region is lost. Modules find each other by names that follow from the blueprint, never by
//! each other's state. What moves clients is not here to be edited on the bad day: records, checks and
//! alarms are made beforehand, and a value of a metric turns them (see `latch`).
//!
//! This crate computes: it reads no file, asks no cloud and knows no time. Whether a design is a good one
//! is the doctor's part; here only what AWS cannot be made of is refused.

mod alarm;
mod api;
mod bucket;
mod check;
mod dashboard;
mod database;
mod function;
mod latch;
mod log;
mod metric;
mod network;
mod parameter;
mod readme;
mod record;
mod refusal;
mod rights;
mod root;
mod service;
mod syntax;
mod system;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use standfast_blueprint::Blueprint;
use standfast_units::Region;

pub use refusal::{Code, Refusal};

use syntax::json::Body;
use syntax::module::ModuleFiles;
use system::aws::AwsSystem;
use system::region::AwsRegion;

/// What a blueprint does not say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What regions of the blueprint are called at AWS, where that is something else.
    pub regions: BTreeMap<Region, String>,
    /// The scripts that instances begin with, by their paths in the blueprint.
    pub scripts: BTreeMap<String, String>,
}

/// Modules and how to apply them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Every file by its path, the folder of its module first.
    pub files: BTreeMap<String, String>,
    /// The folders of the root modules, in the order in which they are applied.
    pub order: Vec<ApplyStep>,
}

/// A module to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyStep {
    /// Its folder.
    pub folder: String,
    /// Why it stands at its place in the order.
    pub why: &'static str,
}

/// The paths of the scripts that a blueprint refers to; their texts go into [`Options::scripts`].
pub fn scripts(blueprint: &Blueprint) -> impl Iterator<Item = &str> {
    let services = blueprint.services.values();
    services.filter_map(|service| service.user_data.as_deref())
}

/// Synthesizes a blueprint.
///
/// # Errors
///
/// Everything AWS cannot be made of, all at once.
pub fn synthesize(blueprint: &Blueprint, options: &Options) -> Result<Output, Vec<Refusal>> {
    let system = AwsSystem::new(blueprint, &options.regions, &options.scripts);
    let refusals = check::check(&system, options);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut files = BTreeMap::new();
    let mut sheets = Vec::new();
    let mut clashes = Clashes::default();
    let mut add = |folder: &str, module: ModuleFiles| {
        sheets.push(readme::Sheet::of(folder, &module));
        clashes.add(&system, folder, &module);
        for (path, text) in module.into_files() {
            files.insert(format!("{folder}/{path}"), text);
        }
    };
    for region in system.order() {
        add(&region.aws, region_module(&system, region));
    }
    if spans(&system) {
        add(root::GLOBAL, global_module(&system));
    }
    if !clashes.refusals.is_empty() {
        return Err(clashes.refusals);
    }
    let order = readme::order(&system);
    files.insert(
        "README.md".to_owned(),
        readme::write(&system, &order, &sheets),
    );
    Ok(Output { files, order })
}

/// Names that two things would have, which only the whole output shows.
#[derive(Default)]
struct Clashes {
    seen: BTreeSet<(String, String, String)>,
    refusals: Vec<Refusal>,
}

impl Clashes {
    fn add(&mut self, system: &AwsSystem<'_>, folder: &str, module: &ModuleFiles) {
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
        let refusal = Refusal::new(Code::Clash, &["name"], message, help);
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

/// Whether there is anything that belongs to no region.
pub(crate) fn spans(system: &AwsSystem<'_>) -> bool {
    system.spans_regions()
        || !system.blueprint.names.records.is_empty()
        || !system.blueprint.dashboards.is_empty()
}

fn region_module(system: &AwsSystem<'_>, region: &AwsRegion) -> ModuleFiles {
    let mut module = ModuleFiles::default();
    root::write(system, region, &mut module);
    parameter::write_topic(system, region, &mut module);
    if region.kind != standfast_blueprint::RegionKind::Witness {
        network::write(system, region, &mut module);
        database::write(system, region, &mut module);
        table::write(system, region, &mut module);
        bucket::write(system, region, &mut module);
        function::write(system, region, &mut module);
        service::write(system, region, &mut module);
        parameter::write(system, region, &mut module);
    }
    alarm::write(system, region, &mut module);
    latch::write(system, region, &mut module);
    module
}

fn global_module(system: &AwsSystem<'_>) -> ModuleFiles {
    let mut module = ModuleFiles::default();
    root::write_global(system, &mut module);
    network::write_global(system, &mut module);
    table::write_global(system, &mut module);
    bucket::write_global(system, &mut module);
    latch::write_global(system, &mut module);
    record::write_global(system, &mut module);
    alarm::write_global(system, &mut module);
    dashboard::write_global(system, &mut module);
    module
}
