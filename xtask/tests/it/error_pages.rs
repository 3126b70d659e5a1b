//! Every code that an operator may see has a page, every page a code, and what pages show is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use standfast_blueprint::{Code, Severity, parse};
use standfast_terraform::{Options, synthesize};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

fn page(code: &str) -> String {
    fs::read_to_string(folder().join(format!("{code}.md"))).unwrap()
}

/// The codes of problems of a blueprint, and of what AWS cannot be made of.
fn codes() -> impl Iterator<Item = &'static str> {
    let blueprint = Code::ALL.iter().map(|code| code.as_str());
    let aws = standfast_terraform::Code::ALL.iter();
    blueprint.chain(aws.map(|code| code.as_str()))
}

/// The first block of code in this language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn codes_and_pages_are_paired() {
    let codes: BTreeSet<String> = codes().map(|code| format!("{code}.md")).collect();
    let pages: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(codes, pages);
}

#[test]
fn every_page_says_what_it_means_shows_an_example_and_what_to_do() {
    for code in codes() {
        let page = page(code);
        assert!(page.starts_with(&format!("# {code}: ")), "{code}.md: title");
        for heading in ["\n## Example\n", "\n## What to do\n"] {
            assert!(page.contains(heading), "{code}.md lacks{heading}");
        }
    }
}

/// What the command line says of a blueprint: its own problems, or else what synthesis refuses.
fn told(text: &str) -> Vec<String> {
    let (blueprint, problems) = parse(text, &|_| None);
    let mut told: Vec<String> = problems
        .iter()
        .map(|each| format!("{}[{}]: {}", each.severity, each.code, each.message))
        .collect();
    let refused = blueprint.map(|blueprint| synthesize(&blueprint, &Options::default()));
    if let Some(Err(refusals)) = refused {
        told.extend(
            refusals
                .iter()
                .map(|each| format!("{}[{}]: {}", Severity::Error, each.code, each.message)),
        );
    }
    told
}

#[test]
fn every_example_raises_the_message_below_it_and_nothing_else() {
    for code in codes() {
        let page = page(code);
        let told = if code.starts_with("BP-") {
            let (_, problems) = parse(block(&page, "yaml"), &|_| None);
            problems
                .iter()
                .map(|each| format!("{}[{}]: {}", each.severity, each.code, each.message))
                .collect()
        } else {
            told(block(&page, "yaml"))
        };
        assert_eq!(
            told.join("\n"),
            block(&page, "text").trim_end(),
            "{code}.md"
        );
    }
}
