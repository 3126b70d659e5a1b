//! The file as it is written: every section and every key.
//!
//! What needs no more than its own values to be valid is public as it is; regions, databases and
//! failover are read here and put together in `assembly`. The comments of keys are what editors show.

pub(crate) mod alarm;
pub(crate) mod bucket;
pub(crate) mod certificate;
pub(crate) mod credentials;
pub(crate) mod dashboard;
pub(crate) mod database;
pub(crate) mod document;
pub(crate) mod failover;
pub(crate) mod function;
pub(crate) mod metric;
pub(crate) mod names;
pub(crate) mod notification;
pub(crate) mod parameter;
pub(crate) mod region;
pub(crate) mod service;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod threshold;
pub(crate) mod waiver;
