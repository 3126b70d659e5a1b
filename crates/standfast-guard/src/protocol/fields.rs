//! The form of a line: a word, then `key=value` fields with percent-encoded values (RFC 3986 §2.1).

use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use super::{LINE_BYTES_MAX, ParseError};

/// A line being written.
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(word: &str) -> Self {
        Self(word.to_owned())
    }

    pub(super) fn field(mut self, key: &str, value: impl Display) -> Self {
        let _ = write!(self.0, " {key}=");
        let _ = write!(Encoder(&mut self.0), "{value}");
        self
    }

    pub(super) fn optional(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.field(key, value),
            None => self,
        }
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('\n');
        self.0
    }
}

/// Writes text so that neither a blank nor an end of line remains in it.
struct Encoder<'a>(&'a mut String);

impl fmt::Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte.is_ascii_graphic() && byte != b'%' {
                self.0.push(char::from(byte));
            } else {
                write!(self.0, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

fn decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// A line being read. Fields are taken out one by one; what is left over is an error.
pub(super) struct Fields<'a> {
    word: &'a str,
    rest: Vec<(&'a str, String)>,
}

impl<'a> Fields<'a> {
    pub(super) fn read(line: &'a str) -> Result<Self, ParseError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(ParseError::TooLong { length: line.len() });
        }
        let mut parts = line.strip_suffix('\n').unwrap_or(line).split(' ');
        let word = parts.next().unwrap_or_default();
        let rest = parts
            .map(|part| {
                let form = || ParseError::Form(part.to_owned());
                let (key, value) = part.split_once('=').ok_or_else(form)?;
                Ok((key, decode(value).ok_or_else(form)?))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { word, rest })
    }

    pub(super) fn word(&self) -> &'a str {
        self.word
    }

    pub(super) fn optional<T: FromStr>(
        &mut self,
        key: &'static str,
    ) -> Result<Option<T>, ParseError> {
        let Some(index) = self.rest.iter().position(|(name, _)| *name == key) else {
            return Ok(None);
        };
        let (_, value) = self.rest.remove(index);
        match value.parse() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(_) => Err(ParseError::Value { key, value }),
        }
    }

    pub(super) fn take<T: FromStr>(&mut self, key: &'static str) -> Result<T, ParseError> {
        self.optional(key)?.ok_or(ParseError::Missing(key))
    }

    pub(super) fn take_all<T: FromStr>(&mut self, key: &'static str) -> Result<Vec<T>, ParseError> {
        let mut all = Vec::new();
        while let Some(value) = self.optional(key)? {
            all.push(value);
        }
        Ok(all)
    }

    pub(super) fn finish(self) -> Result<(), ParseError> {
        match self.rest.into_iter().next() {
            None => Ok(()),
            Some((key, _)) => Err(ParseError::Surplus(key.to_owned())),
        }
    }
}
