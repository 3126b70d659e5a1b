//! The agent: beside one database, it observes, asks the decision core, and has done what the core
//! decided.
//!
//! ```text
//!   views of the store ──┐                             ┌──► reads and transactions of the store
//!   the guard's words  ──┼──► Agent::step(now, event) ─┼──► requests to the guard
//!   the database's     ──┘       │          ▲          └──► calls of the database engine
//!                                ▼          │
//!                       standfast_failover::Member
//! ```
//!
//! [`Agent`] is a machine: no task, socket, file, clock or random source. It turns what it sees into
//! observations for [`standfast_failover::Member`], and what the core decides into sequences of effects:
//! those about the right to write run beside those about the database, and a fence takes the place of
//! whatever is done to the database. It decides nothing of its own. The simulation runs this very code.
//!
//! The runtime (feature `runtime`) is a loop that feeds events and hands that carry out effects. It has one
//! thread, so that there is one order of events; nothing on it waits for a disk except through the engine's
//! own programs. The agent never starts or stops a database process: its guard does, which outlives it.

mod act;
mod agent;
mod answering;
mod desk;
mod effect;
#[cfg(feature = "runtime")]
mod effects;
mod event;
mod feed;
#[cfg(feature = "runtime")]
mod guard;
mod guard_view;
#[cfg(feature = "runtime")]
mod observer;
mod publication;
mod right;
#[cfg(feature = "runtime")]
mod run;
mod settings;
mod ticket;

pub use agent::Agent;
pub use effect::{Effect, EngineCall};
pub use event::{EngineAnswer, EngineFailure, Event, GuardFailure};
pub use guard_view::GuardView;
#[cfg(feature = "runtime")]
pub use run::{GuardPlace, run};
pub use settings::Settings;
pub use ticket::Ticket;
