//! Every file in `examples/` is a blueprint.

use std::fs;
use std::path::PathBuf;

use standfast_blueprint::parse;

/// The examples by name, with their text.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut examples: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    examples.sort();
    assert!(!examples.is_empty());
    examples
}

#[test]
fn every_example_is_accepted_in_an_empty_environment() {
    for (name, text) in examples() {
        let (blueprint, problems) = parse(&text, &|_| None);
        assert!(blueprint.is_some(), "{name}: {problems:#?}");
    }
}

#[test]
fn the_quickstart_has_no_problem_at_all() {
    let examples = examples();
    let (_, text) = examples
        .iter()
        .find(|(name, _)| name == "quickstart.yaml")
        .unwrap();
    let (_, problems) = parse(text, &|_| None);
    assert_eq!(problems, []);
}
