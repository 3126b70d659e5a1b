//! The core of one node: what it knows, and how its state changes.
//!
//! What a step makes of it lives in `member/step.rs`, time to write in `member/right.rs`, what is done to
//! the database beside us in `member/database.rs`, and each state in the file that is named after it.
//! These files' methods call each other one way only: a step calls the states, and states call what they
//! share.

use std::time::Duration;

use standfast_units::{Epoch, Lsn, Node, Timestamp};

use crate::hold::HoldReason;
use crate::observation::{Database, Store};
use crate::observed::Observed;
use crate::settings::Settings;
use crate::state::{State, TRANSITIONS, Transition};

mod acts;
mod answers;
mod candidates;
mod database;
mod ending;
mod following;
mod holding;
mod leading;
mod promoting;
mod recovering;
mod rejoining;
mod remedy;
mod requests;
mod right;
mod starting;
mod step;
mod turn;

use acts::Acts;
use holding::Right;
use remedy::Rejoin;
use requests::Requests;
use turn::Turn;

/// The core of one node.
#[derive(Debug, Clone)]
pub struct Member {
    settings: Settings,
    state: State,
    /// When the state was entered.
    since: Timestamp,
    observed: Observed,
    right: Right,
    acts: Acts,
    rejoin: Rejoin,
    requests: Requests,
    /// When the phases of a takeover that is being considered ended.
    detected_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    /// When clients and standbys were last given what they need on this primary.
    prepared_at: Option<Timestamp>,
    /// How many times in a row the server was started under the right to write, in vain.
    starts: u32,
    /// Up to then, others go first: our server could not be started under the right.
    yielding_until: Option<Timestamp>,
}

impl Member {
    /// A member that knows nothing yet.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self {
            settings,
            state: State::Starting,
            since: now,
            observed: Observed::new(now),
            right: Right::default(),
            acts: Acts::default(),
            rejoin: Rejoin::default(),
            requests: Requests::default(),
            detected_at: None,
            decided_at: None,
            prepared_at: None,
            starts: 0,
            yielding_until: None,
        }
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.state
    }

    /// The epoch it writes under, while it holds the right.
    pub fn epoch(&self) -> Option<Epoch> {
        self.right.holding().map(|holding| holding.lease.epoch)
    }

    /// The epoch it serves under, once it counts itself as serving.
    pub fn serves_under(&self) -> Option<Epoch> {
        self.epoch().filter(|_| self.state == State::Leading)
    }

    /// The instant past which it must not write; `None` when it holds no right.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.right.holding().map(|holding| holding.deadline)
    }

    /// How far the log received here lies behind what the holder published; `None` when unknown.
    pub fn lag_time(&self, received: Lsn) -> Option<Duration> {
        self.observed
            .lease()
            .and_then(|sight| sight.lag_time(received, self.settings.timings.renew_every))
    }

    /// Changes the state for the reason that the table gives.
    fn enter(&mut self, turn: &mut Turn, to: State) {
        let from = self.state;
        let row = TRANSITIONS.iter().find(|(a, b, _)| *a == from && *b == to);
        self.enter_because(turn, to, row.map_or("", |(_, _, occasion)| occasion));
    }

    /// Changes the state for a reason that is more precise than the table's.
    fn enter_because(&mut self, turn: &mut Turn, to: State, why: &str) {
        let from = self.state;
        if from == to {
            return;
        }
        assert!(
            TRANSITIONS.iter().any(|(a, b, _)| *a == from && *b == to),
            "the state machine has no way from {from} to {to}"
        );
        self.state = to;
        self.since = turn.now;
        self.acts.forget_trouble();
        self.decided_at = None;
        self.detected_at = None;
        if to == State::Leading {
            self.starts = 0;
            self.yielding_until = None;
            self.requests.inherit(self.observed.request.as_ref());
        }
        turn.transitions.push(Transition {
            from,
            to,
            why: why.to_owned(),
        });
    }

    fn store_is_reached(&self, turn: &mut Turn) -> bool {
        let reached = self.observed.store == Some(Store::Reached);
        if !reached {
            turn.hold(HoldReason::StoreLost);
        }
        reached
    }

    /// Whether the server beside us is known to accept writes.
    fn serves(&self) -> bool {
        self.observed.server_runs() && matches!(self.observed.database, Database::Primary { .. })
    }

    /// Whether the record names us.
    fn named_holder(&self, holder: &Node) -> bool {
        *holder == self.settings.node
    }

    /// Our server could not be started or promoted under the right to write: any other node that can serve
    /// goes first, for as long as a failover to any region takes to begin. Without this the last
    /// holder, who may always take its right up again (P16), would keep every other node from it.
    fn yield_to_others(&mut self, now: Timestamp) {
        let timings = &self.settings.timings;
        let span = timings
            .lease
            .saturating_add(timings.hold_down)
            .saturating_add(timings.lease);
        self.yielding_until = Some(now.after(span));
        self.starts = 0;
    }

    /// Whether others go first; says so.
    fn yields(&self, turn: &mut Turn) -> bool {
        let Some(until) = self.yielding_until.filter(|until| turn.now < *until) else {
            return false;
        };
        turn.wake(until);
        turn.hold(HoldReason::Yielding {
            remaining: until.since(turn.now),
        });
        true
    }
}
