//! The agent: beside one database, it observes, asks the decision core, and carries out what the core
//! decided.
//!
//! It decides nothing itself. Its loop feeds everything it sees to [`standfast_failover::Member`] and
//! hands the actions that come back to the executor: those about the lease run beside those about the
//! database, and a fence takes the place of whatever is done to the database. It never starts or stops a
//! database process: its guard does, which outlives it.
//!
//! One thread, so that there is one order of events; nothing on it waits for a disk except through the
//! engine's own programs.

mod clock;
mod executor;
mod feed;
mod guard;
mod journal;
mod observer;
mod publish;
mod records;
mod settings;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use standfast_coordination::{Mirror, Store, key};
use standfast_failover::{
    Action, Decision, Guard, Input, LeaseState, Member, Observation, Outcome, Pace, State,
};
use standfast_guard::protocol::{Phase, Request};
use standfast_replication::{Engine, Observation as DatabaseSeen};
use standfast_units::{Epoch, Lsn, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tracing::info;

pub use settings::Settings;

use executor::Executor;
use feed::Feed;
use guard::{GuardHandle, GuardView};
use journal::Journal;
use publish::{Facts, Publisher};

/// Inputs that may wait for the core: each source has at most a few under way.
const INPUTS_MAX: usize = 64;

/// How long a guard may take to end. The agent ends without it.
const QUIT_WITHIN: Duration = Duration::from_secs(1);

/// Runs until `shutdown` resolves and the database has been stopped in order.
pub async fn run<S: Store, E: Engine>(
    settings: Settings,
    store: S,
    engine: E,
    shutdown: impl Future<Output = ()>,
) {
    let settings = Arc::new(settings);
    let mut agent = Agent::start(settings, store, engine);
    tokio::pin!(shutdown);
    let mut ending = false;
    agent.step(Input::Tick);
    while !agent.done {
        let mut wake_at = agent.wake_at.min(agent.publisher.due_at());
        if let Some(at) = agent.feed.request_expires_at() {
            wake_at = wake_at.min(at);
        }
        tokio::select! {
            outcome = agent.outcomes.recv() => {
                if let Some((generation, outcome)) = outcome
                    && generation.is_none_or(|number| number == agent.database_generation)
                {
                    agent.step(Input::Done(outcome));
                }
            }
            seen = agent.seen.recv() => {
                if let Some(seen) = seen {
                    agent.step(Input::Observed(seen));
                }
            }
            changed = agent.guard_view.changed() => {
                if changed.is_err() {
                    return;
                }
                agent.guard_changed();
            }
            view = agent.mirror.changed() => {
                for observation in agent.feed.changes(&agent.settings, &view) {
                    agent.step(Input::Observed(observation));
                }
            }
            () = &mut shutdown, if !ending => {
                ending = true;
                agent.step(Input::Observed(Observation::Shutdown));
            }
            () = clock::sleep_until(wake_at) => agent.step(Input::Tick),
        }
        if let Some(expired) = agent.feed.expire() {
            agent.step(Input::Observed(expired));
        }
        agent.publish();
    }
    agent.publisher.finish().await;
    // The guard ends only when nothing runs; if it does not answer there is nothing to end.
    let quit = agent.executor.guard.ask_within(Request::Quit, QUIT_WITHIN);
    let _ = quit.await;
    info!("agent ended");
}

/// What a task that carries out an action sends back; those about the database carry the number they
/// were begun under, so that what a fence interrupted is not heard any more.
type Sent = (Option<u64>, Outcome);

struct Agent<S, E> {
    settings: Arc<Settings>,
    member: Member,
    executor: Executor<S, E>,
    mirror: Mirror,
    feed: Feed,
    publisher: Publisher,
    guard_view: watch::Receiver<GuardView>,
    outcomes: mpsc::Receiver<Sent>,
    outcome_sender: mpsc::Sender<Sent>,
    seen: mpsc::Receiver<Observation>,
    pace: watch::Sender<Pace>,
    database: watch::Receiver<DatabaseSeen>,
    database_task: Option<AbortHandle>,
    database_generation: u64,
    wake_at: Timestamp,
    holds: Vec<standfast_failover::HoldReason>,
    /// Epoch, and last published position, of the lease as last seen.
    lease_seen: (Option<Epoch>, Option<Lsn>),
    done: bool,
}

impl<S: Store, E: Engine> Agent<S, E> {
    fn start(settings: Arc<Settings>, store: S, engine: E) -> Self {
        let guard = GuardHandle::start(
            settings.guard_socket.clone(),
            settings.guard_command.clone(),
        );
        let (outcome_sender, outcomes) = mpsc::channel(INPUTS_MAX);
        let (seen_sender, seen) = mpsc::channel(INPUTS_MAX);
        let (pace, pace_seen) = watch::channel(Pace::Calm);
        let silent = DatabaseSeen::Silent {
            reason: "not asked yet".to_owned(),
        };
        let (latest, database) = watch::channel(silent);
        tokio::spawn(observer::run(
            engine.clone(),
            guard.clone(),
            pace_seen,
            latest,
            seen_sender,
        ));
        let mirror = Mirror::start(store.clone(), key::system(&settings.system));
        let journal = Journal::new(store.clone(), Arc::clone(&settings));
        let guard_view = guard.view();
        let now = clock::now();
        Self {
            member: Member::new(settings.core.clone(), now),
            executor: Executor {
                settings: Arc::clone(&settings),
                store,
                engine,
                guard,
                journal,
                checkpointed: Arc::default(),
            },
            settings,
            mirror,
            feed: Feed::default(),
            publisher: Publisher::new(),
            guard_view,
            outcomes,
            outcome_sender,
            seen,
            pace,
            database,
            database_task: None,
            database_generation: 0,
            wake_at: now,
            holds: Vec::new(),
            lease_seen: (None, None),
            done: false,
        }
    }

    fn guard_changed(&mut self) {
        let view = self.guard_view.borrow_and_update().clone();
        let Some(status) = view.status else { return };
        let guard = match status.state {
            Phase::Idle => Guard::Idle,
            Phase::Running => Guard::Running {
                armed: status
                    .deadline
                    .map(|deadline| (deadline, status.label.clone())),
            },
            // Told again when it is done.
            Phase::Fencing => return,
        };
        self.step(Input::Observed(Observation::Guard(guard)));
    }

    fn step(&mut self, input: Input) {
        if let Input::Observed(Observation::Lease {
            lease: Some(lease), ..
        }) = &input
        {
            let held = matches!(lease.state, LeaseState::Held);
            self.lease_seen = (
                held.then_some(lease.epoch),
                lease.position.map(|position| position.lsn),
            );
        }
        let before = self.member.state();
        let Decision {
            actions,
            holds,
            diagnosis,
            wake_at,
            pace,
        } = self.member.step(clock::now(), input);
        let after = self.member.state();
        if before != after {
            let reason = holds.first().map(ToString::to_string).unwrap_or_default();
            info!(from = %before, to = %after, %diagnosis, reason, "state changed");
        }
        self.wake_at = wake_at;
        self.holds = holds;
        self.pace
            .send_if_modified(|old| std::mem::replace(old, pace) != pace);
        for action in actions {
            self.begin(action);
        }
    }

    fn begin(&mut self, action: Action) {
        let about_database = match &action {
            Action::Exit => {
                self.done = true;
                return;
            }
            Action::Acquire(_)
            | Action::Renew { .. }
            | Action::Release { .. }
            | Action::Answer { .. } => false,
            Action::Fence { .. }
            | Action::InspectFolder
            | Action::Initialise { .. }
            | Action::StartPrimary { .. }
            | Action::StartStandby { .. }
            | Action::Follow { .. }
            | Action::Promote { .. }
            | Action::Prepare { .. }
            | Action::StepDown { .. }
            | Action::StopStandby
            | Action::RecordSurplus { .. }
            | Action::Rewind { .. }
            | Action::Clone { .. } => true,
        };
        let generation = about_database.then(|| {
            // The core begins one act on the database at a time; what still runs was fenced off.
            if let Some(task) = self.database_task.take() {
                task.abort();
            }
            self.database_generation += 1;
            self.database_generation
        });
        let executor = self.executor.clone();
        let sender = self.outcome_sender.clone();
        let task = tokio::spawn(async move {
            if let Some(outcome) = executor.carry_out(action).await {
                // The agent is ending when nobody listens.
                let _ = sender.send((generation, outcome)).await;
            }
        });
        if about_database {
            self.database_task = Some(task.abort_handle());
        }
    }

    fn publish(&mut self) {
        let database = self.database.borrow().clone();
        let guard = self.guard_view.borrow().clone();
        let received = match &database {
            DatabaseSeen::Standby { received, .. } => Some(*received),
            DatabaseSeen::Primary { .. }
            | DatabaseSeen::Silent { .. }
            | DatabaseSeen::Busy { .. } => None,
        };
        let state = self.member.state();
        let leads = match state {
            // Served to others only once the core itself counts it as serving.
            State::Leading => self.member.epoch(),
            State::Starting
            | State::Rejoining
            | State::Following
            | State::Acquiring
            | State::Promoting
            | State::Recovering
            | State::SteppingDown
            | State::Fencing
            | State::Releasing
            | State::Stopping
            | State::Stopped => None,
        };
        let facts = Facts {
            state,
            leads,
            follows: self.lease_seen.0,
            holds: &self.holds,
            guard: &guard,
            database: &database,
            published_by_holder: self.lease_seen.1,
            lag_time: received.and_then(|received| self.member.lag_time(received)),
        };
        self.publisher
            .consider(&self.settings, &self.executor.store, &facts);
    }
}
