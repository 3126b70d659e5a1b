//! What one step of a member collects on its way to a decision.

use standfast_units::Timestamp;

use crate::decision::Action;
use crate::hold::HoldReason;
use crate::state::Transition;

/// What one step collects.
pub(super) struct Turn {
    pub(super) now: Timestamp,
    pub(super) transitions: Vec<Transition>,
    pub(super) actions: Vec<Action>,
    pub(super) holds: Vec<HoldReason>,
    pub(super) wake_at: Option<Timestamp>,
}

impl Turn {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            now,
            transitions: Vec::new(),
            actions: Vec::new(),
            holds: Vec::new(),
            wake_at: None,
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(super) fn hold(&mut self, reason: HoldReason) {
        if !self.holds.contains(&reason) {
            self.holds.push(reason);
        }
    }

    pub(super) fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }
}
