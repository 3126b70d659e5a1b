//! Texts, paths and codes.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::text_type;
use crate::read::{Problem, Word};

impl Word for String {
    const NAME: &'static str = "text";
    const WHAT: &'static str = "a text";
    const PATTERN: &'static str = r"[\s\S]";
    const EXAMPLES: &'static [&'static str] = &[];

    fn parse(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(Problem::malformed("an empty text says nothing here"));
        }
        Ok(text.to_owned())
    }
}

impl Word for PathBuf {
    const NAME: &'static str = "absolutePath";
    const WHAT: &'static str = "an absolute path";
    const PATTERN: &'static str = "^/";
    const EXAMPLES: &'static [&'static str] = &["/usr/lib/postgresql/15/bin"];

    fn parse(text: &str) -> Result<Self, Problem> {
        if text.starts_with('/') {
            return Ok(Self::from(text));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not an absolute path; the working directory of a daemon is not yours"
        )))
    }
}

text_type! {
    /// The code of a finding, as in `DET-019`.
    FindingCode
}

impl Word for FindingCode {
    const NAME: &'static str = "findingCode";
    const WHAT: &'static str = "codes of findings";
    const PATTERN: &'static str = "^[A-Z]{2,4}-[0-9]{3}$";
    const EXAMPLES: &'static [&'static str] = &["DET-019"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let fits = text.split_once('-').is_some_and(|(group, number)| {
            (2..=4).contains(&group.len())
                && group.bytes().all(|byte| byte.is_ascii_uppercase())
                && number.len() == 3
                && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the code of a finding; codes look like `DET-019`"
        )))
    }
}
