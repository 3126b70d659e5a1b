//! Acknowledgements over time: the picture that belongs to the numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standfast_units::Timestamp;

use crate::defaults::{LOAD_AFTER, PLOT_BUCKET, PLOT_BUCKETS_MAX};
use crate::history::{ClientHistory, Path};

/// Acknowledgements per bucket of time, for each path and for the clients pinned to the former primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plot {
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// How many buckets lie before the fault.
    pub before: usize,
    /// The measuring clients, by path.
    pub paths: BTreeMap<Path, Vec<u32>>,
    /// The pinned clients; absent when there were none.
    pub pinned: Option<Vec<u32>>,
}

impl Plot {
    pub(crate) fn new(histories: &[ClientHistory], fault_at: Timestamp, until: Timestamp) -> Self {
        let before = usize::try_from(LOAD_AFTER.as_millis() / PLOT_BUCKET.as_millis()).unwrap_or(0);
        let start = fault_at.before(LOAD_AFTER);
        let index = |at: Timestamp| {
            usize::try_from(at.since(start).as_millis() / PLOT_BUCKET.as_millis())
                .unwrap_or(usize::MAX)
        };
        let columns = index(until).saturating_add(1).min(PLOT_BUCKETS_MAX);
        let mut paths = BTreeMap::new();
        let mut pinned = None;
        for history in histories {
            let line = if history.measures_outage() {
                paths
                    .entry(history.path)
                    .or_insert_with(|| vec![0_u32; columns])
            } else {
                pinned.get_or_insert_with(|| vec![0_u32; columns])
            };
            for at in history.acknowledged_at().filter(|at| *at >= start) {
                if let Some(bucket) = line.get_mut(index(at)) {
                    *bucket += 1;
                }
            }
        }
        Self {
            bucket_ms: u64::try_from(PLOT_BUCKET.as_millis()).unwrap_or(0),
            before,
            paths,
            pinned,
        }
    }
}
