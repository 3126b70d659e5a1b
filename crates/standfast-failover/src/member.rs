//! The core of one node: one `match` over its state, fed by observations and outcomes.
//!
//! A step absorbs its input, then decides from all that is known now; it does not react to single
//! events. An input that is lost or repeated therefore costs time, not correctness.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_units::{Bytes, Epoch, Lsn, Node, Region, Timeline, Timestamp};

use crate::decision::{Acquisition, Action, Decision, Outcome, Pace};
use crate::diagnosis::Diagnosis;
use crate::hold::HoldReason;
use crate::lease::{Lease, LeaseSight, LeaseState, Position};
use crate::observation::{
    Database, Folder, Guard, Input, Observation, Peer, PeerRole, Request, Store,
};
use crate::rejoin::Fork;
use crate::settings::Settings;
use crate::state::{State, TRANSITIONS};
use crate::takeover;

mod steps;

/// The longest a member goes without a step: ages (of peers, of the record) are looked at this often.
const STEP_EVERY_MAX: Duration = Duration::from_millis(500);

/// How long a failed act waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The clean stop of a switchover: past it the primary is restored (P8). A checkpoint was written
/// just before, so that a healthy server needs a small part of this.
const STEP_DOWN_WITHIN: Duration = Duration::from_secs(4);

/// The most log a standby may lack when a switchover to it begins: what it still has to receive is
/// waited for with clients shut out. The figure is the one `pg_auto_failover` promotes within.
const SWITCHOVER_LAG_MAX: Bytes = Bytes::mib(16);

/// Recovery in place beyond this gives the right up when a safe candidate exists (P15).
const RECOVERY_PATIENCE: Duration = Duration::from_secs(1);

/// How many times in a row a server is started in place before the right is given up.
const STARTS_MAX: u32 = 3;

/// How long promotion may take before the right is given up: replaying what was received, at most
/// the conflict delay of 100 ms (P12) and the log of one checkpoint interval.
const PROMOTE_PATIENCE: Duration = Duration::from_secs(60);

/// A peer with the instant its last publication was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerSight {
    pub(crate) peer: Peer,
    pub(crate) seen_at: Timestamp,
}

/// A controller with the instant of its last sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ControllerSight {
    seen_at: Timestamp,
    unreachable: Vec<Node>,
}

/// All that was observed, with when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sights {
    store: Option<Store>,
    /// Outer `None`: never read. Inner `None`: there is no record.
    lease: Option<Option<LeaseSight>>,
    database: Database,
    guard: Option<Guard>,
    folder: Option<Folder>,
    forks: Vec<Fork>,
    pub(crate) peers: BTreeMap<Node, PeerSight>,
    controllers: BTreeMap<Region, ControllerSight>,
    pub(crate) request: Option<Request>,
    pub(crate) paused: bool,
    pub(crate) last_failover: Option<Timestamp>,
    shutdown: bool,
}

impl Sights {
    fn new() -> Self {
        Self {
            store: None,
            lease: None,
            database: Database::Silent,
            guard: None,
            folder: None,
            forks: Vec::new(),
            peers: BTreeMap::new(),
            controllers: BTreeMap::new(),
            request: None,
            paused: false,
            last_failover: None,
            shutdown: false,
        }
    }

    pub(crate) fn forks(&self) -> &[Fork] {
        &self.forks
    }

    fn lease(&self) -> Option<&LeaseSight> {
        self.lease.as_ref().and_then(Option::as_ref)
    }

    fn absorb(&mut self, now: Timestamp, observation: Observation) {
        match observation {
            Observation::Store(store) => self.store = Some(store),
            Observation::Lease { lease: None, .. } => self.lease = Some(None),
            Observation::Lease {
                lease: Some(lease),
                revision,
            } => match &mut self.lease {
                Some(Some(sight)) => sight.see(now, lease, revision),
                unseen => *unseen = Some(Some(LeaseSight::first(now, lease, revision))),
            },
            Observation::Database(database) => self.database = database,
            Observation::Guard(guard) => {
                if guard == Guard::Idle {
                    self.database = Database::Silent;
                } else {
                    // What was read of the folder is about to be out of date.
                    self.folder = None;
                }
                self.guard = Some(guard);
            }
            Observation::Peer(peer) => {
                let known = self.peers.get(&peer.node);
                if known.is_none_or(|known| known.peer.published != peer.published) {
                    self.peers
                        .insert(peer.node.clone(), PeerSight { peer, seen_at: now });
                }
            }
            Observation::Controller {
                region,
                unreachable,
            } => {
                self.controllers.insert(
                    region,
                    ControllerSight {
                        seen_at: now,
                        unreachable,
                    },
                );
            }
            Observation::Forks(forks) => self.forks = forks,
            Observation::LastFailover(at) => self.last_failover = at,
            Observation::Request(request) => self.request = request,
            Observation::Paused(paused) => self.paused = paused,
            Observation::Shutdown => self.shutdown = true,
        }
    }

    /// Classifies before anything is decided.
    pub(crate) fn diagnose(&self, now: Timestamp, settings: &Settings) -> Diagnosis {
        match self.store {
            None => return Diagnosis::Unknown,
            Some(Store::Lost) => return Diagnosis::Isolated,
            Some(Store::Reached) => {}
        }
        let Some(sight) = self.lease() else {
            return Diagnosis::Unknown;
        };
        let holder = &sight.lease.holder;
        let fresh = |seen_at: Timestamp| now.since(seen_at) < settings.timings.lease;
        let unreachable_by = |by: &ControllerSight| by.unreachable.contains(holder);
        let mut judges = self
            .controllers
            .values()
            .filter(|by| fresh(by.seen_at))
            .peekable();
        if matches!(sight.lease.state, LeaseState::Released { .. }) {
            return Diagnosis::GivenUp;
        }
        if sight.still_for(now) < takeover::missed_after(settings) {
            let serves = if *holder == settings.node {
                matches!(self.database, Database::Primary { .. })
            } else {
                self.peers
                    .get(holder)
                    .is_some_and(|peer| peer.peer.role == PeerRole::Primary)
            };
            return match (
                serves,
                judges.peek().is_some() && judges.all(unreachable_by),
            ) {
                (false, _) => Diagnosis::ProcessLost,
                (true, true) => Diagnosis::Grey,
                (true, false) => Diagnosis::Healthy,
            };
        }
        let region_alive = settings
            .region_of(holder)
            .and_then(|region| self.controllers.get(region))
            .is_some_and(|controller| {
                now.since(controller.seen_at) < takeover::missed_after(settings).saturating_mul(2)
            });
        if region_alive {
            Diagnosis::NodeLost
        } else if judges.any(|by| !unreachable_by(by)) {
            Diagnosis::Partitioned
        } else {
            Diagnosis::RegionLost
        }
    }

    fn evidence(&self, now: Timestamp, settings: &Settings) -> Vec<String> {
        let mut evidence = Vec::new();
        let age = |at: Timestamp| standfast_units::format_duration(now.since(at));
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

/// The right to write, as far as it is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holding {
    lease: Lease,
    revision: u64,
    /// Past it, nothing may be done but to fence (P2).
    deadline: Timestamp,
    renew_at: Timestamp,
}

/// The core of one node.
#[derive(Debug, Clone)]
pub struct Member {
    settings: Settings,
    state: State,
    since: Timestamp,
    sights: Sights,
    holding: Option<Holding>,
    /// Our last acquisition, kept to recognise it when its outcome was unknown.
    acquisition: Option<Acquisition>,
    /// A store transaction about the lease is under way.
    lease_busy: bool,
    /// The act on the database that is under way.
    doing: Option<Doing>,
    retry_at: Option<Timestamp>,
    trouble: Option<String>,
    starts: u32,
    /// The rejoin plan failed on rewinding: only a clone will do.
    clone_only: bool,
    /// What the stopped server has and its successor has not is in the ledger.
    surplus_recorded: bool,
    /// The folder was just rewound or cloned: it is started without being judged again.
    folder_is_fresh: bool,
    /// Whom the running standby was last told to follow.
    upstream: Option<Node>,
    /// The new primary has what clients and standbys need.
    prepared: bool,
    /// Where the log of our stopped primary ends, once read.
    log_end: Option<Lsn>,
    /// Where the log of our primary ends after it was stopped in order.
    stopped_at: Option<Lsn>,
    /// Who takes over from us in a switchover.
    successor: Option<Node>,
    /// What a release names: the end of the log and the successor.
    release_to: Option<(Option<Lsn>, Option<Node>)>,
    /// A request we have answered; not to be answered twice.
    answered: Option<String>,
    /// When all but the standing still of the record was settled.
    decided_at: Option<Timestamp>,
    /// When the first sign of the holder was missed.
    detected_at: Option<Timestamp>,
}

/// The act on the database that is under way. One at a time; a fence takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Inspecting,
    Initialising,
    Starting,
    Changing,
    Promoting,
    Preparing,
    Stopping,
    Recording,
    Rewinding,
    Cloning,
    Fencing,
}

/// What one step collects.
struct Turn {
    now: Timestamp,
    actions: Vec<Action>,
    holds: Vec<HoldReason>,
    wake_at: Option<Timestamp>,
}

impl Turn {
    fn new(now: Timestamp) -> Self {
        Self {
            now,
            actions: Vec::new(),
            holds: Vec::new(),
            wake_at: None,
        }
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    fn hold(&mut self, reason: HoldReason) {
        if !self.holds.contains(&reason) {
            self.holds.push(reason);
        }
    }

    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }
}

impl Member {
    /// A member that knows nothing yet.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self {
            settings,
            state: State::Starting,
            since: now,
            sights: Sights::new(),
            holding: None,
            acquisition: None,
            lease_busy: false,
            doing: None,
            retry_at: None,
            trouble: None,
            starts: 0,
            clone_only: false,
            surplus_recorded: false,
            folder_is_fresh: false,
            upstream: None,
            prepared: false,
            log_end: None,
            stopped_at: None,
            successor: None,
            release_to: None,
            answered: None,
            decided_at: None,
            detected_at: None,
        }
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.state
    }

    /// The epoch it writes under, while it holds the right.
    pub fn epoch(&self) -> Option<Epoch> {
        self.holding.as_ref().map(|holding| holding.lease.epoch)
    }

    /// The instant past which it must not write; `None` when it holds no right.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.holding.as_ref().map(|holding| holding.deadline)
    }

    /// How far the log received here lies behind what the holder published; `None` when unknown.
    pub fn lag_time(&self, received: Lsn) -> Option<Duration> {
        self.sights
            .lease()
            .and_then(|sight| sight.lag_time(received))
    }

    /// One step: takes `input` in at `now` and says what to do.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Decision {
        match input {
            Input::Tick => {}
            Input::Observed(observation) => self.sights.absorb(now, observation),
            Input::Done(outcome) => self.conclude(now, outcome),
        }
        let mut turn = Turn::new(now);
        self.keep_right(&mut turn);
        // Each pass either changes the state or ends; the states form no cycle without an outcome in
        // between, so a handful of passes is plenty.
        for _ in 0..TRANSITIONS.len() {
            let before = self.state;
            self.decide(&mut turn);
            if self.state == before {
                break;
            }
        }
        self.finish(turn)
    }

    fn finish(&self, mut turn: Turn) -> Decision {
        if let Some(what) = &self.trouble {
            turn.holds.push(HoldReason::Retrying { what: what.clone() });
        }
        let now = turn.now;
        let mut wake_at = now.after(STEP_EVERY_MAX);
        for at in [turn.wake_at, self.retry_at].into_iter().flatten() {
            if at > now {
                wake_at = wake_at.min(at);
            }
        }
        if let Some(holding) = &self.holding {
            wake_at = wake_at.min(holding.deadline);
            if !self.lease_busy {
                wake_at = wake_at.min(holding.renew_at);
            }
        }
        let pace = match self.state {
            State::Promoting | State::Recovering | State::SteppingDown => Pace::Eager,
            State::Following
                if self.sights.lease().is_some_and(|sight| {
                    matches!(sight.lease.state, LeaseState::Released { .. })
                }) =>
            {
                Pace::Eager
            }
            State::Starting
            | State::Rejoining
            | State::Following
            | State::Acquiring
            | State::Leading
            | State::Fencing
            | State::Releasing
            | State::Stopping
            | State::Stopped => Pace::Calm,
        };
        Decision {
            actions: turn.actions,
            holds: turn.holds,
            diagnosis: self.sights.diagnose(now, &self.settings),
            wake_at,
            pace,
        }
    }

    fn enter(&mut self, turn: &Turn, to: State) {
        if self.state == to {
            return;
        }
        let from = self.state;
        assert!(
            TRANSITIONS.iter().any(|(a, b, _)| *a == from && *b == to),
            "the state machine has no way from {from} to {to}"
        );
        self.state = to;
        self.since = turn.now;
        self.retry_at = None;
        self.trouble = None;
        self.decided_at = None;
        self.detected_at = None;
        match to {
            State::Recovering => self.log_end = None,
            State::Leading => self.starts = 0,
            State::Starting
            | State::Rejoining
            | State::Following
            | State::Acquiring
            | State::Promoting
            | State::SteppingDown
            | State::Fencing
            | State::Releasing
            | State::Stopping
            | State::Stopped => {}
        }
    }

    fn database_busy(&self) -> bool {
        self.doing.is_some()
    }

    /// Whether an act on the database may begin: none is under way, none is waiting to be retried.
    fn may_act(&self, turn: &mut Turn) -> bool {
        if let Some(at) = self.retry_at
            && turn.now < at
        {
            turn.wake(at);
            return false;
        }
        self.doing.is_none()
    }

    fn act(&mut self, turn: &mut Turn, doing: Doing, action: Action) {
        self.doing = Some(doing);
        turn.act(action);
    }

    fn hold(&mut self, lease: Lease, revision: u64, deadline: Timestamp, renew_at: Timestamp) {
        self.holding = Some(Holding {
            lease,
            revision,
            deadline,
            renew_at,
        });
    }

    /// The revision to replace. A store that was restarted has written the record anew under another
    /// revision (P21): what is ours by incarnation is ours at the revision last seen.
    fn own_revision(&self, holding: &Holding) -> u64 {
        self.sights
            .lease()
            .filter(|sight| sight.lease.incarnation == holding.lease.incarnation)
            .map_or(holding.revision, |sight| {
                sight.revision.max(holding.revision)
            })
    }

    /// Renews, or lets go: before anything else, in every state that holds the right.
    fn keep_right(&mut self, turn: &mut Turn) {
        let Some(holding) = &self.holding else { return };
        let superseded = self.sights.lease().is_some_and(|sight| {
            sight.revision > holding.revision
                && (sight.lease.incarnation != holding.lease.incarnation
                    || sight.lease.state != LeaseState::Held)
        });
        let reason = if turn.now >= holding.deadline {
            "the deadline has passed without a confirmed renewal"
        } else if superseded {
            "somebody else holds the right to write"
        } else {
            ""
        };
        if !reason.is_empty() {
            self.holding = None;
            if !matches!(
                self.state,
                State::Fencing | State::Releasing | State::Stopped
            ) {
                self.fence(turn, reason);
            }
            return;
        }
        let renews = !matches!(
            self.state,
            State::Releasing | State::Fencing | State::Stopped
        );
        if renews && !self.lease_busy && turn.now >= holding.renew_at {
            let revision = self.own_revision(holding);
            let mut lease = holding.lease.clone();
            lease.renewal += 1;
            if let Database::Primary { timeline, position } = self.sights.database {
                lease.position = Some(Position {
                    timeline,
                    lsn: position,
                });
            }
            self.lease_busy = true;
            turn.act(Action::Renew { revision, lease });
        }
    }

    fn fence(&mut self, turn: &mut Turn, reason: &'static str) {
        self.enter(turn, State::Fencing);
        // Takes the place of whatever is under way.
        self.act(turn, Doing::Fencing, Action::Fence { reason });
    }

    fn conclude(&mut self, now: Timestamp, outcome: Outcome) {
        match outcome {
            Outcome::Acquired {
                incarnation,
                revision,
                deadline,
            } => {
                self.lease_busy = false;
                if let Some(acquisition) = &self.acquisition {
                    let mut lease = acquisition.lease.clone();
                    lease.incarnation = incarnation;
                    self.hold(lease, revision, deadline, self.next_renewal(deadline));
                }
            }
            Outcome::Renewed {
                revision,
                renewal,
                deadline,
            } => {
                self.lease_busy = false;
                let renew_at = self.next_renewal(deadline);
                if let Some(holding) = &mut self.holding {
                    holding.revision = holding.revision.max(revision);
                    holding.lease.renewal = holding.lease.renewal.max(renewal);
                    // The deadline never moves back (P2).
                    holding.deadline = holding.deadline.max(deadline);
                    holding.renew_at = renew_at;
                }
            }
            Outcome::NotRenewed => {
                self.lease_busy = false;
                let retry_at = now.after(self.settings.timings.renew_every / 4);
                if let Some(holding) = &mut self.holding {
                    holding.renew_at = retry_at;
                }
            }
            Outcome::NotAcquired | Outcome::AcquisitionUnknown => self.lease_busy = false,
            Outcome::Released | Outcome::NotReleased => {
                self.lease_busy = false;
                self.holding = None;
            }
            Outcome::Inspected(_)
            | Outcome::Completed
            | Outcome::Promoted { .. }
            | Outcome::SteppedDown { .. }
            | Outcome::Fenced
            | Outcome::Failed { .. } => self.conclude_act(now, outcome),
        }
    }

    /// The end of an act on the database.
    fn conclude_act(&mut self, now: Timestamp, outcome: Outcome) {
        let done = self.doing.take();
        match outcome {
            Outcome::Inspected(folder) => {
                if let Folder::Primary { end, .. } = folder {
                    self.log_end = Some(end);
                }
                self.sights.folder = Some(folder);
            }
            Outcome::Completed => {
                self.trouble = None;
                self.completed(done);
            }
            Outcome::Promoted { fork } => {
                self.sights.database = Database::Primary {
                    timeline: fork.timeline,
                    position: fork.position,
                };
            }
            Outcome::SteppedDown { position } => {
                self.nothing_runs();
                self.stopped_at = Some(position);
                let timeline = self.holding.as_ref().map(|holding| holding.lease.timeline);
                self.sights.folder = timeline.map(|timeline| Folder::Primary {
                    timeline,
                    end: position,
                });
            }
            Outcome::Fenced => {
                self.nothing_runs();
                self.sights.folder = None;
            }
            Outcome::Failed { .. } if done == Some(Doing::Rewinding) => {
                // At any doubt, a fresh clone (P14).
                self.clone_only = true;
                self.sights.folder = None;
            }
            Outcome::Failed { reason } => {
                if done == Some(Doing::Cloning) {
                    self.sights.folder = None;
                }
                self.retry_at = Some(now.after(RETRY_AFTER));
                self.trouble = Some(reason);
            }
            Outcome::Acquired { .. }
            | Outcome::NotAcquired
            | Outcome::AcquisitionUnknown
            | Outcome::Renewed { .. }
            | Outcome::NotRenewed
            | Outcome::Released
            | Outcome::NotReleased => {}
        }
    }

    fn completed(&mut self, done: Option<Doing>) {
        match done {
            Some(Doing::Recording) => self.surplus_recorded = true,
            Some(Doing::Rewinding | Doing::Cloning) => {
                self.folder_is_fresh = true;
                self.clone_only = false;
                self.surplus_recorded = false;
                self.sights.folder = None;
            }
            Some(Doing::Initialising) => self.sights.folder = None,
            Some(Doing::Starting) => {
                self.folder_is_fresh = false;
                self.upstream = None;
                self.sights.folder = None;
            }
            Some(Doing::Preparing) => self.prepared = true,
            Some(
                Doing::Inspecting
                | Doing::Changing
                | Doing::Promoting
                | Doing::Stopping
                | Doing::Fencing,
            )
            | None => {}
        }
    }

    fn nothing_runs(&mut self) {
        self.sights.guard = Some(Guard::Idle);
        self.sights.database = Database::Silent;
    }

    /// Renewals are counted from the instant the last one was sent, which the deadline tells.
    fn next_renewal(&self, deadline: Timestamp) -> Timestamp {
        deadline
            .before(self.settings.timings.self_fence_after)
            .after(self.settings.timings.renew_every)
    }
}
