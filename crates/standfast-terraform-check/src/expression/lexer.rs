//! The tokens of an expression. Text inside quotes is not a token: a quote only starts a template.

/// The signs of the language, longest first.
const SIGNS: [&str; 30] = [
    "...", "=>", "==", "!=", "<=", ">=", "&&", "||", "<<", "-", "+", "*", "/", "%", "!", "<", ">",
    "=", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}", "~", "\"",
];

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name, with `::` inside for a function of a namespace.
    Name(&'a str),
    /// A number.
    Number(&'a str),
    /// A sign, among them the quote.
    Sign(&'static str),
    /// A character that starts no token.
    Unknown(char),
    /// The end of the text.
    End,
}

/// A token and where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme<'a> {
    pub(super) token: Token<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether a line ends between the previous token and this one.
    pub(super) line: LineBreak,
}

/// Where a token lies in relation to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineBreak {
    /// On the same line.
    Same,
    /// On a later one.
    Later,
}

/// The token at or after an offset, which must lie on a character's edge.
pub(super) fn next(text: &str, offset: usize) -> Lexeme<'_> {
    let (start, line) = skip_blank(text, offset);
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else {
        return Lexeme {
            token: Token::End,
            start,
            end: start,
            line,
        };
    };
    let (token, length) = if is_name_start(first) {
        let length = name_length(rest);
        (Token::Name(&rest[..length]), length)
    } else if first.is_ascii_digit() {
        let length = number_length(rest);
        (Token::Number(&rest[..length]), length)
    } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        (Token::Sign(sign), sign.len())
    } else {
        (Token::Unknown(first), first.len_utf8())
    };
    Lexeme {
        token,
        start,
        end: start + length,
        line,
    }
}

/// Past blanks and comments.
fn skip_blank(text: &str, mut offset: usize) -> (usize, LineBreak) {
    let mut line = LineBreak::Same;
    loop {
        let rest = &text[offset..];
        let Some(first) = rest.chars().next() else {
            return (offset, line);
        };
        if first == '\n' {
            line = LineBreak::Later;
            offset += 1;
        } else if first.is_whitespace() {
            offset += first.len_utf8();
        } else if first == '#' || rest.starts_with("//") {
            offset += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            offset += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else {
            return (offset, line);
        }
    }
}

pub(super) fn is_name_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}

/// Whether the whole text is one name.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_part)
}

fn name_length(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        length += rest
            .find(|character| !is_name_part(character))
            .unwrap_or(rest.len());
        match text[length..].strip_prefix("::") {
            Some(after) if after.starts_with(is_name_start) => length += 2,
            _ => return length,
        }
    }
}

/// Digits, a fraction, an exponent. A point without a digit behind it belongs to what follows.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len())
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let from = end + 1 + sign;
        if digits(from) > from {
            end = digits(from);
        }
    }
    end
}
