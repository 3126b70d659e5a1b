//! No text breaks the parser, and every place it names lies in the text.

use std::fmt::Write as _;

use proptest::prelude::*;
use standfast_blueprint::{Diagnostic, Span, parse};

const FULL: &str = include_str!("full.yaml");

fn places(problem: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = problem.labels.iter().map(|label| label.span);
    let edits = problem
        .helps
        .iter()
        .filter_map(|help| help.replacement.as_ref());
    std::iter::once(problem.primary.span)
        .chain(labels)
        .chain(edits.map(|edit| edit.span))
}

fn check(text: &str) {
    let (_, problems) = parse(text, &|_| None);
    for problem in &problems {
        for place in places(problem) {
            assert!(text.get(place.bytes()).is_some(), "{problem:?}");
            assert!(place.line >= 1 && place.column >= 1, "{problem:?}");
        }
    }
    // What the command line will do with them.
    let _ = crate::render::problems_of(text);
    let _ = serde_json::to_string(&problems).unwrap();
}

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_text_of_yaml_signs_is_survived(text in "[-a:{}\\[\\]$ \n\t&*!|>'\"#,?%~0.]{0,60}") {
        check(&text);
    }

    #[test]
    fn a_blueprint_with_a_stretch_replaced_is_survived(
        start in 0..FULL.len(),
        length in 0usize..40,
        text in "[-a:{}\\[\\]$ \n\té&*!|>'\"#,?~0.]{0,12}",
    ) {
        let end = (start + length).min(FULL.len());
        check(&format!("{}{text}{}", &FULL[..start], &FULL[end..]));
    }
}

#[test]
fn aliases_of_aliases_do_not_fill_the_memory() {
    let mut text = "tags:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "  a{level}: &a{level} [{below}]").unwrap();
    }
    let (_, problems) = parse(&text, &|_| None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code.as_str(), "BP-003");
}

#[test]
fn deep_nesting_is_refused_before_it_fills_the_stack() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        let (blueprint, problems) = parse(&text, &|_| None);
        assert!(blueprint.is_none() && !problems.is_empty());
    }
}
