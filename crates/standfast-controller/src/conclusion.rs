//! What follows a redirect and holds no client up: the operator's request is closed, and people are
//! told.

use serde::de::DeserializeOwned;
use standfast_failover::conclude;
use standfast_record::{
    Durability, KeyRead, Request, RequestState, Revision, Succession, Transaction, Unreadable, key,
};
use standfast_units::{System, chain};
use tracing::warn;

use crate::primary::NewPrimary;
use crate::tidings::tidings;

/// What a conclusion reads, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConclusionRead {
    /// What an operator asked for.
    Request,
    /// Why the epoch began.
    Succession {
        /// The request, and when it was last changed; none when there is none that can be read.
        request: Option<(Request, Revision)>,
    },
}

/// What a conclusion needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConclusionNext {
    /// Another record.
    Read(ConclusionRead),
    /// The request closed, and after that people told.
    Close(Transaction, String),
    /// People told.
    Tell(String),
}

impl ConclusionRead {
    /// Where the record lies.
    pub(crate) fn key(&self, system: &System, primary: &NewPrimary) -> String {
        match self {
            Self::Request => key::request(system, &primary.database),
            Self::Succession { .. } => key::succession(system, &primary.database, primary.epoch),
        }
    }

    /// What follows from the answer.
    pub(crate) fn answered(
        self,
        system: &System,
        primary: &NewPrimary,
        read: KeyRead,
    ) -> ConclusionNext {
        match self {
            Self::Request => {
                let request = record(read).unwrap_or_else(|error| {
                    not_closed(&error);
                    None
                });
                ConclusionNext::Read(Self::Succession { request })
            }
            Self::Succession { request } => {
                let succession = record::<Succession>(read).unwrap_or_else(|error| {
                    // Without a request, all that is missing is a part of what people are told.
                    if request.is_some() {
                        not_closed(&error);
                    }
                    None
                });
                let succession = succession.map(|(succession, _)| succession);
                let text = tidings(system, primary, succession.as_ref());
                let closed = request
                    .zip(succession)
                    .and_then(|((request, at), succession)| {
                        let state = conclude(&request, &succession)?;
                        close(system, primary, request, at, state)
                    });
                match closed {
                    Some(transaction) => ConclusionNext::Close(transaction, text),
                    None => ConclusionNext::Tell(text),
                }
            }
        }
    }
}

/// When the request has changed meanwhile, it was closed or replaced, and stays as it is.
fn close(
    system: &System,
    primary: &NewPrimary,
    mut request: Request,
    at: Revision,
    state: RequestState,
) -> Option<Transaction> {
    request.state = state;
    let request_key = key::request(system, &primary.database);
    Transaction::new()
        .if_modified_at(&request_key, at)
        .put_record(&request_key, &request, Durability::Durable)
        .map_err(|error| not_closed(&chain(&error)))
        .ok()
}

/// Says that an operator waits for an answer that does not come.
pub(crate) fn not_closed(error: &str) {
    warn!(error, "the operator's request was not closed");
}

fn record<T: DeserializeOwned>(read: KeyRead) -> Result<Option<(T, Revision)>, String> {
    let entry = read
        .map_err(|unanswered| unanswered.reason().to_owned())?
        .entry;
    entry
        .map(|entry| Ok((entry.record()?, entry.modified)))
        .transpose()
        .map_err(|error: Unreadable| chain(&error))
}
