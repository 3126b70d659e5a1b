//! A blueprint as Terraform JSON for AWS: one root module for each region and one for what spans them,
//! the same bytes every time.
//!
//! A region's module declares what lives in the region and nothing else, so that it can be applied while
//! every other region is lost. Modules find each other by names that follow from the blueprint, never by
//! each other's state. What moves clients is not here to be edited on the bad day: records, checks and
//! alarms are made beforehand, and a value of a metric turns them (see `kind/latch.rs`).
//!
//! This crate computes: it reads no file, asks no cloud and knows no time. Whether a design is a good one
//! is the doctor's part; here only what AWS cannot be made of is refused.
//!
//! Layers, each of which knows only those before it: `syntax` is how Terraform's JSON is written, `system`
//! what is planned, `kind` one kind of thing after the other, `refuse` and `page` go over all kinds.

mod kind;
mod page;
mod refuse;
mod syntax;
mod system;

use std::collections::BTreeMap;

use standfast_blueprint::Blueprint;

pub use page::order::ApplyStep;
pub use refuse::refusal::{Refusal, RefusalCode as Code};
pub use system::options::Options;

use page::Sheet;
use refuse::clashes::Clashes;
use syntax::module::ModuleFiles;
use system::aws::{AwsSystem, GLOBAL};

/// Modules and how to apply them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Every file by its path, the folder of its module first.
    pub files: BTreeMap<String, String>,
    /// The folders of the root modules, in the order in which they are applied.
    pub order: Vec<ApplyStep>,
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
    let refusals = refuse::refusals(&system, options);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut files = BTreeMap::new();
    let mut sheets = Vec::new();
    let mut clashes = Clashes::default();
    let mut add = |folder: &str, module: ModuleFiles| {
        sheets.push(Sheet::of(folder, &module));
        clashes.add(&system, folder, &module);
        for (path, text) in module.into_files() {
            files.insert(format!("{folder}/{path}"), text);
        }
    };
    for region in system.order() {
        add(&region.aws, kind::region_module(&system, region));
    }
    if let Some(module) = kind::global_module(&system) {
        add(GLOBAL, module);
    }
    if !clashes.refusals.is_empty() {
        return Err(clashes.refusals);
    }
    let order = page::order::of(&system);
    files.insert("README.md".to_owned(), page::text(&system, &order, &sheets));
    Ok(Output { files, order })
}
