//! Contract of a database engine: what an agent asks of the one server beside it, and what a
//! controller asks of a primary to verify it.
//!
//! An engine prepares a data folder and says how its server is started; it never starts or stops a
//! server itself. That is the guard's, so that the lease deadline holds for every server there is.
//! An engine decides nothing: each method does one act that the decision core asked for.

#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;

pub use contract::{
    DataFolder, Engine, Error, FolderState, Follower, LogDirection, LogEnd, Promotion,
    ServerObservation, Shutdown, StartAs, StartCommand, Surplus, SurplusCommit, Upstream,
    WriteCheck,
};
