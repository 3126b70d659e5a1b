//! How an error is told: with everything that caused it.

use std::error::Error;

/// An error with all its causes in one line, from the outermost to the root, each after a colon.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Level(&'static str, #[source] Option<Box<Level>>);

    #[test]
    fn every_cause_is_told_once_and_in_order() {
        let root = Level("permission denied", None);
        let middle = Level("cannot open the file", Some(Box::new(root)));
        let error = Level("the store does not start", Some(Box::new(middle)));
        assert_eq!(
            chain(&error),
            "the store does not start: cannot open the file: permission denied"
        );
    }
}
