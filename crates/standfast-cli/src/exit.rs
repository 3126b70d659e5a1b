//! What the command's exit status says. Documented in `docs/manual.md`; a test pairs the two.

use std::process::ExitCode;

/// The exit statuses of `standfast`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done; what was asked holds.
    Success = 0,
    /// Done, and the answer is no: a promise missed, a blueprint with errors.
    No = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Refused: nothing has changed, the message says what overrides it.
    Refused = 3,
    /// The system does not run, or does not answer.
    NotRunning = 4,
    /// Something this machine needs is missing or taken.
    Environment = 5,
    /// Anything else.
    Failure = 70,
}

impl From<ExitStatus> for ExitCode {
    fn from(exit: ExitStatus) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure with its exit status and hints, for the edge to print.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) exit: ExitStatus,
    pub(crate) error: anyhow::Error,
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    pub(crate) fn new(exit: ExitStatus, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::new(ExitStatus::Refused, anyhow::Error::msg(text.into()))
    }

    pub(crate) fn not_running(text: impl Into<String>) -> Self {
        Self::new(ExitStatus::NotRunning, anyhow::Error::msg(text.into()))
    }

    pub(crate) fn environment(text: impl Into<String>) -> Self {
        Self::new(ExitStatus::Environment, anyhow::Error::msg(text.into()))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl<E: Into<anyhow::Error>> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::new(ExitStatus::Failure, error)
    }
}

/// What a command returns.
pub(crate) type CommandResult = Result<ExitStatus, CommandError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_every_exit_status() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/manual.md");
        let manual = std::fs::read_to_string(path).unwrap();
        for exit in [
            ExitStatus::Success,
            ExitStatus::No,
            ExitStatus::Usage,
            ExitStatus::Refused,
            ExitStatus::NotRunning,
            ExitStatus::Environment,
            ExitStatus::Failure,
        ] {
            let row = format!("| {} | {exit:?} |", exit as u8);
            assert!(manual.contains(&row), "the manual lacks {row}");
        }
    }
}
