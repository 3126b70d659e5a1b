//! Drills: load, faults, measurement, verdict, report.
//!
//! A drill breaks a running system and reports what its clients lived through. It sees the system
//! only from outside: where things are, and which processes make up a region, it learns from the
//! product's own command (`status`, `outputs`); what happened, it learns from the histories of its own
//! clients and from the rows in the databases. The product's journal supplies the five phases and
//! nothing else; no verdict rests on it.
//!
//! The parts, in the order they act:
//!
//! - [`DrillSettings`] and [`Scenario`]: what is asked for. Each scenario is one file below `scenario/`, which
//!   says everything that is particular to it;
//! - the load: clients that write rows by three kinds of path and keep a [`history`] each;
//! - the fault: the processes of a region or of a server killed or stopped, or a switchover asked for;
//! - [`judge`]: histories and rows in, [`DrillVerdict`] out. Pure, so that its own failures can be planted
//!   and found by tests;
//! - [`DrillReport`]: the verdict with all numbers, as JSON or for people ([`render`]).
//!
//! Deliberately absent: any use of the store, of the agents' records or of the crates that decide. A
//! drill that shared code with what it examines would share its mistakes.
//!
//! The method is that of Jepsen's register and set tests: every write has an identity, an attempt
//! without an answer is neither a success nor a failure, and what was acknowledged must be found.

mod clock;
mod defaults;
mod drill;
mod error;
mod fault;
mod fault_record;
mod gap;
pub mod history;
mod hold;
mod judge;
mod load;
mod millis;
mod phases;
mod plot;
mod process;
mod product;
mod render;
mod report;
mod resolver;
mod route;
mod rows;
mod scenario;
mod session;
mod settings;
mod status;
mod summary;

pub use drill::{Milestone, run};
pub use error::Error;
pub use fault_record::FaultRecord;
pub use gap::{Gap, longest_gap};
pub use judge::{
    Aftermath, Breach, Count, DrillVerdict, FollowerFate, Lost, Outage, Parameters, ReturnFate,
    Stale, Writes, judge,
};
pub use phases::Phases;
pub use plot::Plot;
pub use render::{render, render_summary};
pub use report::{Bound, DrillReport};
pub use rows::WrittenRow;
pub use scenario::{Expectation, Scenario, ScenarioError};
pub use settings::{DrillSettings, Finish, LoadPlan, LoadPlanError, Patience};
pub use status::{CommitPromise, Objectives};
pub use summary::{Spread, Summary, summarise};
