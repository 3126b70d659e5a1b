//! Every dependency is used.
//!
//! A dependency counts as used when its name stands anywhere in the sources it is declared for: `src/` and
//! `build.rs` for a normal one, everything of the crate for a development one. So a mention in a comment
//! saves an unused one; that is the price of not compiling anything. What it never does is to complain
//! about one that is used, unless it is used for its side effects alone.
//!
//! And every crate of others has its row in `docs/dependencies.md`, which says why it is there.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context as _;

use super::text::{self, mentions};
use crate::metadata::{Dependency, Kind, Metadata};

/// Where versions are written down, once for each workspace.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "functions/Cargo.toml"];

/// Why each crate of others is there: a row of a table each.
const REASONS: &str = "docs/dependencies.md";

/// All breaches, of the workspace and of that of the functions.
pub(crate) fn breaches(metadata: &Metadata, functions: &Metadata) -> anyhow::Result<Vec<String>> {
    let mut breaches = unused(metadata)?;
    breaches.extend(unused(functions)?);
    let reasons = fs::read_to_string(REASONS).with_context(|| format!("cannot read {REASONS}"))?;
    let explained = explained(&reasons);
    let mut outside = BTreeSet::new();
    for manifest in MANIFESTS {
        let text =
            fs::read_to_string(manifest).with_context(|| format!("cannot read {manifest}"))?;
        let of = if manifest == MANIFESTS[0] {
            metadata
        } else {
            functions
        };
        let declared = |name: &str| {
            of.members()
                .any(|package| package.dependencies.iter().any(|each| each.name == name))
        };
        for name in workspace_dependencies(&text) {
            // Our own crates stand there as well, so that any other may name them.
            if of.members().any(|package| package.name == name) {
                continue;
            }
            if !declared(name) {
                breaches.push(format!("{manifest}: no crate takes `{name}`"));
            }
            outside.insert(name.to_owned());
        }
    }
    let explained: BTreeSet<String> = explained.into_iter().map(str::to_owned).collect();
    for name in outside.difference(&explained) {
        breaches.push(format!("{REASONS} does not say why `{name}` is there"));
    }
    for name in explained.difference(&outside) {
        breaches.push(format!("{REASONS} explains `{name}`, which is gone"));
    }
    Ok(breaches)
}

/// Dependencies that nothing uses.
fn unused(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for package in metadata.members() {
        let mut files = text::files(package.folder())?;
        // What the tests of several crates share.
        let shared = package.folder().with_file_name("testing");
        if shared.is_dir() {
            files.extend(text::files(&shared)?);
        }
        let root = package.folder().to_string_lossy();
        for dependency in &package.dependencies {
            let used = files
                .iter()
                .filter(|file| file.is("rs") && concerns(dependency, &file.path, &root))
                .any(|file| mentions(&file.text, &name_in_code(dependency)));
            // Its own crate with other features, for tests.
            if !used && dependency.name != package.name {
                breaches.push(format!(
                    "{}: nothing uses `{}`; remove it from Cargo.toml",
                    package.name, dependency.name
                ));
            }
        }
    }
    Ok(breaches)
}

fn name_in_code(dependency: &Dependency) -> String {
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    name.replace('-', "_")
}

/// Whether the file is one that the dependency is declared for.
fn concerns(dependency: &Dependency, path: &str, root: &str) -> bool {
    let inside = path
        .strip_prefix(root)
        .unwrap_or(path)
        .trim_start_matches('/');
    match dependency.kind {
        None => inside.starts_with("src/"),
        Some(Kind::Build) => inside == "build.rs",
        Some(Kind::Dev) => true,
    }
}

/// The names under `[workspace.dependencies]`.
fn workspace_dependencies(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect()
}

/// The crates that have a row.
fn explained(reasons: &str) -> BTreeSet<&str> {
    reasons
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(kind: Option<Kind>) -> Dependency {
        Dependency {
            name: "postgres-protocol".to_owned(),
            rename: None,
            kind,
            path: None,
        }
    }

    #[test]
    fn a_use_in_tests_does_not_justify_a_normal_dependency() {
        let concerns = |kind, path| concerns(&dependency(kind), path, "/w/crates/a");
        assert!(concerns(None, "/w/crates/a/src/lib.rs"));
        assert!(!concerns(None, "/w/crates/a/tests/it/main.rs"));
        assert!(concerns(Some(Kind::Dev), "/w/crates/a/tests/it/main.rs"));
        assert!(concerns(Some(Kind::Build), "/w/crates/a/build.rs"));
    }

    #[test]
    fn names_are_looked_for_as_code_writes_them() {
        assert_eq!(name_in_code(&dependency(None)), "postgres_protocol");
    }

    #[test]
    fn a_crate_is_explained_by_its_row_not_by_a_mention() {
        let reasons = "`a` is fine\n| Crate | What for |\n|---|---|\n| `b-c` | needs `d` |\n";
        assert_eq!(explained(reasons).into_iter().collect::<Vec<_>>(), ["b-c"]);
    }

    #[test]
    fn the_table_of_versions_ends_at_the_next_one() {
        let manifest = "[workspace]\nx = 1\n[workspace.dependencies]\na = \"1\"\n\n\
                        b-c = { version = \"2\" }\n[profile.dev]\nd = 1\n";
        assert_eq!(workspace_dependencies(manifest), ["a", "b-c"]);
    }
}
