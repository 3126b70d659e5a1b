//! What a stopped server needs before it follows again, and what was tried (P14).
//!
//! Every repair that turns out to have been in vain makes the next one wait longer and be more
//! thorough, so that this converges or stands still with its reason, and never turns in circles.

use std::time::Duration;

use standfast_record::Fork;
use standfast_units::{Node, Timestamp};

/// How long a standby may be without its stream, while the primary serves, before it is cloned afresh:
/// its place in the log is gone (P14). The primary makes lost places anew more often than this, so that
/// a standby whose log is still there comes back without a clone.
const ADRIFT_MAX: Duration = Duration::from_mins(2);

/// How many times in a row a standby may end by itself before its folder is not trusted any more.
const ENDS_MAX: u32 = 4;

/// The wait before a standby that ended by itself is started again, doubled each time.
const RESTART_AFTER: Duration = Duration::from_millis(500);

/// The wait before a repair is tried a third time, doubled each further time.
const REPAIR_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Doubling a wait ends here: 2^6 times the first.
const DOUBLINGS_MAX: u32 = 6;

/// What is to be done with the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Remedy {
    /// What its comparison with the store's history says.
    #[default]
    Judged,
    /// The running server was seen past a fork, whatever the stopped one says: rewind it.
    Rewind,
    /// A rewind was refused or in vain, or it cannot follow: copy afresh.
    Clone,
    /// It was just rewound or copied: it is started without being judged again.
    Done,
}

/// Whether what a folder has and the primary has not was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ledger {
    #[default]
    Open,
    /// Being recorded, from this fork on.
    UnderWay(Fork),
    /// From this fork on; a primary that left earlier has less, and more is to be recorded.
    Recorded(Fork),
}

/// What is known of the way back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rejoin {
    remedy: Remedy,
    ledger: Ledger,
    /// How many times in a row it could not be recorded.
    not_recorded: u32,
    /// Whether the folder's server was a primary since its last repair.
    was_primary: WasPrimary,
    /// Whom the running standby was last told to follow.
    upstream: Option<Node>,
    /// Repairs since the standby last streamed.
    repairs: u32,
    repair_after: Option<Timestamp>,
    /// How many times in a row the standby ended by itself.
    ends: u32,
    start_after: Option<Timestamp>,
    /// Since when the standby is without its stream while the primary serves.
    adrift_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WasPrimary {
    #[default]
    Unknown,
    Yes,
}

impl Rejoin {
    pub(super) fn remedy(&self) -> Remedy {
        self.remedy
    }

    pub(super) fn was_primary(&self) -> WasPrimary {
        self.was_primary
    }

    pub(super) fn repairs(&self) -> u32 {
        self.repairs
    }

    /// How many times in a row what the folder has could not be recorded.
    pub(super) fn records_failed(&self) -> u32 {
        self.not_recorded
    }

    /// Nothing is repaired before then.
    pub(super) fn repair_after(&self) -> Option<Timestamp> {
        self.repair_after
    }

    /// The standby is not started before then.
    pub(super) fn start_after(&self) -> Option<Timestamp> {
        self.start_after
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// What lies past the fork is being recorded.
    pub(super) fn records(&mut self, fork: Fork) {
        self.ledger = Ledger::UnderWay(fork);
    }

    /// The folder's server is seen to have been a primary.
    pub(super) fn was_seen_as_primary(&mut self) {
        self.was_primary = WasPrimary::Yes;
    }

    pub(super) fn surplus_recorded(&mut self) {
        if let Ledger::UnderWay(fork) = self.ledger {
            self.ledger = Ledger::Recorded(fork);
        }
    }

    pub(super) fn not_recorded(&mut self) {
        self.ledger = Ledger::Open;
        self.not_recorded = self.not_recorded.saturating_add(1);
    }

    pub(super) fn repaired(&mut self, now: Timestamp) {
        self.repairs = self.repairs.saturating_add(1);
        if self.repairs >= 2 {
            self.repair_after = Some(now.after(doubled(REPAIR_AGAIN_AFTER, self.repairs - 2)));
        }
        self.remedy = Remedy::Done;
        self.ledger = Ledger::Open;
        self.not_recorded = 0;
        self.was_primary = WasPrimary::Unknown;
    }

    pub(super) fn not_rewound(&mut self) {
        self.remedy = Remedy::Clone;
    }

    /// A copy that failed left the folder as it was: it is judged anew, and may at least be started.
    pub(super) fn not_cloned(&mut self) {
        self.remedy = Remedy::Judged;
    }

    pub(super) fn started(&mut self) {
        self.remedy = Remedy::Judged;
        // It may be promoted and accept more: what was recorded before does not cover that.
        self.ledger = Ledger::Open;
        self.upstream = None;
        self.adrift_since = None;
    }

    pub(super) fn follows_nobody(&mut self) {
        self.upstream = None;
    }

    /// Notes whom the standby is told to follow; `false` when it was told so before.
    pub(super) fn turn_to(&mut self, upstream: &Node) -> bool {
        let news = self.upstream.as_ref() != Some(upstream);
        self.upstream = Some(upstream.clone());
        news
    }

    /// The running server is past a fork.
    pub(super) fn past_the_fork(&mut self) {
        self.remedy = if self.repairs > 0 {
            Remedy::Clone
        } else {
            Remedy::Rewind
        };
    }

    /// The standby streams from the primary that serves: it is well.
    pub(super) fn streams(&mut self) {
        let upstream = self.upstream.take();
        *self = Self {
            upstream,
            ..Self::default()
        };
    }

    /// The standby is without its stream; whether that has lasted too long.
    pub(super) fn is_adrift(&mut self, now: Timestamp) -> bool {
        let since = *self.adrift_since.get_or_insert(now);
        let patience = doubled(ADRIFT_MAX, self.repairs);
        if now.since(since) >= patience {
            self.remedy = Remedy::Clone;
            return true;
        }
        false
    }

    /// No primary serves: a standby without a stream says nothing about itself.
    pub(super) fn no_primary_serves(&mut self) {
        self.adrift_since = None;
    }

    /// The standby is not running any more.
    pub(super) fn ended(&mut self, now: Timestamp) {
        self.adrift_since = None;
        if self.remedy == Remedy::Rewind || self.remedy == Remedy::Clone {
            // We stopped it.
            return;
        }
        if self.ends > 0 {
            self.start_after = Some(now.after(doubled(RESTART_AFTER, self.ends)));
        }
        self.ends = self.ends.saturating_add(1);
        if self.ends > ENDS_MAX {
            self.remedy = Remedy::Clone;
        }
    }
}

fn doubled(span: Duration, times: u32) -> Duration {
    span.saturating_mul(1 << times.min(DOUBLINGS_MAX))
}
