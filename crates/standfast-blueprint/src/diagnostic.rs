//! Problems of a blueprint as plain data: what is wrong, where, and how to put it right.
//!
//! Nothing here prints. The command line renders a [`Diagnostic`] with the source beside it, or as
//! JSON; both see the same data.

use std::fmt;

use serde::Serialize;

use crate::code::Code;
use crate::source::Span;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The blueprint can be used, and a person should look.
    Warning,
    /// The blueprint is refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The place.
    #[serde(flatten)]
    pub span: Span,
    /// What is to be said; may be empty.
    pub text: String,
}

/// An edit of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// What is replaced; an empty stretch for an insertion.
    #[serde(flatten)]
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Help {
    /// What to do.
    pub text: String,
    /// The edit that does it, where one edit does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
}

/// One problem of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The place to look at first.
    pub primary: Label,
    /// Other places that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// The arithmetic or the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Ways out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub helps: Vec<Help>,
}

impl Diagnostic {
    /// A problem for which the blueprint is refused.
    pub(crate) fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label {
                span,
                text: String::new(),
            },
            labels: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// A problem that a person should look at.
    pub(crate) fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// Says something about the primary place.
    pub(crate) fn here(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that matters.
    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds the arithmetic or the reason.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a way out that takes a person's judgement.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help {
            text: text.into(),
            replacement: None,
        });
        self
    }

    /// Adds a way out that is one edit.
    pub(crate) fn fix(
        mut self,
        text: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        self.helps.push(Help {
            text: text.into(),
            replacement: Some(Replacement {
                span,
                text: replacement.into(),
            }),
        });
        self
    }
}
