//! One word, one thing: no two crates define a type of the same name.
//!
//! Where a word must have two meanings, `docs/glossary.md` lists both, a row for each crate, in a table
//! under "Words with two meanings":
//!
//! ```text
//! | name | crate | meaning |
//! |---|---|---|
//! | `Position` | `standfast-record` | … |
//! | `Position` | `standfast-blueprint` | … |
//! ```
//!
//! Structs, enums, unions, traits and aliases count when their whole crate may name them (`pub`,
//! `pub(crate)`); what is private, or shown to the module above alone, has its name there. Types of tests do
//! not count. Of those that macros make, the ones are seen whose name stands where the macro is called.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::Modules;
use super::sources::Sources;
use super::text::TextFile;

/// Where words are explained.
const GLOSSARY: &str = "docs/glossary.md";

/// The section with the table.
const SECTION: &str = "## Words with two meanings";

/// Names with one meaning that every crate has for itself, and others say whose: what failed in a crate
/// (`dns::Error`), and what it is told when it starts (`guard::Settings`).
const OF_EVERY_CRATE: [&str; 2] = ["Error", "Settings"];

/// By name, the crates that define it and one place in each.
type Definitions<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

/// All breaches.
pub(crate) fn breaches(files: &[TextFile], sources: &Sources) -> Vec<String> {
    let glossary = files.iter().find(|file| file.path == GLOSSARY);
    let listed = listed(glossary.map_or("", |file| &file.text));
    compare(&definitions(sources), &listed)
}

fn definitions<'a>(sources: &Sources<'a>) -> Definitions<'a> {
    let mut definitions = Definitions::new();
    for package in sources
        .crates()
        .filter(|each| each.folder.starts_with("crates/"))
    {
        for tree in Modules::of_package(package, sources) {
            for module in tree.iter() {
                for each in &module.types {
                    let place = format!("{}:{}", module.file, each.line);
                    let crates = definitions.entry(each.name).or_default();
                    crates.entry(package.name()).or_insert(place);
                }
            }
        }
    }
    definitions
}

/// The meanings that the glossary lists: name and crate.
fn listed(glossary: &str) -> BTreeSet<(&str, &str)> {
    glossary
        .lines()
        .skip_while(|line| *line != SECTION)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let mut code = || cells.next()?.strip_prefix('`')?.strip_suffix('`');
            Some((code()?, code()?))
        })
        .collect()
}

fn compare(definitions: &Definitions, listed: &BTreeSet<(&str, &str)>) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, crates) in definitions {
        let explained = crates.keys().all(|each| listed.contains(&(*name, *each)));
        if crates.len() < 2 || OF_EVERY_CRATE.contains(name) || explained {
            continue;
        }
        let places: Vec<&str> = crates.values().map(String::as_str).collect();
        let section = SECTION.trim_start_matches("## ");
        breaches.push(format!(
            "`{name}` is defined by {}; rename, or list each in {GLOSSARY} under \"{section}\"",
            places.join(", ")
        ));
    }
    for (name, of) in listed {
        let defined = definitions
            .get(name)
            .is_some_and(|crates| crates.contains_key(of));
        if !defined {
            breaches.push(format!(
                "{GLOSSARY} lists `{name}` of {of}, which does not define it"
            ));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSED: &str = "## Words with two meanings\n\nText.\n\n| name | crate | meaning |\n|---|---|---|\n\
                           | `Plan` | `a` | of a |\n| `Plan` | `b` | of b |\n\n## Other\n| `X` | `a` | no |\n";

    fn check(of: &[(&str, &str)], glossary: &str, expected: &[&str]) {
        let files: Vec<TextFile> = of
            .iter()
            .flat_map(|(name, text)| {
                [
                    (format!("crates/{name}/Cargo.toml"), "[package]"),
                    (format!("crates/{name}/src/lib.rs"), *text),
                ]
            })
            .map(|(path, text)| TextFile {
                path,
                text: text.to_owned(),
            })
            .collect();
        let breaches = compare(&definitions(&Sources::of(&files)), &listed(glossary));
        assert_eq!(breaches.len(), expected.len(), "{breaches:?}");
        for (breach, part) in breaches.iter().zip(expected) {
            assert!(breach.contains(part), "{breach}");
        }
    }

    #[test]
    fn one_name_in_two_crates_is_told() {
        let two = [
            ("a", "pub struct Plan;"),
            ("b", "\npub(crate) enum Plan {}"),
        ];
        let place = "`Plan` is defined by crates/a/src/lib.rs:1, crates/b/src/lib.rs:2";
        check(&two, "", &[place]);
        check(&[two[0], ("b", "struct Plan;")], "", &[]);
        check(&[two[0], ("b", "pub(super) struct Plan;")], "", &[]);
        check(
            &[two[0], ("b", "#[cfg(test)] mod t { pub struct Plan; }")],
            "",
            &[],
        );
        check(
            &[two[0], ("b", "mod t { pub type Plan = u8; }")],
            "",
            &["`Plan`"],
        );
        check(&[("a", "mod x { pub struct P; } pub struct P;")], "", &[]);
        check(
            &[("a", "pub enum Error {}"), ("b", "pub enum Error {}")],
            "",
            &[],
        );
    }

    #[test]
    fn both_meanings_must_be_listed_and_there() {
        let plan = "pub struct Plan;";
        check(&[("a", plan), ("b", plan)], GLOSSED, &[]);
        check(
            &[("a", plan), ("b", plan), ("c", plan)],
            GLOSSED,
            &["crates/c/"],
        );
        check(&[("a", plan)], GLOSSED, &["lists `Plan` of b"]);
    }
}
