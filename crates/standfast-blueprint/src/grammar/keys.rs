//! The keys of a mapping whose keys are fixed.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::{FromNode, Reader};
use crate::grammar::suggestion::{listed, nearest};
use crate::source::{Span, Spanned};
use crate::tree::{MappingEntry, Node, NodeKind};

/// What stands under a key that may be left out.
pub(crate) enum Given<T> {
    /// The key is not there.
    Absent,
    /// Something that could not be read, its problem reported.
    Broken,
    /// A value.
    Value(T),
}

/// The keys of a mapping whose keys are fixed.
pub(crate) struct FixedKeys<'n> {
    entries: &'n [MappingEntry],
    /// Where to point when a key is missing.
    span: Span,
    /// Keys that were probably meant by unknown ones; each was reported with its unknown key.
    meant: BTreeSet<&'static str>,
}

impl<'n> FixedKeys<'n> {
    /// Takes a mapping apart; every key outside `known` is reported.
    pub(crate) fn of(node: &'n Node, known: &[&'static str], reader: &mut Reader) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            reader.wrong_kind(node, "a mapping");
            return None;
        };
        let present: BTreeSet<&str> = entries
            .iter()
            .map(|entry| entry.key.value.as_str())
            .collect();
        // A key that is there already was hardly meant.
        let free: Vec<&'static str> = known
            .iter()
            .copied()
            .filter(|name| !present.contains(name))
            .collect();
        let mut meant = BTreeSet::new();
        for entry in entries {
            if !known.contains(&entry.key.value.as_str()) {
                let nearest = nearest(&entry.key.value, &free);
                meant.extend(nearest);
                let problem = unknown_key(&entry.key, nearest, known, &reader.place());
                reader.report(problem);
            }
        }
        Some(Self {
            entries,
            span: first_line(node.span, entries),
            meant,
        })
    }

    fn entry(&self, key: &str) -> Option<&'n MappingEntry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    /// The value of a key that must be there.
    pub(crate) fn required<T: FromNode>(&self, key: &str, reader: &mut Reader) -> Option<T> {
        if let Some(entry) = self.entry(key) {
            return reader.value_of(entry);
        }
        if self.meant.contains(key) {
            return None;
        }
        let problem = Diagnostic::error(
            Code::MissingKey,
            self.span,
            format!("{} has no `{key}`", reader.place()),
        )
        .here(format!("`{key}` is missing here"));
        reader.report(problem);
        None
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional<T: FromNode>(&self, key: &str, reader: &mut Reader) -> Given<T> {
        match self.entry(key) {
            None => Given::Absent,
            Some(entry) => match reader.value_of(entry) {
                Some(value) => Given::Value(value),
                None => Given::Broken,
            },
        }
    }
}

/// A place to point at that stands for a whole mapping: the mapping itself when it is written in
/// braces, else its first key, since a block may be pages long.
fn first_line(span: Span, entries: &[MappingEntry]) -> Span {
    match entries.first() {
        Some(first) if first.key.span.start == span.start => first.key.span,
        Some(_) | None => span,
    }
}

fn unknown_key(
    key: &Spanned<String>,
    nearest: Option<&str>,
    known: &[&str],
    place: &str,
) -> Diagnostic {
    let problem = Diagnostic::error(
        Code::UnknownKey,
        key.span,
        format!("{place} has no key `{}`", key.value),
    )
    .here("nothing reads this");
    match nearest {
        Some(name) => problem.fix(format!("did you mean `{name}`?"), key.span, name),
        None => problem.note(format!("the keys are {}", listed(known))),
    }
}
