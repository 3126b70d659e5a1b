//! The command itself, with everything real around it: the supervisor, agents, guards, controllers, the
//! store, relays, and `PostgreSQL`.
//!
//! One part of a system at a time is killed or stopped, while clients that never stop writing keep a
//! history of what was confirmed to them and when. Tests judge by these histories, by rows, and by which
//! processes there are; never by how long something took.

#[cfg(test)]
mod agent;
#[cfg(test)]
mod database;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod history;
#[cfg(test)]
mod life;
#[cfg(test)]
mod process;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod region;
#[cfg(test)]
mod status;
#[cfg(test)]
mod store;
#[cfg(test)]
mod supervisor;
#[cfg(test)]
mod switchover;
#[cfg(test)]
mod synth;
#[cfg(test)]
mod system;
#[cfg(test)]
mod time;
#[cfg(test)]
mod writer;
