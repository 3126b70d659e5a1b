//! What the transcripts of all scenarios tell of: every row of the table of transitions, every action, every
//! reason to hold and every diagnosis stands in one of them.
//!
//! Only what a transcript says counts. Steps that a scenario begins with, and does not tell of, assert nothing.

use std::collections::BTreeSet;

use standfast_failover::{
    Action, Answer, DatabaseAction, Decision, Diagnosis, HoldReason, RedirectAction, RightAction,
    State, TRANSITIONS,
};

/// An enumeration whose variants have names.
trait Variants {
    /// The enumeration's own name.
    const KIND: &'static str;
    /// The names of all variants.
    const ALL: &'static [&'static str];

    fn variant(&self) -> &'static str;
}

/// A variant that is left out does not compile.
macro_rules! variants {
    ($kind:ident: $($variant:ident),+) => {
        impl Variants for $kind {
            const KIND: &'static str = stringify!($kind);
            const ALL: &'static [&'static str] = &[$(stringify!($variant)),+];

            fn variant(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant)),+
                }
            }
        }
    };
}

variants!(Action: Right, Database, Answer, Exit);
variants!(RightAction: Acquire, Renew, Release);
variants!(
    DatabaseAction: InspectFolder, Initialise, StartPrimary, StartStandby, Follow, Promote, Prepare, StepDown,
    StopStandby, Fence, RecordSurplus, Rewind, Clone
);
variants!(Answer: Begun, Refused);
variants!(RedirectAction: Verify, Redirect);
variants!(
    HoldReason: StoreLost, LeaseRunning, ReleaseRecent, HoldDown, CoolDown, Paused, NotAutomatic, NamedAnother,
    Diverged, AnotherIsAhead, LossTooLarge, LossUnknown, AwaitingLog, NotAStandby, HandedTo, NoPrimary,
    AwaitingFounder, StoreForgot, DataMissing, Yielding, Retrying
);
variants!(
    Diagnosis: Unknown, Healthy, ProcessLost, NotCreated, GivenUp, NodeLost, RegionLost, Partitioned, Isolated,
    Grey
);

/// What transcripts tell of.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    transitions: BTreeSet<(State, State)>,
    /// Each with the name of its enumeration.
    variants: BTreeSet<(&'static str, &'static str)>,
}

impl Coverage {
    fn see<T: Variants>(&mut self, told: &T) {
        self.variants.insert((T::KIND, told.variant()));
    }

    /// What a step did.
    pub(super) fn see_acts(&mut self, decision: &Decision) {
        for transition in &decision.transitions {
            self.transitions.insert((transition.from, transition.to));
        }
        for action in &decision.actions {
            self.see(action);
            match action {
                Action::Right(action) => self.see(action),
                Action::Database(action) => self.see(action),
                Action::Answer { answer, .. } => self.see(answer),
                Action::Exit => {}
            }
        }
    }

    /// How a step left things.
    pub(super) fn see_standing(&mut self, decision: &Decision) {
        self.see(&decision.diagnosis);
        for hold in &decision.holds {
            self.see(hold);
        }
    }

    pub(super) fn see_redirection(&mut self, action: &RedirectAction) {
        self.see(action);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.transitions.extend(other.transitions);
        self.variants.extend(other.variants);
    }

    /// Rows of the table that no transcript tells of.
    pub(super) fn missing_rows(&self) -> Vec<String> {
        TRANSITIONS
            .iter()
            .filter(|(from, to, _)| !self.transitions.contains(&(*from, *to)))
            .map(|(from, to, when)| format!("{from} -> {to}: {when}"))
            .collect()
    }

    pub(super) fn missing_actions(&self) -> Vec<String> {
        [
            self.missing::<Action>(),
            self.missing::<RightAction>(),
            self.missing::<DatabaseAction>(),
            self.missing::<Answer>(),
            self.missing::<RedirectAction>(),
        ]
        .concat()
    }

    pub(super) fn missing_holds(&self) -> Vec<String> {
        self.missing::<HoldReason>()
    }

    pub(super) fn missing_diagnoses(&self) -> Vec<String> {
        self.missing::<Diagnosis>()
    }

    fn missing<T: Variants>(&self) -> Vec<String> {
        T::ALL
            .iter()
            .filter(|variant| !self.variants.contains(&(T::KIND, *variant)))
            .map(|variant| format!("{}::{variant}", T::KIND))
            .collect()
    }
}
