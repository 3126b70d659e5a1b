//! What is done at present to the traffic to each destination.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::watch;

use super::route::Destination;

/// Whether anything passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Passage {
    /// Everything passes.
    #[default]
    Open,
    /// Nothing passes, in neither direction.
    Cut,
}

/// What is done to the traffic to one destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Treatment {
    pub(super) passage: Passage,
    pub(super) delay: Duration,
}

/// One destination: its treatment, and how many connections it has.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) treatment: watch::Sender<Treatment>,
    pub(super) connections: AtomicUsize,
}

pub(super) type Ways = Arc<BTreeMap<Destination, Way>>;
