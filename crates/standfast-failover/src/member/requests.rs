//! What operators ask for, answered once begun and once more when it was given up.

use super::{Member, Turn};
use crate::decision::Action;
use crate::observation::{Request, RequestOutcome, RequestState};
use crate::state::State;

/// What was said about requests in this life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Requests {
    /// The request we have begun to act on.
    begun: Option<String>,
    /// The request we have refused.
    refused: Option<String>,
    /// The request that was there when we came to lead: we may be what came of it.
    inherited: Option<String>,
    /// Why the one we had begun was given up.
    why: Option<String>,
}

impl Requests {
    pub(super) fn inherit(&mut self, request: Option<&Request>) {
        self.inherited = request.map(|request| request.id.clone());
    }

    pub(super) fn gave_up(&mut self, why: String) {
        self.why = Some(why);
    }
}

impl Member {
    /// P8: a primary that can be asked hands over and loses nothing, whatever the operator called it.
    pub(super) fn consider_handing_over(&mut self, turn: &mut Turn) {
        let Some(request) = self.sights.request.clone() else {
            return;
        };
        let to = request.kind.to();
        let here = self.settings.region_of(&self.settings.node) == Some(to);
        let begun = request.state == RequestState::Begun
            || self.requests.begun.as_ref() == Some(&request.id);
        let inherited = self.requests.inherited.as_ref() == Some(&request.id);
        let refusal = if here {
            if begun || inherited {
                // What it asked for has come about: it is concluded when the name means us.
                return;
            }
            format!("the primary, {}, is in {to} already", self.settings.node)
        } else if begun {
            // Nothing begins twice (P17): the primary was restored, or another one took over.
            let why = self.requests.why.take();
            why.unwrap_or_else(|| {
                format!(
                    "the switchover was given up; {} is the primary",
                    self.settings.node
                )
            })
        } else {
            match self.successor_in(turn.now, to) {
                Ok(successor) => {
                    self.begin_request(turn);
                    self.hand_to(Some(successor));
                    self.enter(turn, State::SteppingDown);
                    return self.step_down(turn);
                }
                Err(why) => why,
            }
        };
        self.answer(turn, &request.id, RequestOutcome::Refused(refusal));
    }

    /// Says that the present request is being acted on.
    pub(super) fn begin_request(&mut self, turn: &mut Turn) {
        if let Some(request) = self.sights.request.clone() {
            self.requests.why = None;
            self.answer(turn, &request.id, RequestOutcome::Begun);
        }
    }

    /// Says each thing once.
    pub(super) fn answer(&mut self, turn: &mut Turn, id: &str, outcome: RequestOutcome) {
        let said = match outcome {
            RequestOutcome::Begun => &mut self.requests.begun,
            RequestOutcome::Refused(_) => &mut self.requests.refused,
        };
        if said.as_deref() == Some(id) {
            return;
        }
        *said = Some(id.to_owned());
        let id = id.to_owned();
        turn.act(Action::Answer { id, outcome });
    }
}
