//! What a database engine calls things.

use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};

text_type! {
    /// What a database calls a database or a user.
    Identifier
}

impl Identifier {
    /// The identifier that stands for a name: hyphens become underscores.
    pub(crate) fn from_name(name: &str) -> Self {
        Self(name.replace('-', "_"))
    }
}

impl Word for Identifier {
    const NAME: &'static str = "identifier";
    const WHAT: &'static str = "an identifier of the database";
    const PATTERN: &'static str = "^[A-Za-z0-9_][A-Za-z0-9_-]*$";
    const LENGTH_MAX: Option<usize> = Some(63);
    const EXAMPLES: &'static [&'static str] = &["payments", "app"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (1..=63).contains(&text.len()) && !text.starts_with('-');
        if fits && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not an identifier: at most 63 letters, digits, underscores and hyphens, \
             not beginning with a hyphen"
        )))
    }
}

text_type! {
    /// The version of a database engine, as in `14.6`.
    EngineVersion
}

impl Word for EngineVersion {
    const NAME: &'static str = "engineVersion";
    const WHAT: &'static str = "a version in quotes";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9A-Za-z_-]+)*$";
    const EXAMPLES: &'static [&'static str] = &["14.6", "15"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let mut parts = text.split('.');
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let word = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            !part.is_empty() && part.bytes().all(plain)
        };
        if parts.next().is_some_and(number) && parts.all(word) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not a version; write it as in `14.6`"
        )))
    }
}

text_type! {
    /// The name of a setting of the database engine.
    SettingName
}

impl Word for SettingName {
    const NAME: &'static str = "settingName";
    const WHAT: &'static str = "settings of the database by name";
    const PATTERN: &'static str = "^[a-z_][a-z0-9_.]*$";
    const EXAMPLES: &'static [&'static str] = &["log_statement"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let first = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let plain = |byte: u8| first(byte) || byte.is_ascii_digit() || byte == b'.';
        if text.bytes().next().is_some_and(first) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the name of a setting"
        )))
    }
}
