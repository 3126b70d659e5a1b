//! Data on standard output, talk on standard error. A reader that went away ends the talk, nothing else.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::exit::CommandError;

/// For whom data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs: one JSON document, versioned.
    Json,
}

/// Prints data.
pub(crate) fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is the reader's choice.
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Prints data as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), CommandError> {
    data(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Talks, where a program that reads the data does not see it.
pub(crate) fn say(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Whether a person watches standard output.
pub(crate) fn watched() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints what failed, the chain of causes, and what helps.
pub(crate) fn failure(failure: &CommandError, format: Format) {
    match format {
        Format::Human => {
            say(&format!("error: {}", failure.error));
            for cause in failure.error.chain().skip(1) {
                say(&format!("  caused by: {cause}"));
            }
            for hint in &failure.hints {
                say(&format!("hint: {hint}"));
            }
        }
        Format::Json => {
            let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
            let value = serde_json::json!({
                "version": 1,
                "error": { "causes": causes, "hints": failure.hints, "exit": failure.exit as u8 },
            });
            data(&value.to_string());
        }
    }
}
