//! How an act goes on: what it asks next, and how it reads what comes back.

use standfast_failover::DatabaseOutcome;
use standfast_units::chain;

use crate::desk::Answered;
use crate::event::{EngineAnswer, EngineFailure, GuardFailure};
use crate::ticket::Ticket;

/// What an act asks next, or how it ended.
pub(crate) enum ActProgress<T> {
    /// The answer with this ticket is awaited.
    Going(Option<Ticket>, T),
    Ended(DatabaseOutcome),
}

impl<T> ActProgress<T> {
    pub(super) fn map<U>(self, into: impl FnOnce(T) -> U) -> ActProgress<U> {
        match self {
            Self::Going(ticket, stage) => ActProgress::Going(ticket, into(stage)),
            Self::Ended(outcome) => ActProgress::Ended(outcome),
        }
    }

    pub(super) fn completed() -> Self {
        Self::Ended(DatabaseOutcome::Completed)
    }

    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self::Ended(DatabaseOutcome::Failed {
            reason: reason.into(),
        })
    }
}

pub(super) fn called<T>(answered: Answered) -> ActProgress<T> {
    match engine(answered) {
        Ok(_) => ActProgress::completed(),
        Err(reason) => ActProgress::failed(reason),
    }
}

/// The engine's answer, or why there is none.
pub(super) fn engine(answered: Answered) -> Result<EngineAnswer, String> {
    match answered {
        Answered::Engine(Ok(answer)) => Ok(answer),
        Answered::Engine(Err(EngineFailure::Failed { reason })) => Err(reason),
        Answered::Engine(Err(EngineFailure::Late)) => Err("it takes too long".to_owned()),
        Answered::Guard(Err(failure)) => Err(refusal(&failure)),
        Answered::Guard(Ok(_)) | Answered::Read(_) | Answered::Transacted(_) => Err(mismatch()),
    }
}

/// Whether the guard did it.
pub(super) fn guard(answered: Answered) -> Result<(), String> {
    match answered {
        Answered::Guard(Ok(_)) => Ok(()),
        Answered::Guard(Err(failure)) => Err(refusal(&failure)),
        Answered::Engine(_) | Answered::Read(_) | Answered::Transacted(_) => Err(mismatch()),
    }
}

fn refusal(failure: &GuardFailure) -> String {
    chain(failure)
}

/// Tickets keep questions and answers together, so this is said only by a runtime that mixes them up.
pub(super) fn mismatch() -> String {
    "the answer is not one to what was asked".to_owned()
}
