//! Places in the text of a blueprint.

use std::ops::Range;

use serde::Serialize;

/// A stretch of a blueprint's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// Its first byte, counted from the beginning of the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// The line of its first byte, counted from 1.
    pub line: usize,
    /// The column of its first byte in characters, counted from 1.
    pub column: usize,
}

impl Span {
    /// Its bytes.
    pub const fn bytes(self) -> Range<usize> {
        self.start..self.end
    }

    /// The stretch from the beginning of this one to the end of `last`.
    #[must_use]
    pub(crate) fn through(self, last: Self) -> Self {
        Self {
            end: self.end.max(last.end),
            ..self
        }
    }
}

/// A value and where it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it stands.
    pub(crate) span: Span,
}

/// A text that knows its lines.
pub(crate) struct SourceText<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> SourceText<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(index, _)| index + 1);
        Self {
            text,
            line_starts: std::iter::once(0).chain(after_breaks).collect(),
        }
    }

    /// The place of these bytes, moved to the nearest character borders within the text.
    pub(crate) fn span(&self, bytes: Range<usize>) -> Span {
        let border = |mut index: usize| {
            index = index.min(self.text.len());
            while !self.text.is_char_boundary(index) {
                index -= 1;
            }
            index
        };
        let start = border(bytes.start);
        let end = border(bytes.end).max(start);
        let line = self.line_starts.partition_point(|first| *first <= start);
        let line_start = self.line_starts[line - 1];
        Span {
            start,
            end,
            line,
            column: self.text[line_start..start].chars().count() + 1,
        }
    }

    /// The text at a place.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_begin_at_one() {
        let source = SourceText::new("a: ä\nbé: c\n");
        let place = |range| {
            let span = source.span(range);
            (span.line, span.column, source.slice(span))
        };
        assert_eq!(place(0..1), (1, 1, "a"));
        assert_eq!(place(3..5), (1, 4, "ä"));
        assert_eq!(
            place(4..5),
            (1, 4, "ä"),
            "a border inside a character moves"
        );
        assert_eq!(place(6..9), (2, 1, "bé"));
        assert_eq!(place(99..120), (3, 1, ""));
    }
}
