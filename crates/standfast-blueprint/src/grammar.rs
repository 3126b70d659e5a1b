//! How the types of the file are declared, read and described.
//!
//! One declaration yields the type, its reader and its JSON Schema; the comment of a key is the text
//! an editor shows for it.

pub(crate) mod collection;
pub(crate) mod definition;
pub(crate) mod keys;
pub(crate) mod reader;
pub(crate) mod suggestion;
pub(crate) mod word;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::{Reader, text_of};
use crate::grammar::suggestion::{listed, nearest};
use crate::tree::Node;

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

        impl crate::grammar::reader::FromNode for $name {
            fn read(
                node: &crate::tree::Node,
                reader: &mut crate::grammar::reader::Reader,
            ) -> Option<Self> {
                let known = &[$(stringify!($key)),*];
                let fields = crate::grammar::keys::FixedKeys::of(node, known, reader)?;
                // Every key is read before the first problem ends it.
                $(
                    let $key = crate::grammar::key_value!(
                        $mode fields, reader, stringify!($key) $(, $default)?
                    );
                )*
                Some(Self { $($key: $key?,)* })
            }

            fn schema(definitions: &mut crate::grammar::definition::Definitions) -> serde_json::Value {
                let mut record = crate::grammar::definition::RecordDefinition::new(concat!($($doc, "\n",)*));
                $(
                    let schema = <$type as crate::grammar::reader::FromNode>::schema(definitions);
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
            crate::grammar::keys::Given::Absent => Some(None),
            crate::grammar::keys::Given::Broken => None,
            crate::grammar::keys::Given::Value(value) => Some(Some(value)),
        }
    };
    (implied $fields:ident, $reader:ident, $key:expr, $default:expr) => {
        crate::grammar::key_value!(optional $fields, $reader, $key)
    };
    (default $fields:ident, $reader:ident, $key:expr, $default:expr) => {
        match $fields.optional($key, $reader) {
            crate::grammar::keys::Given::Absent => Some($default),
            crate::grammar::keys::Given::Broken => None,
            crate::grammar::keys::Given::Value(value) => Some(value),
        }
    };
}

macro_rules! key_need {
    (required $type:ty) => {
        crate::grammar::definition::Need::Required
    };
    (optional $type:ty) => {
        crate::grammar::definition::Need::Optional
    };
    (implied $type:ty, $default:expr) => {
        crate::grammar::definition::Need::Default(crate::grammar::definition::WriteDefault::write(
            &$default,
        ))
    };
    (default $type:ty, $default:expr) => {
        crate::grammar::definition::Need::Default(
            <$type as crate::grammar::definition::WriteDefault>::write(&$default),
        )
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

        impl crate::grammar::reader::FromNode for $name {
            fn read(
                node: &crate::tree::Node,
                reader: &mut crate::grammar::reader::Reader,
            ) -> Option<Self> {
                let words = &[$($word),*];
                let others: &[(&str, &str)] = &[$($(($other, $word),)*)*];
                match crate::grammar::chosen(node, $what, words, others, reader)? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn schema(definitions: &mut crate::grammar::definition::Definitions) -> serde_json::Value {
                let words = &[$(($word, concat!($($word_doc, "\n",)*)),)*];
                crate::grammar::definition::choices(words, definitions)
            }
        }

        impl crate::grammar::definition::WriteDefault for $name {
            fn write(&self) -> serde_json::Value {
                serde_json::Value::from(self.as_str())
            }
        }
    };
}

/// A type that is a checked text.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

/// Serializes a type as the text in the file.
macro_rules! as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

pub(crate) use {as_text, choice, key_need, key_type, key_value, record, text_type};

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
