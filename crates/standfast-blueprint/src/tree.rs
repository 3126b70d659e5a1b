//! The parts of a blueprint's text, each with its place.
//!
//! Scalars follow the core schema of YAML 1.2.2 (§10.3), so `yes` is a text and `014` is a number.

use std::rc::Rc;

use crate::source::{Span, Spanned};

/// A part of the tree.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
    /// Nodes in and below it, aliases counted as often as they are used.
    pub(crate) weight: usize,
}

/// What a part of the tree is.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Scalar(Scalar),
    List(Vec<Rc<Node>>),
    Mapping(Vec<MappingEntry>),
    /// A part whose problem was reported when it was read.
    Broken,
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct MappingEntry {
    pub(crate) key: Spanned<String>,
    pub(crate) value: Rc<Node>,
}

/// A single value.
#[derive(Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// How a scalar came about, which decides what its text may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Written without quotes: what it looks like.
    Plain,
    /// Written in quotes or as a block: a text, whatever it looks like.
    Quoted,
    /// Taken from the environment at least in part: whatever is needed at its place.
    Expanded,
}

/// What the text of a scalar looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Look {
    Nothing,
    Flag(bool),
    Integer(i64),
    Decimal(f64),
    Text,
}

impl Scalar {
    /// What this scalar is by the rules of YAML.
    pub(crate) fn look(&self) -> Look {
        match self.origin {
            Origin::Quoted => Look::Text,
            Origin::Plain | Origin::Expanded => look_of(&self.text),
        }
    }
}

fn look_of(text: &str) -> Look {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Look::Nothing,
        "true" | "True" | "TRUE" => return Look::Flag(true),
        "false" | "False" | "FALSE" => return Look::Flag(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Look::Decimal(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Look::Decimal(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Look::Decimal(f64::NAN),
        _ => {}
    }
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).map(Look::Integer);
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8).unwrap_or(Look::Text);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16).unwrap_or(Look::Text);
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let begins_as_number = text.len() - unsigned.len() <= 1
        && unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if !begins_as_number {
        return Look::Text;
    }
    // Rust's grammar of decimals, once the first character is a digit or a dot, is YAML's.
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => Look::Integer(number),
        (Err(_), Ok(number)) => Look::Decimal(number),
        (Err(_), Err(_)) => Look::Text,
    }
}

/// The place of the value under these keys, or of the last of the keys that is there.
pub(crate) fn place_of(root: &Node, path: &[&str]) -> Option<Span> {
    let mut node = root;
    let mut place = None;
    for (index, key) in path.iter().enumerate() {
        let NodeKind::Mapping(entries) = &node.kind else {
            break;
        };
        let Some(entry) = entries.iter().find(|entry| entry.key.value == *key) else {
            break;
        };
        node = &entry.value;
        let last = index + 1 == path.len();
        place = Some(if last { node.span } else { entry.key.span });
    }
    place
}
