//! The `PostgreSQL` engine: one server, its data folder and its configuration, behind the contract of
//! `standfast-replication`.
//!
//! It prepares folders with `PostgreSQL`'s own programs, writes the configuration outside the data
//! folder, and asks the running server by SQL. It deliberately does not start or stop servers (the
//! guard does), decides nothing, keeps no state but one connection for observing, and manages no
//! tablespaces, archives or major upgrades.
//!
//! Sources: the `PostgreSQL` manual, chapters 27 (high availability) and 30 (write-ahead log), the
//! pages of `pg_rewind`, `pg_waldump`, `pg_basebackup` and `pg_controldata`; `xlogrecovery.c`,
//! `timeline.c` and `walreceiver.c` of version 15 for what the manual leaves open.

mod configuration;
mod control;
mod copy;
mod defaults;
mod door;
mod engine;
mod files;
mod history;
mod log;
mod observation;
mod parameters;
mod program;
mod promotion;
mod provision;
mod record;
mod secrets;
mod session;
mod settings;
mod slots;
mod write_check;

pub use configuration::slot_name;
pub use engine::Postgres;
pub use secrets::Secrets;
pub use settings::{Settings, loopback_networks};
pub use write_check::AppWriteCheck;
