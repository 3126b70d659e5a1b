//! Reads a blueprint file and shows what is wrong with it.

use std::cell::RefCell;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use standfast_blueprint::{Blueprint, Diagnostic, Severity, locate};
use standfast_terraform::Refusal;

use crate::exit::{CommandError, ExitStatus};
use crate::print::{self, Format};

/// Reads and validates; problems go to standard error, errors end the command.
pub(crate) fn load(path: &Path, format: Format) -> Result<Blueprint, CommandError> {
    load_noting(path, format).map(|(blueprint, _)| blueprint)
}

/// As [`load`]; also returns the environment variables the blueprint asked for.
pub(crate) fn load_noting(
    path: &Path,
    format: Format,
) -> Result<(Blueprint, Vec<String>), CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let failure = CommandError::new(
            ExitStatus::Usage,
            anyhow::Error::new(error).context(format!("cannot read {}", path.display())),
        );
        failure.hint("name a blueprint, for example `standfast up examples/quickstart.yaml`")
    })?;
    let asked = RefCell::new(Vec::new());
    let (blueprint, problems) = standfast_blueprint::parse(&text, &|name| {
        asked.borrow_mut().push(name.to_owned());
        std::env::var(name).ok()
    });
    match format {
        Format::Human => {
            for problem in &problems {
                print::say(&render(&text, path, problem));
            }
        }
        Format::Json if blueprint.is_none() => {
            print::json(&serde_json::json!({ "version": 1, "problems": problems }))?;
        }
        Format::Json => {}
    }
    let loaded = blueprint.map(|blueprint| (blueprint, asked.into_inner()));
    loaded.ok_or_else(|| {
        let errors = problems
            .iter()
            .filter(|each| each.severity == Severity::Error)
            .count();
        let text = format!(
            "{} has {errors} error{}",
            path.display(),
            if errors == 1 { "" } else { "s" }
        );
        CommandError::new(ExitStatus::No, anyhow::Error::msg(text))
    })
}

/// How many refusals are shown.
const SHOWN_MAX: usize = 100;

/// Shows what AWS cannot be made of, each at its place in the file; yields the failure to end with.
pub(crate) fn refused(
    path: &Path,
    refusals: &[Refusal],
    format: Format,
) -> Result<CommandError, CommandError> {
    let text = std::fs::read_to_string(path)?;
    let place = |refusal: &Refusal| {
        let keys: Vec<&str> = refusal.path.iter().map(String::as_str).collect();
        locate(&text, &keys).unwrap_or_default()
    };
    match format {
        Format::Human => {
            // Each place is looked for in the whole text, and a person reads no more than these.
            for refusal in refusals.iter().take(SHOWN_MAX) {
                print::say(&render_refusal(
                    &text,
                    path,
                    refusal,
                    place(refusal).bytes(),
                ));
            }
            if refusals.len() > SHOWN_MAX {
                print::say(&format!("and {} more", refusals.len() - SHOWN_MAX));
            }
        }
        Format::Json => {
            let problems: Vec<serde_json::Value> = refusals
                .iter()
                .take(SHOWN_MAX)
                .map(|refusal| {
                    serde_json::json!({
                        "code": refusal.code.as_str(),
                        "severity": "error",
                        "message": refusal.message,
                        "path": refusal.path,
                        "primary": place(refusal),
                        "notes": refusal.note,
                        "helps": [refusal.help],
                    })
                })
                .collect();
            print::json(&serde_json::json!({ "version": 1, "problems": problems }))?;
        }
    }
    let count = refusals.len();
    let text = format!(
        "{} cannot be synthesized: {count} problem{}",
        path.display(),
        if count == 1 { "" } else { "s" }
    );
    Ok(CommandError::new(ExitStatus::No, anyhow::Error::msg(text)))
}

fn render_refusal(
    text: &str,
    path: &Path,
    refusal: &Refusal,
    place: std::ops::Range<usize>,
) -> String {
    let origin = path.display().to_string();
    let annotation = AnnotationKind::Primary.span(place);
    let snippet = Snippet::source(text)
        .path(origin.as_str())
        .annotation(annotation);
    let mut group: Group<'_> = Level::ERROR
        .primary_title(refusal.message.as_str())
        .id(refusal.code.as_str())
        .element(snippet);
    if let Some(note) = &refusal.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    group = group.element(Level::HELP.message(refusal.help.as_str()));
    Renderer::plain().render(&[group])
}

fn render(text: &str, path: &Path, problem: &Diagnostic) -> String {
    let origin = path.display().to_string();
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let code = problem.code.to_string();
    let mut snippet = Snippet::source(text).path(origin.as_str()).annotation(
        AnnotationKind::Primary
            .span(problem.primary.span.start..problem.primary.span.end)
            .label(problem.primary.text.as_str()),
    );
    for label in &problem.labels {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(label.span.start..label.span.end)
                .label(label.text.as_str()),
        );
    }
    let mut group: Group<'_> = level
        .primary_title(problem.message.as_str())
        .id(code.as_str())
        .element(snippet);
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &problem.helps {
        group = group.element(Level::HELP.message(help.text.as_str()));
    }
    Renderer::plain().render(&[group])
}
