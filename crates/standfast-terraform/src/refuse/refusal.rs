//! What Terraform for AWS cannot be made of, although it is a valid blueprint.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The stable code of a refusal; `docs/errors/<CODE>.md` explains it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RefusalCode {
            $($(#[$doc])* $name,)*
        }

        impl RefusalCode {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its text, as in `AWS-001`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// A region that AWS does not have, or two that are the same.
    Region = "AWS-001";
    /// A value that AWS does not take.
    Limit = "AWS-002";
    /// A key that AWS needs is not there.
    Missing = "AWS-003";
    /// Credentials that a managed database cannot be given.
    Credentials = "AWS-004";
    /// A name served over TLS without a certificate.
    Certificate = "AWS-005";
    /// A public checker for something that no public checker reaches.
    Unreachable = "AWS-006";
    /// A promise about commits that no managed database of this engine keeps.
    Durability = "AWS-007";
    /// A shape that is not synthesized.
    Shape = "AWS-008";
    /// Two things that would have the same name.
    Clash = "AWS-009";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a blueprint cannot be synthesized, and where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its stable code.
    pub code: RefusalCode,
    /// The keys that lead to the value in the blueprint.
    pub path: Vec<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The reason or the limit.
    pub note: Option<String>,
    /// The way out.
    pub help: String,
}

impl Refusal {
    pub(crate) fn new(
        code: RefusalCode,
        path: &[&str],
        message: String,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            path: path.iter().map(|&key| key.to_owned()).collect(),
            message,
            note: None,
            help: help.into(),
        }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}
