//! What operators asked for, as far as it was answered in this life.

use std::time::Duration;

use standfast_units::Timestamp;

use crate::observation::OperatorRequest;

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

    /// Why the one we had begun was given up; asked once.
    pub(super) fn take_why(&mut self) -> Option<String> {
        self.why.take()
    }

    pub(super) fn forget_why(&mut self) {
        self.why = None;
    }

    /// Whether we have begun to act on it in this life.
    pub(super) fn has_begun(&self, id: &str) -> bool {
        self.begun.as_deref() == Some(id)
    }

    /// Whether it was there when we came to lead.
    pub(super) fn is_inherited(&self, id: &str) -> bool {
        self.inherited.as_deref() == Some(id)
    }

    /// A request that was refused is not acted on later, when its asker has gone.
    pub(super) fn refused_before(&self, id: &str) -> Option<String> {
        let refused = self.refused.as_ref()?;
        (refused.id == id).then(|| refused.why.clone())
    }

    /// Notes that it is begun; whether that is news.
    pub(super) fn begin(&mut self, id: &str) -> bool {
        let news = !self.has_begun(id);
        self.begun = Some(id.to_owned());
        news
    }

    /// Notes that it is refused; whether that is to be said, for the first time or again.
    pub(super) fn refuse(
        &mut self,
        now: Timestamp,
        id: &str,
        why: &str,
        again_after: Duration,
    ) -> bool {
        let news = !self
            .refused
            .as_ref()
            .is_some_and(|refused| refused.id == id && now.since(refused.said_at) < again_after);
        if news {
            self.refused = Some(Refused {
                id: id.to_owned(),
                why: why.to_owned(),
                said_at: now,
            });
        }
        news
    }
}
