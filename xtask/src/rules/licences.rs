//! The rules of `deny.toml`, as far as cargo's own metadata answers them: licences, banned crates, sources.
//!
//! `cargo deny` knows more (advisories, the text of licences) and is run as well where it is installed. It
//! takes minutes to build, so these rules do not wait for it.

use std::fs;

use anyhow::{Context as _, ensure};

use super::spdx::satisfied;
use crate::metadata::{Metadata, Package};

const RULES: &str = "deny.toml";

/// Where crates may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// All breaches.
pub(crate) fn breaches(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let rules = fs::read_to_string(RULES).with_context(|| format!("cannot read {RULES}"))?;
    let allowed = entries(&rules, "licenses", "allow");
    let banned = entries(&rules, "bans", "deny");
    ensure!(!allowed.is_empty(), "{RULES} allows no licence");
    ensure!(!banned.is_empty(), "{RULES} bans no crate");
    let mut breaches = Vec::new();
    for package in metadata.outside() {
        let told = format!("{} {}", package.name, package.version);
        if banned.contains(&package.name.as_str()) {
            breaches.push(format!("{told} is banned"));
        }
        if package.source.as_deref() != Some(REGISTRY) {
            breaches.push(format!("{told} does not come from crates.io"));
        }
        breaches.extend(licence(package, &allowed).map(|problem| format!("{told} {problem}")));
    }
    Ok(breaches)
}

fn licence(package: &Package, allowed: &[&str]) -> Option<String> {
    let Some(expression) = &package.license else {
        return Some("names no licence".to_owned());
    };
    match satisfied(expression, &|licence| allowed.contains(&licence)) {
        Some(true) => None,
        Some(false) => Some(format!(
            "is licensed under {expression}, which {RULES} does not allow"
        )),
        None => Some(format!("has a licence that cannot be read: {expression}")),
    }
}

/// The entries of a list: the first quoted text of each line from `key = [` to `]`. That is how the file
/// is laid out; no more of TOML is understood here.
fn entries<'a>(rules: &'a str, section: &str, key: &str) -> Vec<&'a str> {
    let section = format!("[{section}]");
    let opening = format!("{key} = [");
    rules
        .lines()
        .skip_while(|line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .skip_while(|line| *line != opening)
        .skip(1)
        .take_while(|line| *line != "]")
        .filter_map(|line| line.split('"').nth(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "[bans]\ndeny = [\n  { crate = \"x-sys\", reason = \"no\" },\n]\n\n\
                          [licenses]\nallow = [\n  \"MIT\", # text\n  \"ISC\",\n]\n";

    #[test]
    fn lists_end_with_their_section() {
        assert_eq!(entries(SAMPLE, "licenses", "allow"), ["MIT", "ISC"]);
        assert_eq!(entries(SAMPLE, "bans", "deny"), ["x-sys"]);
        assert!(entries(SAMPLE, "bans", "allow").is_empty());
    }
}
