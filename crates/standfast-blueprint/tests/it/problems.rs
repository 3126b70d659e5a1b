//! What people are told about a blueprint that is wrong.
//!
//! Each file in `problems/` is a blueprint; beside it stands what the command line prints about it.
//! Regenerate with `INSTA_UPDATE=always`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use standfast_blueprint::{Code, parse};

use crate::render::{environment, problems_of};

fn cases() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/problems");
    let mut cases: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn problems_are_told_with_place_reason_and_way_out() {
    insta::with_settings!({
        snapshot_path => "problems",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for (name, text) in cases() {
            insta::assert_snapshot!(name, problems_of(&text));
        }
    });
}

#[test]
fn every_code_has_a_case() {
    let raised: BTreeSet<Code> = cases()
        .iter()
        .flat_map(|(_, text)| parse(text, &environment).1)
        .map(|problem| problem.code)
        .collect();
    let missing: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !raised.contains(code))
        .collect();
    assert!(missing.is_empty(), "no case raises {missing:?}");
}

#[test]
fn every_offered_edit_that_stands_alone_removes_its_problem() {
    for (name, text) in cases() {
        let (_, problems) = parse(&text, &environment);
        for problem in &problems {
            for edit in problem
                .helps
                .iter()
                .filter_map(|help| help.replacement.as_ref())
            {
                let mut edited = text.clone();
                edited.replace_range(edit.span.bytes(), &edit.text);
                let (_, after) = parse(&edited, &environment);
                assert!(
                    !after.iter().any(|other| other.message == problem.message),
                    "{name}: the edit {edit:?} leaves {}",
                    problem.message
                );
            }
        }
    }
}

#[test]
fn problems_are_json_with_stable_keys() {
    let (_, problems) = parse("standfast: 1\nregoins: {}\n", &environment);
    insta::assert_snapshot!(
        "problems-as-json",
        serde_json::to_string_pretty(&problems).unwrap()
    );
}
