//! Regions as process groups on loopback addresses of one machine.
//!
//! - [`layout`]: where files lie.
//! - [`addresses`]: who listens where; [`ports`] asks the machine what is free.
//! - [`mark`]: what the processes of a system are known by.
//! - [`supervisor`]: starts processes and starts those again that die; decides nothing.
//! - [`stale`]: finds and stops what an earlier `up` left, whether it ended or was killed.
//! - [`relay`]: carries traffic between regions, and can delay or cut it.
//!
//! Deliberately absent: any knowledge of blueprints, agents or databases. Processes arrive as plain
//! data ([`supervisor::ProcessSpec`]). Linux only: `/proc`, pidfds and loopback's whole `127.0.0.0/8`.

pub mod addresses;
mod backoff;
mod defaults;
pub mod holds;
pub mod layout;
pub mod mark;
pub mod ports;
pub mod processes;
pub mod relay;
pub mod session;
pub mod stale;
pub mod supervisor;
pub mod up;
