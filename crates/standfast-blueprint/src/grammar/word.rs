//! Types that are written as one word: a duration, a name, a path.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::definition::{Definitions, scalar_schema};
use crate::grammar::reader::{FromNode, Reader, text_of};
use crate::source::Span;
use crate::tree::{Look, Node, NodeKind};

/// A type written as one word: how to read the word and what it looks like.
pub(crate) trait Word: Sized {
    /// Its name in the schema.
    const NAME: &'static str;
    /// What it is, with its article, as in `a duration`.
    const WHAT: &'static str;
    /// Every text of the type matches, and every match is read unless it is [`Code::Impossible`].
    const PATTERN: &'static str;
    /// Longest text in characters, where there is a limit.
    const LENGTH_MAX: Option<usize> = None;
    /// Some texts of the type.
    const EXAMPLES: &'static [&'static str];

    /// Reads the word.
    fn parse(text: &str) -> Result<Self, WordProblem>;
}

/// What is wrong with a word.
pub(crate) struct WordProblem {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// A way out, and the word to write instead where there is one.
    pub(crate) help: Option<(String, Option<String>)>,
}

impl WordProblem {
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self {
            code: Code::Malformed,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn impossible(message: impl Into<String>) -> Self {
        Self {
            code: Code::Impossible,
            ..Self::malformed(message)
        }
    }
}

impl Reader {
    /// Reads the word of a scalar.
    pub(crate) fn word<T: Word>(&mut self, text: &str, span: Span) -> Option<T> {
        match T::parse(text) {
            Ok(value) => Some(value),
            Err(problem) => {
                let mut diagnostic = Diagnostic::error(problem.code, span, problem.message)
                    .here(format!("{} takes {}", self.place(), T::WHAT));
                if let Some((help, replacement)) = problem.help {
                    diagnostic = match replacement {
                        Some(replacement) => diagnostic.fix(help, span, replacement),
                        None => diagnostic.help(help),
                    };
                }
                self.report(diagnostic);
                None
            }
        }
    }
}

/// The word to write instead of a number or a flag.
fn meant<T: Word>(node: &Node) -> Option<(String, String)> {
    let NodeKind::Scalar(scalar) = &node.kind else {
        return None;
    };
    if scalar.look() == Look::Nothing {
        return None;
    }
    match T::parse(&scalar.text) {
        Ok(_) => Some((
            "put quotes around it".to_owned(),
            format!("\"{}\"", scalar.text),
        )),
        Err(problem) => {
            let (text, replacement) = problem.help?;
            Some((text, replacement?))
        }
    }
}

impl<T: Word> FromNode for T {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Some(text) = text_of(node) {
            return reader.word(text, node.span);
        }
        let problem = reader.mismatch(node, T::WHAT)?;
        reader.report(match meant::<T>(node) {
            Some((text, replacement)) => problem.fix(text, node.span, replacement),
            None => problem,
        });
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut schema = json!({ "type": "string", "pattern": T::PATTERN });
        if !T::EXAMPLES.is_empty() {
            schema["examples"] = json!(T::EXAMPLES);
        }
        if let Some(length) = T::LENGTH_MAX {
            schema["maxLength"] = Value::from(length);
        }
        let mut definition = scalar_schema(&schema, definitions);
        definition["description"] = json!(T::WHAT);
        definitions.insert(T::NAME.to_owned(), definition);
        json!({ "$ref": format!("#/$defs/{}", T::NAME) })
    }
}

impl Word for String {
    const NAME: &'static str = "text";
    const WHAT: &'static str = "a text";
    const PATTERN: &'static str = r"[\s\S]";
    const EXAMPLES: &'static [&'static str] = &[];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        if text.is_empty() {
            return Err(WordProblem::malformed("an empty text says nothing here"));
        }
        Ok(text.to_owned())
    }
}

impl Word for PathBuf {
    const NAME: &'static str = "absolutePath";
    const WHAT: &'static str = "an absolute path";
    const PATTERN: &'static str = "^/";
    const EXAMPLES: &'static [&'static str] = &["/usr/lib/postgresql/15/bin"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        if text.starts_with('/') {
            return Ok(Self::from(text));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not an absolute path; the working directory of a daemon is not yours"
        )))
    }
}
