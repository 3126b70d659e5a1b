//! What the guard last told of itself, as its agent sees it.

use standfast_guard::protocol::{Event, Message, Phase, Reason, Reply, Request, Status};

/// What the guard last told of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuardView {
    /// How it stands; `None` while there is none.
    pub status: Option<Status>,
    /// Grows with each connection that is lost: what was asked on an earlier one is never answered.
    pub connections: u64,
    /// How many times it has told that nothing of the data folder remains.
    pub fences: u64,
    /// Why it last did.
    pub last_reason: Option<Reason>,
}

impl GuardView {
    /// Whether nothing of the data folder runs.
    pub fn is_idle(&self) -> bool {
        self.is(Phase::Idle)
    }

    /// Whether the database runs.
    pub fn is_running(&self) -> bool {
        self.is(Phase::Running)
    }

    fn is(&self, phase: Phase) -> bool {
        self.status
            .as_ref()
            .is_some_and(|status| status.state == phase)
    }

    /// The connection is gone.
    pub fn lose(&mut self) {
        self.status = None;
        self.connections += 1;
    }

    /// A request is on its way. A deadline counts as taken: the guard refuses it only when a later one is
    /// in force, or when it fences, which it tells.
    pub fn asked(&mut self, request: &Request) {
        if let (Request::Deadline { at, label }, Some(status)) = (request, &mut self.status) {
            status.deadline = Some(*at);
            status.label.clone_from(label);
        }
    }

    /// Takes in what the guard said.
    pub fn hear(&mut self, message: &Message) {
        match message {
            Message::Reply(Reply::State(status)) => self.status = Some(status.clone()),
            Message::Reply(Reply::Ok | Reply::Refused { .. }) => {}
            Message::Event(Event::Exited { .. }) => {
                if let Some(own) = &mut self.status {
                    own.state = Phase::Fencing;
                    own.pid = None;
                }
            }
            Message::Event(Event::Fenced { reason, .. }) => {
                if let Some(own) = &mut self.status {
                    own.state = Phase::Idle;
                    own.pid = None;
                    own.deadline = None;
                }
                self.fences += 1;
                self.last_reason = Some(reason.clone());
            }
        }
    }
}
