//! An error with everything that led to it, in one line.

use std::error::Error;
use std::fmt;

/// Shows an error and its causes, outermost first.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.0.to_string();
        out.write_str(&told)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some libraries repeat their cause; a reader in a hurry should not have to notice.
            if !told.contains(&text) {
                write!(out, ": {text}")?;
            }
            told = text;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Level {
        text: &'static str,
        source: Option<Box<Level>>,
    }

    #[test]
    fn causes_follow_and_repetitions_are_left_out() {
        let inner = Level {
            text: "refused",
            source: None,
        };
        let middle = Level {
            text: "cannot connect: refused",
            source: Some(Box::new(inner)),
        };
        let outer = Level {
            text: "the database does not answer",
            source: Some(Box::new(middle)),
        };
        assert_eq!(
            Chain(&outer).to_string(),
            "the database does not answer: cannot connect: refused"
        );
    }
}
