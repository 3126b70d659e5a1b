//! `cargo xtask check`: everything that can be said of the repository without running its tests.
//!
//! It writes nothing but build output. Rules that a general tool knows are left to that tool; the ones
//! that are ours alone are the modules below. Each collects every breach before it fails, so that one run
//! tells all. That generated files (the JSON Schema, the state diagram) are current is compared by tests
//! of the crates that generate them; of these, `check` runs only what they need.

mod circles;
mod commits;
mod dependencies;
mod direction;
mod licences;
mod modules;
mod names;
mod prose;
mod recipes;
mod sources;
mod spdx;
mod text;
mod tidy;
mod tokens;

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use self::sources::Sources;
use self::text::TextFile;
use crate::functions;
use crate::metadata::Metadata;
use crate::mutants;
use crate::program::{cargo, run as run_program, works};
use crate::steps::Steps;

/// The crates with files that are generated from code: their tests compare, or write when told to.
pub(crate) const GENERATORS: [&str; 2] = ["standfast-blueprint", "standfast-failover"];

/// The command of its own.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::of("check");
    take(&mut steps);
    steps.take("generated files are current", || {
        run_program(
            cargo(["test", "--locked", "--quiet"])
                .args(GENERATORS.iter().flat_map(|name| ["--package", name]))
                .env("INSTA_UPDATE", "no"),
        )
    });
    steps.finish()
}

/// The steps, as part of another command too; all tests run after them there.
pub(crate) fn take(steps: &mut Steps) {
    steps.take("format (rustfmt)", || {
        run_program(&mut cargo(["fmt", "--all", "--check"]))
    });
    let mut files = Vec::new();
    let read = steps.take("every file can be read", || {
        files = text::files(Path::new("."))?;
        Ok(())
    });
    if read {
        rules_for_text(steps, &files);
    }
    rules_for_commits(steps);
    rules_for_dependencies(steps);
    steps.take("lints (clippy)", || {
        run_program(&mut cargo([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "--deny=warnings",
        ]))
    });
    functions::check(steps);
    steps.take("documentation (rustdoc)", || {
        run_program(
            cargo(["doc", "--locked", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "--deny=warnings"),
        )
    });
}

/// What is asked of what is written.
fn rules_for_text(steps: &mut Steps, files: &[TextFile]) {
    let sources = Sources::of(files);
    steps.take("tidy: the house rules for text", || {
        verdict(&tidy::breaches(files))
    });
    steps.take("no circles of imports", || {
        verdict(&circles::breaches(&sources))
    });
    steps.take("one word, one thing: names of types", || {
        verdict(&names::breaches(files, &sources))
    });
    steps.take("prose, lines and names of modules", || {
        verdict(&prose::breaches(files, &sources))
    });
    steps.take("recipes lead to files that there are", || {
        verdict(&recipes::breaches(files))
    });
    steps.take("mutants fit the sources", || verdict(&mutants::outdated()?));
}

/// What is asked of the history.
fn rules_for_commits(steps: &mut Steps) {
    let mut looked_at = true;
    steps.take("subjects of commits", || {
        let breaches = commits::breaches()?;
        looked_at = breaches.is_some();
        verdict(&breaches.unwrap_or_default())
    });
    if !looked_at {
        steps.skip(
            "subjects of commits",
            "there is no git history back to the commit that the rule begins with",
        );
    }
}

/// What is asked of the dependency graph.
fn rules_for_dependencies(steps: &mut Steps) {
    let mut metadata = None;
    let read = steps.take("Cargo.lock fits the manifests", || {
        metadata = Some(Metadata::read()?);
        Ok(())
    });
    if let Some(metadata) = metadata.filter(|_| read) {
        steps.take("dependency direction", || {
            verdict(&direction::breaches(&metadata)?)
        });
        steps.take("every dependency is used", || {
            let functions = Metadata::read_of("functions")?;
            verdict(&dependencies::breaches(&metadata, &functions)?)
        });
        steps.take("licences, bans and sources (deny.toml)", || {
            let mut breaches = licences::breaches(&metadata)?;
            breaches.extend(licences::breaches(&Metadata::read_of("functions")?)?);
            verdict(&breaches)
        });
    }
    if works("cargo", &["deny", "--version"]) {
        steps.take("advisories (cargo-deny)", || {
            run_program(&mut cargo(["deny", "--locked", "check"]))
        });
    } else {
        steps.skip(
            "advisories",
            "cargo-deny is not installed (`cargo install --locked cargo-deny`)",
        );
    }
}

/// Fails when there are breaches, with all of them.
fn verdict(breaches: &[String]) -> anyhow::Result<()> {
    match breaches.len() {
        0 => Ok(()),
        1 => bail!("{}", breaches.concat()),
        count => bail!("{count} breaches:\n    {}", breaches.join("\n    ")),
    }
}
