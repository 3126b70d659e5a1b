//! The codes of findings.

use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};

text_type! {
    /// The code of a finding, as in `DET-019`.
    FindingCode
}

impl Word for FindingCode {
    const NAME: &'static str = "findingCode";
    const WHAT: &'static str = "codes of findings";
    const PATTERN: &'static str = "^[A-Z]{2,4}-[0-9]{3}$";
    const EXAMPLES: &'static [&'static str] = &["DET-019"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let fits = text.split_once('-').is_some_and(|(group, number)| {
            (2..=4).contains(&group.len())
                && group.bytes().all(|byte| byte.is_ascii_uppercase())
                && number.len() == 3
                && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not the code of a finding; codes look like `DET-019`"
        )))
    }
}
