//! Macros that declare the mappings and the fixed words of the file.
//!
//! One declaration yields the type, its reader and its JSON Schema; the comment of a key is the text
//! an editor shows for it.

/// A mapping with fixed keys. Each key is `required`, `optional`, or has a `default`; an `implied`
/// default is filled in later, by code that must know whether the key was there.
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $key_doc:literal])*
                $mode:ident $key:ident: $type:ty $(= $default:expr)?,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq)]
        $visibility struct $name {
            $(
                $(#[doc = $key_doc])*
                $visibility $key: crate::grammar::key_type!($mode $type),
            )*
        }

        impl crate::read::Read for $name {
            fn read(
                node: &crate::tree::Node,
                reader: &mut crate::read::Reader,
            ) -> Option<Self> {
                let known = &[$(stringify!($key)),*];
                let fields = crate::read::Fields::of(node, known, reader)?;
                // Every key is read before the first problem ends it.
                $(
                    let $key = crate::grammar::key_value!(
                        $mode fields, reader, stringify!($key) $(, $default)?
                    );
                )*
                Some(Self { $($key: $key?,)* })
            }

            fn schema(definitions: &mut crate::read::Definitions) -> serde_json::Value {
                let mut record = crate::schema::Record::new(concat!($($doc, "\n",)*));
                $(
                    let schema = <$type as crate::read::Read>::schema(definitions);
                    record.key(
                        stringify!($key),
                        concat!($($key_doc, "\n",)*),
                        schema,
                        crate::grammar::key_need!($mode $type $(, $default)?),
                    );
                )*
                record.define(stringify!($name), definitions)
            }
        }
    };
}

macro_rules! key_type {
    (optional $type:ty) => { Option<$type> };
    (implied $type:ty) => { Option<$type> };
    ($mode:ident $type:ty) => { $type };
}

macro_rules! key_value {
    (required $fields:ident, $reader:ident, $key:expr) => {
        $fields.required($key, $reader)
    };
    (optional $fields:ident, $reader:ident, $key:expr) => {
        match $fields.optional($key, $reader) {
            crate::read::Given::Absent => Some(None),
            crate::read::Given::Broken => None,
            crate::read::Given::Value(value) => Some(Some(value)),
        }
    };
    (implied $fields:ident, $reader:ident, $key:expr, $default:expr) => {
        crate::grammar::key_value!(optional $fields, $reader, $key)
    };
    (default $fields:ident, $reader:ident, $key:expr, $default:expr) => {
        match $fields.optional($key, $reader) {
            crate::read::Given::Absent => Some($default),
            crate::read::Given::Broken => None,
            crate::read::Given::Value(value) => Some(value),
        }
    };
}

macro_rules! key_need {
    (required $type:ty) => {
        crate::schema::Need::Required
    };
    (optional $type:ty) => {
        crate::schema::Need::Optional
    };
    (implied $type:ty, $default:expr) => {
        crate::schema::Need::Default(crate::schema::Write::write(&$default))
    };
    (default $type:ty, $default:expr) => {
        crate::schema::Need::Default(<$type as crate::schema::Write>::write(&$default))
    };
}

/// A word from a fixed list. `not` names words that other systems use for the same, for suggestions.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis enum $name:ident($what:literal) {
            $(
                $(#[doc = $word_doc:literal])*
                $variant:ident = $word:literal $(not $other:literal)*,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        $visibility enum $name {
            $(
                $(#[doc = $word_doc])*
                #[serde(rename = $word)]
                $variant,
            )*
        }

        impl $name {
            /// The word in the file.
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl crate::read::Read for $name {
            fn read(
                node: &crate::tree::Node,
                reader: &mut crate::read::Reader,
            ) -> Option<Self> {
                let words = &[$($word),*];
                let others: &[(&str, &str)] = &[$($(($other, $word),)*)*];
                match crate::grammar::chosen(node, $what, words, others, reader)? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn schema(definitions: &mut crate::read::Definitions) -> serde_json::Value {
                let words = &[$(($word, concat!($($word_doc, "\n",)*)),)*];
                crate::schema::words(words, definitions)
            }
        }

        impl crate::schema::Write for $name {
            fn write(&self) -> serde_json::Value {
                serde_json::Value::from(self.as_str())
            }
        }
    };
}

pub(crate) use {choice, key_need, key_type, key_value, record};

use crate::read::{Reader, listed, nearest, text_of};
use crate::tree::Node;
use crate::{Code, Diagnostic};

/// Which of the words stands there; `None` after reporting that it is none of them.
pub(crate) fn chosen(
    node: &Node,
    what: &str,
    words: &[&'static str],
    others: &[(&str, &'static str)],
    reader: &mut Reader,
) -> Option<&'static str> {
    let Some(text) = text_of(node) else {
        reader.wrong_kind(node, what);
        return None;
    };
    if let Some(word) = words.iter().find(|word| **word == text) {
        return Some(word);
    }
    let problem = Diagnostic::error(
        Code::UnknownChoice,
        node.span,
        format!("`{text}` is not {what}"),
    )
    .here(format!("{} is one of {}", reader.place(), listed(words)));
    let same = others.iter().find(|(other, _)| *other == text);
    let problem = match same.map(|(_, word)| *word).or_else(|| nearest(text, words)) {
        Some(word) => problem.fix(format!("did you mean `{word}`?"), node.span, word),
        None => problem,
    };
    reader.report(problem);
    None
}
