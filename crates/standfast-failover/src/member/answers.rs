//! What operators are told: that what they asked for is begun, and again when it is refused or given up.

use super::Member;
use super::turn::Turn;
use crate::decision::{Action, Answer};

impl Member {
    /// Says that the present request is being acted on.
    pub(super) fn begin_request(&mut self, turn: &mut Turn) {
        if let Some(request) = self.observed.request.clone() {
            self.requests.forget_why();
            self.answer(turn, &request.id, Answer::Begun);
        }
    }

    /// Says each thing once; a refusal again while it does not seem to have been heard, since the
    /// operator who asked waits for it.
    pub(super) fn answer(&mut self, turn: &mut Turn, id: &str, answer: Answer) {
        let news = match &answer {
            Answer::Begun => self.requests.begin(id),
            Answer::Refused(why) => {
                let again_after = self.settings.timings.lease;
                self.requests.refuse(turn.now, id, why, again_after)
            }
        };
        if news {
            let id = id.to_owned();
            turn.act(Action::Answer { id, answer });
        }
    }
}
