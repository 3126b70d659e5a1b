//! A model of one machine: its clock, its guard, its database and the folder the database lives in.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use standfast_failover::{Member, Pace, Settings};
use standfast_units::{Lsn, Node as Name, Timeline, Timestamp};

use super::store::Contents;

/// A record of the log. No two are ever equal, so that two logs with an equal record agree on all
/// before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) timeline: Timeline,
}

/// What lies on the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) holds: Holds,
    pub(super) log: Vec<Record>,
    pub(super) timeline: Option<Timeline>,
    /// Whether clients find what they need, so that they can write at all.
    pub(super) provisioned: bool,
    /// The fork of the timeline it is on, when it was promoted here.
    pub(super) promoted_at: Option<(Timeline, Timeline, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Holds {
    #[default]
    Nothing,
    Unfinished,
    Primary,
    Standby,
}

impl Disk {
    pub(super) fn end(&self) -> Lsn {
        Lsn::new(self.log.len() as u64)
    }

    /// How many records two logs have in common.
    pub(super) fn common(&self, other: &Self) -> usize {
        let mut count = self.log.len().min(other.log.len());
        while count > 0 && self.log[count - 1] != other.log[count - 1] {
            count -= 1;
        }
        count
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Down,
    /// Starting or recovering.
    Busy,
    Standby,
    Primary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    Running,
    Fencing,
}

#[derive(Debug)]
pub(super) struct Guard {
    pub(super) alive: bool,
    pub(super) phase: Phase,
    pub(super) deadline: Option<Timestamp>,
    pub(super) label: String,
    /// Grows with each change of phase, so that what was planned for an earlier one is dropped.
    pub(super) life: u64,
}

/// A fence that waits for the guard to tell that nothing remains.
#[derive(Debug, Clone)]
pub(super) struct Waiter {
    pub(super) life: u64,
    pub(super) generation: u64,
}

pub(super) struct Agent {
    pub(super) member: Member,
    pub(super) generation: u64,
    pub(super) pace: Pace,
    pub(super) seen: Seen,
    pub(super) wake_planned: u64,
    pub(super) published: u64,
}

/// What the agent's mirror was fed so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) store_reached: Option<bool>,
    pub(super) lease: Option<u64>,
    pub(super) members: BTreeMap<Name, u64>,
    pub(super) controllers: BTreeMap<String, u64>,
    pub(super) transitions: u64,
    pub(super) request: u64,
    pub(super) paused: bool,
}

/// The machine's watch of the store.
#[derive(Debug)]
pub(super) struct Mirror {
    pub(super) linked: bool,
    pub(super) view: Option<Rc<Contents>>,
    /// Whether something is on its way.
    pub(super) planned: bool,
}

pub(super) struct Machine {
    pub(super) name: Name,
    pub(super) region: usize,
    pub(super) settings: Settings,
    /// How fast its clock runs against true time, in parts per million.
    drift_ppm: i64,
    offset: u64,
    pub(super) agent: Option<Agent>,
    /// Grows with each life of the agent.
    pub(super) life: u64,
    pub(super) frozen_until: u64,
    pub(super) agent_frozen_until: u64,
    pub(super) guard: Guard,
    pub(super) server: Server,
    /// Whether clients are let in.
    pub(super) admits: bool,
    pub(super) upstream: Option<usize>,
    pub(super) streaming: bool,
    pub(super) disk: Disk,
    pub(super) waiters: Vec<Waiter>,
    pub(super) mirror: Mirror,
}

impl Machine {
    pub(super) fn new(settings: Settings, region: usize, drift_ppm: i64, offset: u64) -> Self {
        Self {
            name: settings.node.clone(),
            region,
            settings,
            drift_ppm,
            offset,
            agent: None,
            life: 0,
            frozen_until: 0,
            agent_frozen_until: 0,
            guard: Guard {
                alive: true,
                phase: Phase::Idle,
                deadline: None,
                label: String::new(),
                life: 0,
            },
            server: Server::Down,
            admits: true,
            upstream: None,
            streaming: false,
            disk: Disk::default(),
            waiters: Vec::new(),
            mirror: Mirror {
                linked: true,
                view: None,
                planned: false,
            },
        }
    }

    /// What its clock shows at true time `now`.
    pub(super) fn clock(&self, now: u64) -> Timestamp {
        let drift = i128::from(now) * i128::from(self.drift_ppm) / 1_000_000;
        let local = i128::from(now) + i128::from(self.offset) + drift;
        Timestamp::from_nanos(u64::try_from(local).unwrap())
    }

    /// The true time at which its clock has reached `local`.
    pub(super) fn when(&self, local: Timestamp) -> u64 {
        let span = i128::from(local.as_nanos()) - i128::from(self.offset);
        let now = span * 1_000_000 / (1_000_000 + i128::from(self.drift_ppm)) + 2;
        u64::try_from(now).unwrap_or(0)
    }

    pub(super) fn frozen(&self, now: u64) -> bool {
        now < self.frozen_until
    }

    pub(super) fn accepts_writes(&self, now: u64) -> bool {
        self.server == Server::Primary && self.admits && self.disk.provisioned && !self.frozen(now)
    }

    pub(super) fn append(&mut self, id: u64) {
        if let Some(timeline) = self.disk.timeline {
            self.disk.log.push(Record { id, timeline });
        }
    }

    pub(super) fn renew_every(&self) -> Duration {
        self.settings.timings.renew_every
    }
}
