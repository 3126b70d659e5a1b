//! Telling an operator what comes of a request: the record is read anew and changed by compare-and-swap.

use standfast_failover::Answer;
use standfast_record::{Durability, Request, RequestState, Transaction, key};
use standfast_units::{Moment, chain};
use tracing::warn;

use crate::desk::{Answered, Desk, put};
use crate::ticket::Ticket;

/// An answer that is on its way.
#[derive(Debug, Clone)]
pub(crate) struct Answering {
    id: String,
    state: RequestState,
}

impl Answering {
    pub(crate) fn begin(
        desk: &mut Desk,
        now: Moment,
        id: String,
        answer: Answer,
    ) -> (Ticket, Self) {
        let state = match answer {
            Answer::Begun => RequestState::Begun,
            Answer::Refused(reason) => {
                desk.note(now.wall, None, "request refused", &reason);
                RequestState::Refused { reason }
            }
        };
        let ticket = desk.read(request_key(desk));
        (ticket, Self { id, state })
    }

    /// Goes on; `None` when it is over.
    pub(crate) fn advance(self, desk: &mut Desk, answered: Answered) -> Option<(Ticket, Self)> {
        let read = match answered {
            Answered::Read(Ok(read)) => read,
            Answered::Read(Err(error)) | Answered::Transacted(Err(error)) => {
                let error = error.reason();
                warn!(error, "the operator could not be answered");
                return None;
            }
            Answered::Transacted(Ok(_)) | Answered::Guard(_) | Answered::Engine(_) => return None,
        };
        let entry = read.entry?;
        let mut request: Request = match entry.record() {
            Ok(request) => request,
            Err(error) => {
                warn!(error = chain(&error), "the operator could not be answered");
                return None;
            }
        };
        if request.id != self.id || !self.may_replace(&request.state) {
            return None;
        }
        request.state = self.state.clone();
        let key = request_key(desk);
        let transaction = Transaction::new().if_modified_at(&key, entry.modified);
        let transaction = put(transaction, key, &request, Durability::Durable);
        Some((desk.transact(transaction), self))
    }

    /// What is done or refused stays so, however late we are.
    fn may_replace(&self, state: &RequestState) -> bool {
        match (state, &self.state) {
            (RequestState::Open, _) | (RequestState::Begun, RequestState::Refused { .. }) => true,
            (RequestState::Begun | RequestState::Done { .. } | RequestState::Refused { .. }, _) => {
                false
            }
        }
    }
}

fn request_key(desk: &Desk) -> String {
    key::request(&desk.settings.system, &desk.settings.database)
}
