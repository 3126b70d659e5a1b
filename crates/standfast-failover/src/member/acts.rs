//! What is being done to the database beside us: one act at a time, tried again when it fails.

use standfast_units::Timestamp;

use crate::observation::Observation;

/// The act on the database that is under way. A fence takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Inspecting,
    Initialising,
    Starting,
    Changing,
    Promoting,
    Preparing,
    Stopping,
    Recording,
    Rewinding,
    Cloning,
    Fencing,
}

/// The acts on the database beside us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Acts {
    doing: Option<Doing>,
    /// A server was started: the guard's word on it is awaited up to then.
    started_until: Option<Timestamp>,
    /// The last act failed, with this reason, and is tried again then.
    trouble: Option<(Timestamp, String)>,
}

impl Acts {
    pub(super) fn is_busy(&self) -> bool {
        self.doing.is_some()
    }

    pub(super) fn doing(&self) -> Option<Doing> {
        self.doing
    }

    /// Why the last act failed, while it is to be tried again.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|(_, what)| what.as_str())
    }

    pub(super) fn retry_at(&self) -> Option<Timestamp> {
        let retry_at = self.trouble.as_ref().map(|(at, _)| *at);
        [retry_at, self.started_until].into_iter().flatten().max()
    }

    pub(super) fn forget_trouble(&mut self) {
        self.trouble = None;
    }

    /// The act under way is of no interest any more: what it acted on has ended.
    pub(super) fn abandon(&mut self) {
        self.doing = None;
    }

    pub(super) fn begin(&mut self, doing: Doing) {
        self.doing = Some(doing);
        self.started_until = None;
    }

    /// What was under way, when it was not abandoned; it has ended.
    pub(super) fn end(&mut self) -> Option<Doing> {
        self.doing.take()
    }

    /// The guard's word that the server runs is awaited up to then.
    pub(super) fn await_guard(&mut self, until: Timestamp) {
        self.started_until = Some(until);
    }

    pub(super) fn heard_of(&mut self, observation: &Observation) {
        if matches!(observation, Observation::Guard(_)) {
            self.started_until = None;
        }
    }

    /// Nothing is done before then.
    pub(super) fn wait_until(&mut self, at: Timestamp, what: String) {
        self.trouble = Some((at, what));
    }
}
