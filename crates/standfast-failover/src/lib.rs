//! The decision core of Standfast: observations and the passing of time in, decisions out.
//!
//! ```text
//!   observations ──┐                         ┌──► actions (carried out by agent or controller)
//!   outcomes     ──┼──► step(now, input) ────┤
//!   time         ──┘    Member | Region      └──► reasons to hold, readable by an operator
//! ```
//!
//! Two cores share these types. [`Member`] decides for one database node: whether it may take the
//! right to write, promote, fence, follow or rejoin. It runs in the agent beside the database.
//! [`Redirector`] decides for one region's controller: whether a new primary is verified and the
//! writer name may move. Both are plain state machines: equal state and equal input give equal
//! output, there is no clock, no random source, no I/O and no `async` here, and the simulator runs
//! this very code.
//!
//! What holds however inputs are lost, delayed, repeated or reordered:
//!
//! - A member acts as a primary only while the instant it was told of, counted from *before* its last
//!   confirmed renewal was sent, lies ahead (P2); past it the only action is to fence.
//! - A member asks for the right to write only when it saw the record stand still for the whole lease
//!   on its own clock, or released (P1); the store's compare-and-swap makes a stale view harmless.
//! - A member that does not hold the right never starts or keeps a server that accepts writes.
//!
//! What the caller owes:
//!
//! - every action is carried out, or not at all, in the order given, and ends with exactly one
//!   [`Outcome`] ([`Action::Answer`] and [`Action::Exit`] excepted);
//! - an action about the database takes the place of the one under way, whose outcome is then dropped;
//!   actions about the right to write run beside it;
//! - a deadline reported in an [`Outcome`] was counted from before the request left, and a guard that
//!   runs a server has acknowledged it (P2, P4);
//! - [`Member::step`] is called no later than [`Decision::wake_at`].

#![deny(clippy::wildcard_enum_match_arm)]

mod decision;
mod diagnosis;
mod hold;
mod lease;
mod member;
mod observation;
mod observed;
mod outcome;
mod redirector;
mod rejoin;
mod serving;
mod settings;
mod state;
mod takeover;

pub use decision::{
    Acquisition, Action, Answer, DatabaseAction, Decision, Instants, Pace, RightAction,
};
pub use diagnosis::Diagnosis;
pub use hold::HoldReason;
pub use member::Member;
pub use observation::{Database, Folder, Guard, Input, Observation, OperatorRequest, Peer, Store};
pub use outcome::{DatabaseOutcome, Outcome, RightOutcome};
pub use redirector::{RedirectAction, RedirectInput, Redirector, RedirectorSettings};
pub use rejoin::{RejoinPlan, plan_rejoin};
pub use serving::{Serving, conclude, serving};
pub use settings::{Mode, Settings, Timings};
pub use state::{State, TRANSITIONS, Transition, diagram};
