//! Rust source as tokens and comments, after <https://doc.rust-lang.org/reference/lexical-structure.html>.
//!
//! The rules ask two things of a source: what its comments say, which a parser such as `syn` throws away,
//! and which names and paths it uses, in the arguments of macros too, which a parser leaves as tokens.
//! Both are answered by tokens, so there is no parser here, and no crate of others for one.
//!
//! Nothing is refused: what does not compile is the compiler's to tell.

/// What a token is, as far as a rule tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword; of a raw one, what stands after `r#`.
    Word,
    /// A text, character or number.
    Literal,
    /// `::`, a run of dots, or any other single sign.
    Sign,
    /// `'a`, so that it is not taken for a word.
    Lifetime,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Counted from one.
    pub(crate) line: usize,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }
}

/// For whom a comment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// `//`: who reads the code.
    Reader,
    /// `///` and `//!`: who uses what it stands before, or in.
    User,
}

/// One line of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    pub(crate) audience: Audience,
    /// Without the signs that make it a comment.
    pub(crate) text: &'a str,
    /// Counted from one.
    pub(crate) line: usize,
}

/// A source, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Tokens<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) comments: Vec<Comment<'a>>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(source: &'a str) -> Self {
        let mut tokens = Self::default();
        let mut rest = source;
        let mut line = 1;
        while let Some(first) = rest.chars().next() {
            let length = tokens.take(rest, first, line);
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
        }
        tokens
    }

    /// Takes what the text begins with; how many bytes that is.
    fn take(&mut self, text: &'a str, first: char, line: usize) -> usize {
        if first.is_whitespace() {
            return first.len_utf8();
        }
        if text.starts_with("//") {
            let length = text.find('\n').unwrap_or(text.len());
            self.comment(&text[..length], line);
            return length;
        }
        if text.starts_with("/*") {
            let length = block_comment(text);
            self.comment(&text[..length], line);
            return length;
        }
        let (kind, length) = match literal(text) {
            Some(length) => (Kind::Literal, length),
            None => word_or_sign(text, first),
        };
        let shown = match kind {
            Kind::Word => text[..length].trim_start_matches("r#"),
            Kind::Literal | Kind::Sign | Kind::Lifetime => &text[..length],
        };
        self.tokens.push(Token {
            kind,
            text: shown,
            line,
        });
        length
    }

    fn comment(&mut self, comment: &'a str, line: usize) {
        // Four slashes or three stars are decoration, not documentation.
        let documents = ["///", "//!", "/**", "/*!"]
            .iter()
            .any(|start| comment.starts_with(start))
            && !comment.starts_with("////")
            && !comment.starts_with("/***")
            && comment != "/**/";
        let audience = if documents {
            Audience::User
        } else {
            Audience::Reader
        };
        let start = if documents { 3 } else { 2 };
        let end = if comment.starts_with("/*") {
            comment.strip_suffix("*/").map_or(comment.len(), str::len)
        } else {
            comment.len()
        };
        for (index, text) in comment[start..end.max(start)].lines().enumerate() {
            self.comments.push(Comment {
                audience,
                text: text.trim(),
                line: line + index,
            });
        }
    }
}

/// The length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the literal that the text begins with, if it does.
fn literal(text: &str) -> Option<usize> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(number(text));
    }
    let prefix = ["br", "cr", "b", "c", "r"]
        .iter()
        .find(|prefix| {
            let after = text.strip_prefix(**prefix);
            after.is_some_and(|after| {
                let raw = prefix.ends_with('r');
                let quoted = after.trim_start_matches('#').starts_with('"');
                quoted && (raw || after.starts_with('"'))
                    || **prefix == "b" && after.starts_with('\'')
            })
        })
        .map_or(0, |prefix| prefix.len());
    let after = &text[prefix..];
    let quoted = if text[..prefix].ends_with('r') {
        raw_text(after)
    } else if after.starts_with('"') {
        escaped(after, '"')
    } else if after.starts_with('\'') && is_character(after) {
        escaped(after, '\'')
    } else {
        return None;
    };
    Some(prefix + quoted)
}

/// A number, with its suffix. A dot belongs to it only before a digit: `0..9`, `pair.0.clone()`.
fn number(text: &str) -> usize {
    let mut length = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let dot = letter == '.' && letters.peek().is_some_and(char::is_ascii_digit);
        if !(letter.is_alphanumeric() || letter == '_' || dot) {
            break;
        }
        length += letter.len_utf8();
    }
    length
}

/// `'x'` is a character, `'x` a lifetime.
fn is_character(text: &str) -> bool {
    let mut letters = text.chars().skip(1);
    letters.next() == Some('\\') || letters.next() == Some('\'')
}

fn escaped(text: &str, end: char) -> usize {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == end {
            return at + 1;
        }
    }
    text.len()
}

fn raw_text(text: &str) -> usize {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let end = format!("\"{}", &text[..hashes]);
    let inside = hashes + 1;
    text.get(inside..)
        .and_then(|rest| rest.find(&end))
        .map_or(text.len(), |at| inside + at + end.len())
}

fn word_or_sign(text: &str, first: char) -> (Kind, usize) {
    let of_a_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = |text: &str| text.find(|letter| !of_a_word(letter)).unwrap_or(text.len());
    if let Some(raw) = text.strip_prefix("r#").filter(|raw| word(raw) > 0) {
        return (Kind::Word, 2 + word(raw));
    }
    if of_a_word(first) {
        return (Kind::Word, word(text));
    }
    if let Some(name) = text.strip_prefix('\'') {
        return (Kind::Lifetime, 1 + word(name));
    }
    if text.starts_with("::") {
        return (Kind::Sign, 2);
    }
    let dots = text.len() - text.trim_start_matches('.').len();
    (Kind::Sign, dots.max(first.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        let tokens = Tokens::of(source).tokens;
        tokens.into_iter().map(|token| token.text).collect()
    }

    fn kinds(source: &str) -> Vec<Kind> {
        let tokens = Tokens::of(source).tokens;
        tokens.into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn what_stands_in_a_text_is_no_token() {
        for literal in [
            r#""use crate::a;""#,
            r#""a \" // b""#,
            r##"r#"say "crate::a" and // more"#"##,
            r#"b"crate""#,
            r##"br#"a"b"#"##,
            r#"c"a""#,
            r"'\''",
            "'/'",
            "b'\"'",
            "'\u{e9}'",
        ] {
            assert_eq!(texts(literal), [literal]);
            assert_eq!(kinds(literal), [Kind::Literal], "{literal}");
        }
    }

    #[test]
    fn lifetimes_raw_names_and_numbers_are_told_apart() {
        assert_eq!(texts("&'a r#type"), ["&", "'a", "type"]);
        assert_eq!(texts("0..1_000u64"), ["0", "..", "1_000u64"]);
        assert_eq!(
            texts("pair.0.1 + 1.5e3"),
            ["pair", ".", "0.1", "+", "1.5e3"]
        );
        assert_eq!(texts("a::b ..= c"), ["a", "::", "b", "..", "=", "c"]);
        assert_eq!(kinds("'outer: loop")[0], Kind::Lifetime);
    }

    #[test]
    fn comments_are_told_with_their_line_and_for_whom_they_are() {
        let source =
            "//! M.\n\n/// Item.\nfn f() {} // why\n/* a /* b */\n   c */ x //// no\n/** D. */";
        let told: Vec<_> = Tokens::of(source)
            .comments
            .into_iter()
            .map(|comment| (comment.line, comment.audience, comment.text))
            .collect();
        assert_eq!(
            told,
            [
                (1, Audience::User, "M."),
                (3, Audience::User, "Item."),
                (4, Audience::Reader, "why"),
                (5, Audience::Reader, "a /* b */"),
                (6, Audience::Reader, "c"),
                (6, Audience::Reader, "// no"),
                (7, Audience::User, "D."),
            ]
        );
        assert_eq!(texts(source), ["fn", "f", "(", ")", "{", "}", "x"]);
    }

    #[test]
    fn what_never_ends_ends_with_the_file() {
        for source in [
            "/* a", "\"a", "r#\"a\"", "'\\", "b'", "r#", "'", "r\"", "/**/", "/*",
        ] {
            Tokens::of(source);
        }
    }
}
