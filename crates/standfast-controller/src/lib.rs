//! The controller: one per region and one in the witness.
//!
//! It watches what agents publish, asks [`standfast_failover::Redirector`] whether a new primary is to
//! be verified and the writer name moved, carries that out, serves names from the result, and
//! publishes what it can reach from its place. It never promotes, fences or renews: only agents touch
//! databases, and the right to write is theirs.
//!
//! [`Controller`] is a pure machine: events and the passing of time in, effects out. Equal state and
//! equal input give equal output. The feature `runtime` adds `run`, the loop that feeds it and carries
//! its effects out.
//!
//! ```text
//!   records, probes ──┐                              ┌──► reads and transactions
//!   answers         ──┼──► Controller::step(now, e) ─┼──► verify, serve, tell
//!   time            ──┘                              └──► trim the journal
//! ```

#![deny(clippy::wildcard_enum_match_arm)]

mod awaited;
mod conclusion;
mod controller;
mod diagnosis;
mod effect;
#[cfg(feature = "runtime")]
mod effects;
mod errands;
mod event;
mod names;
mod note;
mod peers;
mod primary;
#[cfg(feature = "runtime")]
mod probe;
mod publication;
mod records;
mod redirect;
#[cfg(feature = "runtime")]
mod run;
mod settings;
mod ticket;
mod tidings;

pub use controller::Controller;
pub use effect::Effect;
#[cfg(feature = "runtime")]
pub use effects::{Names, Notify};
pub use event::Event;
#[cfg(feature = "runtime")]
pub use run::run;
pub use settings::{NodePlace, Settings};
pub use ticket::Ticket;
