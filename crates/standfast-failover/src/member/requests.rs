//! What operators ask for: answered when it is begun, and again when it is refused or given up.

use standfast_units::Timestamp;

use super::Member;
use super::turn::Turn;
use crate::decision::{Action, Answer};
use crate::observation::OperatorRequest;
use crate::state::State;
use standfast_record::RequestState;

/// What was said about requests in this life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Requests {
    /// The request we have begun to act on.
    begun: Option<String>,
    /// The request we have refused.
    refused: Option<Refused>,
    /// The request that was there when we came to lead: we may be what came of it.
    inherited: Option<String>,
    /// Why the one we had begun was given up.
    why: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    id: String,
    why: String,
    /// When we last said so.
    said_at: Timestamp,
}

impl Requests {
    pub(super) fn inherit(&mut self, request: Option<&OperatorRequest>) {
        self.inherited = request.map(|request| request.id.clone());
    }

    pub(super) fn gave_up(&mut self, why: String) {
        self.why = Some(why);
    }
}

impl Member {
    /// P8: a primary that can be asked hands over and loses nothing, whatever the operator called it.
    pub(super) fn consider_handing_over(&mut self, turn: &mut Turn) {
        let Some(request) = self.observed.request.clone() else {
            return;
        };
        let to = request.kind.to();
        let here = self.settings.region_of(&self.settings.node) == Some(to);
        let begun = request.state == RequestState::Begun
            || self.requests.begun.as_ref() == Some(&request.id);
        let inherited = self.requests.inherited.as_ref() == Some(&request.id);
        let refusal = if here {
            // What it asked for has come about: it is concluded when the name means us.
            let concluded_by = self.since.after(self.settings.timings.lease);
            if (begun || inherited) && turn.now < concluded_by {
                return turn.wake(concluded_by);
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
        } else if let Some(why) = self.refused_before(&request.id) {
            why
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
        self.answer(turn, &request.id, Answer::Refused(refusal));
    }

    /// A request that was refused is not acted on later, when its asker has gone.
    fn refused_before(&self, id: &str) -> Option<String> {
        let refused = self.requests.refused.as_ref()?;
        (refused.id == id).then(|| refused.why.clone())
    }

    /// Says that the present request is being acted on.
    pub(super) fn begin_request(&mut self, turn: &mut Turn) {
        if let Some(request) = self.observed.request.clone() {
            self.requests.why = None;
            self.answer(turn, &request.id, Answer::Begun);
        }
    }

    /// Says each thing once; a refusal again while it does not seem to have been heard, since the
    /// operator who asked waits for it.
    pub(super) fn answer(&mut self, turn: &mut Turn, id: &str, answer: Answer) {
        let news = match &answer {
            Answer::Begun => {
                let news = self.requests.begun.as_deref() != Some(id);
                self.requests.begun = Some(id.to_owned());
                news
            }
            Answer::Refused(why) => {
                let again_after = self.settings.timings.lease;
                let news = !self.requests.refused.as_ref().is_some_and(|refused| {
                    refused.id == id && turn.now.since(refused.said_at) < again_after
                });
                if news {
                    self.requests.refused = Some(Refused {
                        id: id.to_owned(),
                        why: why.clone(),
                        said_at: turn.now,
                    });
                }
                news
            }
        };
        if news {
            let id = id.to_owned();
            turn.act(Action::Answer { id, answer });
        }
    }
}
