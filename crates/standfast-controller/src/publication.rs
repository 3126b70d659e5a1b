//! What a controller publishes about itself and what it sees: at most one publication is under way, and
//! the next one waits for its time whether or not the last one got through.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_record::Controller;
use standfast_units::{Database, Moment, Node, Timestamp};

use crate::settings::Settings;

/// Publications between two looks at the length of the journal: some minutes at the default lease. A store
/// that is full takes no new records, and every change of primary makes some.
const TRIM_EVERY: u64 = 256;

/// How many publications there were, and when the next one is due.
#[derive(Debug, Clone)]
pub(crate) struct Publications {
    count: u64,
    due_at: Timestamp,
    under_way: bool,
    reachable: BTreeMap<Node, bool>,
}

impl Publications {
    /// The first one is due at once.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            count: 0,
            due_at: now,
            under_way: false,
            reachable: BTreeMap::new(),
        }
    }

    /// When the next one is due.
    pub(crate) const fn due_at(&self) -> Timestamp {
        self.due_at
    }

    /// Takes in which databases answered.
    pub(crate) fn probed(&mut self, reachable: BTreeMap<Node, bool>) {
        self.reachable = reachable;
    }

    /// Puts the next one off by `every` and begins one; none while the last one is under way.
    pub(crate) fn begin(&mut self, now: Timestamp, every: Duration) -> Option<Begun> {
        self.due_at = now.after(every);
        if self.under_way {
            return None;
        }
        self.under_way = true;
        self.count += 1;
        Some(if self.count % TRIM_EVERY == 1 {
            Begun::WithTrimming
        } else {
            Begun::Alone
        })
    }

    /// The one under way has ended.
    pub(crate) const fn ended(&mut self) {
        self.under_way = false;
    }

    /// The record of the one under way.
    pub(crate) fn record(
        &self,
        settings: &Settings,
        now: Moment,
        diagnosis: BTreeMap<Database, String>,
    ) -> Controller {
        Controller {
            region: settings.region.clone(),
            published: self.count,
            published_at: now.wall,
            pid: settings.pid,
            address: settings.address,
            port_dns: settings.port_dns,
            port_proxy: settings.port_proxy.clone(),
            reachable: self.reachable.clone(),
            diagnosis,
        }
    }
}

/// A publication that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Nothing goes with it.
    Alone,
    /// It is time to trim the journal as well.
    WithTrimming,
}
