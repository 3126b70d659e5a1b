//! Noting in the record of a change of primary what a controller has done for it.

use standfast_record::{Completing, Completion, Step, key};
use standfast_units::{System, WallTime};

use crate::primary::NewPrimary;

/// What a controller does for a change of primary, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A write was read back.
    Verified,
    /// The writer name was moved.
    Redirected,
    /// People were told.
    Notified,
}

impl Deed {
    const fn step(self) -> Step {
        match self {
            Self::Verified => Step::Verified,
            Self::Redirected => Step::Redirected,
            Self::Notified => Step::Notified,
        }
    }
}

/// A deed that is being noted.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) primary: NewPrimary,
    pub(crate) deed: Deed,
    pub(crate) completion: Completion,
}

impl Note {
    /// Begins to note that something was done at `at`; returns what that needs first.
    pub(crate) fn new(
        system: &System,
        primary: NewPrimary,
        deed: Deed,
        at: WallTime,
    ) -> (Self, Completing) {
        let key = key::succession(system, &primary.database, primary.epoch);
        let (completion, next) = Completion::new(key, deed.step(), at, None);
        let note = Self {
            primary,
            deed,
            completion,
        };
        (note, next)
    }
}
