//! Diagnostics the way the command line shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use standfast_blueprint::{Diagnostic, Severity, parse};

/// The environment of every test in this binary.
pub(crate) fn environment(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("8080".to_owned()),
        "WORD" => Some("word".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Every problem of a text, rendered one below the other.
pub(crate) fn problems_of(source: &str) -> String {
    let (blueprint, problems) = parse(source, &environment);
    let refused = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    assert_eq!(
        blueprint.is_none(),
        refused,
        "a blueprint is there exactly when nothing is an error: {problems:#?}"
    );
    let rendered: Vec<String> = problems
        .iter()
        .map(|problem| render(problem, source))
        .collect();
    rendered.join("\n\n")
}

fn render(problem: &Diagnostic, source: &str) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = AnnotationKind::Primary.span(problem.primary.span.bytes());
    let mut snippet = Snippet::source(source).path("standfast.yaml").annotation(
        match problem.primary.text.as_str() {
            "" => primary,
            text => primary.label(text),
        },
    );
    for label in &problem.labels {
        let context = AnnotationKind::Context.span(label.span.bytes());
        snippet = snippet.annotation(context.label(&label.text));
    }
    let notes = problem.notes.iter().map(|note| Level::NOTE.message(note));
    let title = level
        .primary_title(&problem.message)
        .id(problem.code.as_str());
    let mut report = vec![title.element(snippet).elements(notes)];
    for help in &problem.helps {
        report.push(match &help.replacement {
            None => Group::with_title(Level::HELP.secondary_title(&help.text)),
            Some(edit) => Level::HELP.secondary_title(&help.text).element(
                Snippet::source(source)
                    .path("standfast.yaml")
                    .patch(Patch::new(edit.span.bytes(), &edit.text)),
            ),
        });
    }
    Renderer::plain().render(&report)
}
