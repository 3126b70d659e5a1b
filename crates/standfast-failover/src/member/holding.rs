//! What a member has of the right to write: whether it holds it, and what is under way about it.

use standfast_record::{Lease, LeaseState, Revision, SuccessionKind};
use standfast_units::{Node, Timestamp};

use crate::decision::Acquisition;
use crate::state::State;

/// The right to write while it is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) lease: Lease,
    pub(super) revision: Revision,
    /// Past it, nothing may be done but to fence (P2).
    pub(super) deadline: Timestamp,
    pub(super) renew_at: Timestamp,
    /// When the last renewal was asked for.
    pub(super) asked_at: Timestamp,
    /// Who takes over when we give it up. Part of the holding, so that it is forgotten with it.
    pub(super) successor: Option<Node>,
}

/// Whether a transaction about the right is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Exchange {
    #[default]
    None,
    UnderWay,
}

/// All about the right to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Right {
    holding: Option<Holding>,
    /// Our last acquisition; the agent fills in the incarnation.
    acquisition: Option<Acquisition>,
    exchange: Exchange,
    /// The incarnation we have given up: what says otherwise is older.
    released: Option<String>,
}

impl Right {
    pub(super) fn holding(&self) -> Option<&Holding> {
        self.holding.as_ref()
    }

    pub(super) fn holding_mut(&mut self) -> Option<&mut Holding> {
        self.holding.as_mut()
    }

    /// The right is ours from now on, or still, if our former life took it.
    pub(super) fn take_up(
        &mut self,
        lease: Lease,
        revision: Revision,
        deadline: Timestamp,
        renew_at: Timestamp,
    ) {
        self.holding = Some(Holding {
            lease,
            revision,
            deadline,
            renew_at,
            asked_at: Timestamp::from_nanos(0),
            successor: None,
        });
    }

    /// Forgets the right; the record says whose it is.
    pub(super) fn drop_it(&mut self) {
        self.holding = None;
    }

    /// Whether a transaction about the right is under way. One at a time, so that outcomes need no names.
    pub(super) fn is_busy(&self) -> bool {
        self.exchange == Exchange::UnderWay
    }

    pub(super) fn begin_acquisition(&mut self, acquisition: Acquisition) {
        self.begin_exchange();
        self.acquisition = Some(acquisition);
    }

    pub(super) fn begin_exchange(&mut self) {
        self.exchange = Exchange::UnderWay;
    }

    pub(super) fn end_exchange(&mut self) {
        self.exchange = Exchange::None;
    }

    /// The lease as we asked for it last, without an incarnation.
    pub(super) fn asked_for(&self) -> Option<&Lease> {
        self.acquisition.as_ref().map(|taken| &taken.lease)
    }

    /// The store has confirmed that the right is given up.
    pub(super) fn note_release(&mut self) {
        let holding = self.holding.take();
        self.released = holding.map(|holding| holding.lease.incarnation);
    }

    /// Whether a record is older than our own release of it.
    pub(super) fn was_released(&self, lease: &Lease) -> bool {
        lease.state == LeaseState::Held && self.released.as_ref() == Some(&lease.incarnation)
    }

    /// Why the present epoch began, when it began in this life.
    pub(super) fn kind(&self) -> Option<SuccessionKind> {
        self.acquisition.as_ref().map(|taken| taken.kind)
    }

    /// When a step is due for its sake.
    pub(super) fn wake_at(&self, state: State) -> Option<Timestamp> {
        let holding = self.holding.as_ref()?;
        if state.renews() && !self.is_busy() {
            Some(holding.deadline.min(holding.renew_at))
        } else {
            Some(holding.deadline)
        }
    }
}
