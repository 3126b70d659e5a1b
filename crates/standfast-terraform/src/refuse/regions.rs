//! Regions that AWS does not have, or that are the same.

use std::collections::BTreeSet;

use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;
use crate::system::options::Options;

/// Refuses what regions are called.
pub(crate) fn shape(system: &AwsSystem<'_>, options: &Options, refusals: &mut Vec<Refusal>) {
    for region in options.regions.keys() {
        if !system.regions.iter().any(|known| known.name == *region) {
            refusals.push(Refusal::new(
                RefusalCode::Region,
                &["regions"],
                format!("the blueprint has no region `{region}` to be called otherwise"),
                "name a region of the blueprint, as in `--region us-east-1=eu-west-1`",
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for region in &system.regions {
        let path = ["regions", region.name.as_str()];
        if !is_region(&region.aws) {
            refusals.push(Refusal::new(
                RefusalCode::Region,
                &path,
                format!("AWS has no region `{}`", region.aws),
                format!(
                    "say which one is meant, as in `--region {}=eu-central-1`",
                    region.name
                ),
            ));
        }
        if !seen.insert(region.aws.as_str()) {
            refusals.push(Refusal::new(
                RefusalCode::Region,
                &path,
                format!("two regions of the blueprint are `{}` at AWS", region.aws),
                "two places that fail together are one place; name another",
            ));
        }
    }
}

/// Whether a text has the form of a region's name: `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let word = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&words.len())
        && words[0].len() == 2
        && words.iter().all(word)
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}
