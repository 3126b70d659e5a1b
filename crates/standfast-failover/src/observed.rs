//! All that was observed, with when; and what is concluded from it before anything is decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_units::{Node, Region, Timestamp, format_duration};

use crate::diagnosis::Diagnosis;
use crate::lease::ObservedLease;
use crate::observation::{Database, Folder, Guard, Observation, OperatorRequest, Peer, Store};
use crate::settings::Settings;
use standfast_record::Fork;
use standfast_record::LeaseState;
use standfast_record::Role;

/// A peer with the instant its last publication was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObservedPeer {
    pub(crate) peer: Peer,
    pub(crate) seen_at: Timestamp,
}

/// A controller with the instant of its last sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ObservedController {
    seen_at: Timestamp,
    unreachable: Vec<Node>,
}

/// What is known of the record of the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObservedRecord {
    /// It was never read.
    Unread,
    /// There is none.
    Absent,
    /// It says this.
    Present(Arc<ObservedLease>),
}

/// What is known of the data folder since its server last ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObservedFolder {
    /// It was not read since.
    Unread,
    /// It could not be read.
    Unreadable,
    /// It says this.
    Read(Folder),
}

/// Whether decisions are paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseState {
    InForce,
    None,
}

/// Whether the agent was asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    GoesOn,
    AskedToEnd,
}

/// All that was observed, with when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Since when this agent is there to see anything.
    since: Timestamp,
    pub(crate) store: Option<Store>,
    pub(crate) record: ObservedRecord,
    pub(crate) database: Database,
    /// When the server last answered.
    pub(crate) database_seen_at: Timestamp,
    pub(crate) guard: Option<Guard>,
    pub(crate) folder: ObservedFolder,
    pub(crate) forks: Vec<Fork>,
    pub(crate) peers: BTreeMap<Node, ObservedPeer>,
    controllers: BTreeMap<Region, ObservedController>,
    /// What an operator asked for last, whatever came of it.
    asked: Option<OperatorRequest>,
    /// The same while it is open.
    pub(crate) request: Option<OperatorRequest>,
    pub(crate) pause: PauseState,
    pub(crate) last_failover: Option<Timestamp>,
    life: Life,
}

impl Observed {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            store: None,
            record: ObservedRecord::Unread,
            database: Database::Silent,
            database_seen_at: Timestamp::from_nanos(0),
            guard: None,
            folder: ObservedFolder::Unread,
            forks: Vec::new(),
            peers: BTreeMap::new(),
            controllers: BTreeMap::new(),
            asked: None,
            request: None,
            pause: PauseState::None,
            last_failover: None,
            life: Life::GoesOn,
        }
    }

    pub(crate) fn forks(&self) -> &[Fork] {
        &self.forks
    }

    pub(crate) fn lease(&self) -> Option<&Arc<ObservedLease>> {
        match &self.record {
            ObservedRecord::Present(sight) => Some(sight),
            ObservedRecord::Unread | ObservedRecord::Absent => None,
        }
    }

    pub(crate) fn asked_to_end(&self) -> bool {
        self.life == Life::AskedToEnd
    }

    /// Whether the guard says that the server runs.
    pub(crate) fn server_runs(&self) -> bool {
        matches!(self.guard, Some(Guard::Running { .. }))
    }

    /// Whether the guard says that no process of the data folder runs.
    pub(crate) fn nothing_runs(&self) -> bool {
        self.guard == Some(Guard::Idle)
    }

    /// Where the log of the stopped primary ends, once read.
    pub(crate) fn log_end(&self) -> Option<standfast_units::Lsn> {
        match &self.folder {
            ObservedFolder::Read(Folder::Primary { end, .. }) => Some(*end),
            ObservedFolder::Read(Folder::Absent | Folder::Incomplete | Folder::Standby { .. })
            | ObservedFolder::Unread
            | ObservedFolder::Unreadable => None,
        }
    }

    pub(crate) fn absorb(&mut self, now: Timestamp, observation: Observation) {
        match observation {
            Observation::Store(store) => self.store = Some(store),
            Observation::Lease { lease: None, .. } => self.record = ObservedRecord::Absent,
            Observation::Lease {
                lease: Some(lease),
                revision,
            } => match &mut self.record {
                ObservedRecord::Present(sight) => Arc::make_mut(sight).see(now, lease, revision),
                unseen @ (ObservedRecord::Unread | ObservedRecord::Absent) => {
                    let sight = ObservedLease::first(now, self.since, lease, revision);
                    *unseen = ObservedRecord::Present(Arc::new(sight));
                }
            },
            Observation::Database(database) => self.see_database(now, database),
            Observation::Guard(guard) => self.see_guard(guard),
            Observation::Peer(peer) => self.see_peer(now, peer),
            Observation::Controller {
                region,
                unreachable,
            } => {
                let sight = ObservedController {
                    seen_at: now,
                    unreachable,
                };
                self.controllers.insert(region, sight);
            }
            Observation::Forks(forks) => self.forks = forks,
            Observation::LastFailover(at) => self.last_failover = at,
            Observation::Request(request) => self.asked = request,
            Observation::Paused(true) => self.pause = PauseState::InForce,
            Observation::Paused(false) => self.pause = PauseState::None,
            Observation::Shutdown => self.life = Life::AskedToEnd,
        }
    }

    /// An answer may have been under way while the server ended, or was promoted: of a server that
    /// does not run none is believed, and a primary becomes a standby only by being started anew.
    fn see_database(&mut self, now: Timestamp, database: Database) {
        let outdated = matches!(
            (&self.database, &database),
            (Database::Primary { .. }, Database::Standby { .. })
        );
        if self.server_runs() && !outdated {
            if database != Database::Silent {
                self.database_seen_at = now;
            }
            self.database = database;
        }
    }

    fn see_guard(&mut self, guard: Guard) {
        let ran = self.server_runs();
        let runs = matches!(guard, Guard::Running { .. });
        if runs {
            // What was read of the folder is about to be out of date.
            self.folder = ObservedFolder::Unread;
        }
        if ran != runs {
            self.database = Database::Silent;
        }
        if ran && !runs {
            self.folder = ObservedFolder::Unread;
        }
        self.guard = Some(guard);
    }

    fn see_peer(&mut self, now: Timestamp, peer: Peer) {
        let known = self.peers.get(&peer.node);
        if known.is_none_or(|known| known.peer.published != peer.published) {
            let node = peer.node.clone();
            self.peers.insert(node, ObservedPeer { peer, seen_at: now });
        }
    }

    /// Whether anything runs is unknown until the guard says so again.
    pub(crate) fn see_nothing_certain(&mut self) {
        self.guard = None;
    }

    /// It was proven that no process of the data folder remains.
    pub(crate) fn see_nothing_run(&mut self) {
        self.see_guard(Guard::Idle);
        self.database = Database::Silent;
    }

    /// Which request counts now: it may have ended since the last step, which is not a change of any
    /// record.
    pub(crate) fn look_at_request(&mut self, now: Timestamp) {
        let open = self.asked.as_ref().filter(|request| request.is_open(now));
        if self.request.as_ref() != open {
            self.request = open.cloned();
        }
    }

    /// A fork that the store is about to tell us of anyway.
    pub(crate) fn see_fork(&mut self, fork: Fork) {
        if !self.forks.contains(&fork) {
            self.forks.push(fork);
        }
    }

    /// Classifies before anything is decided.
    pub(crate) fn diagnose(&self, now: Timestamp, settings: &Settings) -> Diagnosis {
        match self.store {
            None => return Diagnosis::Unknown,
            Some(Store::Lost) => return Diagnosis::Isolated,
            Some(Store::Reached) => {}
        }
        let sight = match &self.record {
            ObservedRecord::Unread => return Diagnosis::Unknown,
            ObservedRecord::Absent => return Diagnosis::NotCreated,
            ObservedRecord::Present(sight) => sight,
        };
        let holder = &sight.lease.holder;
        if matches!(sight.lease.state, LeaseState::Released { .. }) {
            return Diagnosis::GivenUp;
        }
        let fresh = |seen_at: Timestamp| now.since(seen_at) < settings.timings.lease;
        let unreachable_by = |by: &ObservedController| by.unreachable.contains(holder);
        let mut judges = self
            .controllers
            .values()
            .filter(|by| fresh(by.seen_at))
            .peekable();
        if sight.still_for(now) < settings.timings.missed_after() {
            if !self.holder_serves(holder, settings) {
                return Diagnosis::ProcessLost;
            }
            return if judges.peek().is_some() && judges.all(unreachable_by) {
                Diagnosis::Grey
            } else {
                Diagnosis::Healthy
            };
        }
        let region_alive = settings
            .region_of(holder)
            .and_then(|region| self.controllers.get(region))
            .is_some_and(|controller| {
                now.since(controller.seen_at) < settings.timings.missed_after().saturating_mul(2)
            });
        if region_alive {
            Diagnosis::NodeLost
        } else if judges.any(|by| !unreachable_by(by)) {
            Diagnosis::Partitioned
        } else {
            Diagnosis::RegionLost
        }
    }

    fn holder_serves(&self, holder: &Node, settings: &Settings) -> bool {
        if *holder == settings.node {
            return matches!(self.database, Database::Primary { .. });
        }
        self.peers
            .get(holder)
            .is_some_and(|peer| peer.peer.role == Role::Primary)
    }

    /// What was seen, in words.
    pub(crate) fn evidence(&self, now: Timestamp, settings: &Settings) -> Vec<String> {
        let mut evidence = Vec::new();
        let age = |at: Timestamp| format_duration(now.since(at));
        if let Some(sight) = self.lease() {
            evidence.push(format!(
                "the lease of {} (epoch {}) has stood still for {}",
                sight.lease.holder,
                sight.lease.epoch,
                age(sight.unchanged_since)
            ));
            if let Some(peer) = self.peers.get(&sight.lease.holder) {
                evidence.push(format!(
                    "the agent of {} was last seen {} ago",
                    sight.lease.holder,
                    age(peer.seen_at)
                ));
            }
            for (region, controller) in &self.controllers {
                let reaches = if controller.unreachable.contains(&sight.lease.holder) {
                    "cannot connect to"
                } else {
                    "could connect to"
                };
                evidence.push(format!(
                    "the controller of {region}, last seen {} ago, {reaches} {}",
                    age(controller.seen_at),
                    sight.lease.holder
                ));
            }
        }
        evidence.push(format!("asked by {}", settings.node));
        evidence
    }
}
