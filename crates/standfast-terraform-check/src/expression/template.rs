//! Templates: text with `${...}` and `%{...}` in it, bare or in quotes.

use super::lexer::Token;
use super::parser::{Parsed, Parser};
use super::syntax::{Expression, Part};

/// Where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// It is the whole text, and a backslash is a backslash.
    Without,
    /// It ends with a quote, and a backslash escapes.
    Within,
}

/// A template before its directives are matched with each other.
enum Piece {
    Text(String),
    Expression(Expression),
    If(Expression),
    Else,
    EndIf,
    For(Vec<String>, Expression),
    EndFor,
}

/// A directive that waits for its end.
enum Open {
    If(Expression, [Vec<Part>; 2], Branch),
    For(Vec<String>, Expression, Vec<Part>),
}

#[derive(Clone, Copy)]
enum Branch {
    Then,
    Otherwise,
}

impl Parser<'_> {
    /// A template through its end, which is a quote or the end of the text.
    pub(super) fn template(&mut self, quotes: Quotes) -> Parsed<Vec<Part>> {
        let start = self.offset;
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            let rest = &self.text[self.offset..];
            let Some(first) = rest.chars().next() else {
                if quotes == Quotes::Within {
                    return self.fail(start, "a quote is not closed");
                }
                break;
            };
            if rest.starts_with("$${") || rest.starts_with("%%{") {
                text.push_str(&rest[1..3]);
                self.offset += 3;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                self.offset += 2;
                self.take("~");
                pieces.push(if first == '$' {
                    Piece::Expression(self.enclosed()?)
                } else {
                    self.directive()?
                });
                self.take("~");
                self.expect("}")?;
            } else if quotes == Quotes::Within && first == '"' {
                self.offset += 1;
                break;
            } else if quotes == Quotes::Within && first == '\\' {
                text.push(self.escape()?);
            } else if quotes == Quotes::Within && first == '\n' {
                return self.fail(self.offset, "a quoted text has a line break");
            } else {
                text.push(first);
                self.offset += first.len_utf8();
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        self.matched(start, pieces)
    }

    fn directive(&mut self) -> Parsed<Piece> {
        let at = self.peek();
        match at.token {
            Token::Name("if") => {
                self.advance();
                Ok(Piece::If(self.enclosed()?))
            }
            Token::Name("for") => {
                self.advance();
                let (names, collection) = self.binding()?;
                Ok(Piece::For(names, collection))
            }
            Token::Name("else") => self.bare(Piece::Else),
            Token::Name("endif") => self.bare(Piece::EndIf),
            Token::Name("endfor") => self.bare(Piece::EndFor),
            _ => self.fail(at.start, "unknown directive"),
        }
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "every arm of the match above gives a result"
    )]
    fn bare(&mut self, piece: Piece) -> Parsed<Piece> {
        self.advance();
        Ok(piece)
    }

    /// The character behind a backslash.
    fn escape(&mut self) -> Parsed<char> {
        let start = self.offset;
        let mut characters = self.text[start + 1..].chars();
        let (character, digits) = match characters.next() {
            Some('n') => ('\n', 0),
            Some('r') => ('\r', 0),
            Some('t') => ('\t', 0),
            Some('"') => ('"', 0),
            Some('\\') => ('\\', 0),
            Some('u') => ('u', 4),
            Some('U') => ('U', 8),
            _ => return self.fail(start, "unknown escape"),
        };
        self.offset += 2 + digits;
        if digits == 0 {
            return Ok(character);
        }
        let code = self.text.get(start + 2..self.offset);
        let code = code.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => Ok(character),
            None => self.fail(start, "unknown escape"),
        }
    }

    /// Matches each directive with its end.
    fn matched(&self, start: usize, pieces: Vec<Piece>) -> Parsed<Vec<Part>> {
        let mut parts = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        for piece in pieces {
            let part = match piece {
                Piece::Text(text) => Part::Text(text),
                Piece::Expression(expression) => Part::Expression(expression),
                Piece::If(condition) => {
                    open.push(Open::If(condition, [Vec::new(), Vec::new()], Branch::Then));
                    continue;
                }
                Piece::For(names, collection) => {
                    open.push(Open::For(names, collection, Vec::new()));
                    continue;
                }
                Piece::Else => match open.last_mut() {
                    Some(Open::If(_, _, branch @ Branch::Then)) => {
                        *branch = Branch::Otherwise;
                        continue;
                    }
                    _ => return self.fail(start, "`else` without an `if`"),
                },
                Piece::EndIf => match open.pop() {
                    Some(Open::If(condition, branches, _)) => Part::If {
                        condition,
                        branches,
                    },
                    _ => return self.fail(start, "`endif` without an `if`"),
                },
                Piece::EndFor => match open.pop() {
                    Some(Open::For(names, collection, body)) => Part::For {
                        names,
                        collection,
                        body,
                    },
                    _ => return self.fail(start, "`endfor` without a `for`"),
                },
            };
            match open.last_mut() {
                None => parts.push(part),
                Some(Open::If(_, branches, Branch::Then)) => branches[0].push(part),
                Some(Open::If(_, branches, Branch::Otherwise)) => branches[1].push(part),
                Some(Open::For(_, _, body)) => body.push(part),
            }
        }
        match open.last() {
            None => Ok(parts),
            Some(Open::If(..)) => self.fail(start, "`if` without an `endif`"),
            Some(Open::For(..)) => self.fail(start, "`for` without an `endfor`"),
        }
    }
}
