//! Why a payment was not recorded, or may not have been, and what another connection could do about it.

use std::time::Duration;

use standfast_functions::Cause;
use standfast_functions::credentials;
use standfast_functions::postgres::STATEMENT_WITHIN;
use tokio_postgres::error::SqlState;

use super::sessions;
use crate::ledger::Error;

/// Bounds our wait for a server that does not answer: it should have given up itself a second before.
pub(super) const REPLY_WITHIN: Duration = STATEMENT_WITHIN.saturating_add(Duration::from_secs(1));

/// Why work was not done, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot log in")]
    Credentials(#[source] credentials::Error),
    #[error("no session")]
    Session(#[source] sessions::Error),
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    #[error("neither the writer ({writer}) nor the reader answers")]
    Neither {
        writer: String,
        #[source]
        reader: Box<Failure>,
    },
    #[error("a statement failed")]
    Refused(#[source] tokio_postgres::Error),
    #[error("no answer to a statement within {} s", REPLY_WITHIN.as_secs())]
    Silence,
    #[error("the server says that it takes no writes")]
    ReadOnly,
    #[error("the row vanished while it was looked at")]
    Vanished,
    #[error("no answer to the commit")]
    Unknown(#[source] Cause),
}

impl Failure {
    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Refused(error) => error.code(),
            Self::Credentials(_)
            | Self::Session(_)
            | Self::Late(_)
            | Self::Neither { .. }
            | Self::Silence
            | Self::ReadOnly
            | Self::Vanished
            | Self::Unknown(_) => None,
        }
    }

    /// Whether no server answered, so that another name may be asked.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Session(sessions::Error::Connect(error)) => error.is_silence(),
            Self::Late(_) | Self::Silence => true,
            Self::Credentials(_)
            | Self::Session(sessions::Error::Busy)
            | Self::Neither { .. }
            | Self::Refused(_)
            | Self::ReadOnly
            | Self::Vanished
            | Self::Unknown(_) => false,
        }
    }

    pub(super) fn is_read_only(&self) -> bool {
        matches!(self, Self::ReadOnly) || self.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    /// Whether nothing was written, and another connection may do better: this one is broken, or leads to a server
    /// that goes down or is no primary any more.
    pub(super) fn is_about_the_session(&self) -> bool {
        match self {
            Self::Silence | Self::ReadOnly => true,
            Self::Refused(error) => {
                let ends = |code: &SqlState| {
                    code.code().starts_with("57P") || code.code().starts_with("08")
                };
                error.is_closed() || error.code().is_none_or(ends) || self.is_read_only()
            }
            Self::Credentials(_)
            | Self::Session(_)
            | Self::Late(_)
            | Self::Neither { .. }
            | Self::Vanished
            | Self::Unknown(_) => false,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unknown(source) => Self::OutcomeUnknown { source },
            failure if failure.is_read_only() => Self::NotTheWriter {
                source: failure.into(),
            },
            failure => Self::Unavailable {
                source: failure.into(),
            },
        }
    }
}
