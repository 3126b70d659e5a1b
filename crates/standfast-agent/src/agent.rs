//! The agent as a machine: events in, effects out.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_failover::{
    Action, Database, DatabaseAction, Decision, Diagnosis, Guard, HoldReason, Input, Member,
    Observation, Outcome, Pace, RightAction, State, Transition,
};
use standfast_guard::protocol::Phase;
use standfast_record::{Ids, LeaseState, View};
use standfast_replication::ServerObservation as DatabaseSeen;
use standfast_units::{Epoch, Lsn, Moment, Timestamp};
use tracing::{debug, info};

use crate::act::{Act, ActProgress};
use crate::answering::Answering;
use crate::desk::{Answered, Desk};
use crate::effect::Effect;
use crate::event::Event;
use crate::feed::Feed;
use crate::guard_view::GuardView;
use crate::publication::{Facts, Publication};
use crate::right::{RightAct, RightProgress};
use crate::settings::Settings;
use crate::ticket::Ticket;

/// The agent beside one database. Equal state and equal events give equal effects.
#[derive(Debug, Clone)]
pub struct Agent {
    member: Member,
    desk: Desk,
    feed: Feed,
    publication: Publication,
    /// What the database said last.
    database: DatabaseSeen,
    right: Option<RightAct>,
    act: Option<Act>,
    answers: BTreeMap<Ticket, Answering>,
    pace: Pace,
    wake_at: Timestamp,
    holds: Vec<HoldReason>,
    /// The changes of state of the last step.
    transitions: Vec<Transition>,
    /// The epoch of the lease as last seen, while it is held.
    epoch_seen: Option<Epoch>,
    /// The position its holder published last.
    position_seen: Option<Lsn>,
}

impl Agent {
    /// An agent that knows nothing yet. `ids` has to differ from that of every other life of any agent.
    pub fn new(settings: Settings, ids: Ids, now: Moment) -> Self {
        let desk = Desk::new(Arc::new(settings), ids);
        Self {
            member: Member::new(desk.settings.core.clone(), now.at),
            feed: Feed::new(&desk.settings),
            desk,
            publication: Publication::new(now.at),
            database: silent("not asked yet"),
            right: None,
            act: None,
            answers: BTreeMap::new(),
            pace: Pace::Calm,
            wake_at: now.at,
            holds: Vec::new(),
            transitions: Vec::new(),
            epoch_seen: None,
            position_seen: None,
        }
    }

    /// The state of its decision core.
    pub fn state(&self) -> State {
        self.member.state()
    }

    /// The decision core, for those who judge it.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Why it holds still, when it does.
    pub fn holds(&self) -> &[HoldReason] {
        &self.holds
    }

    /// The changes of state of the last step, in their order.
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The instant by which it has to be stepped again, if nothing happens before.
    pub fn wake_at(&self) -> Timestamp {
        self.wake_at.min(self.publication.due_at())
    }

    /// Takes in what happened, and says what is to be done, in this order.
    pub fn step(&mut self, now: Moment, event: Event) -> Vec<Effect> {
        self.transitions.clear();
        // P2: whatever woke the agent, the clock comes first. One that stood still past its deadline says
        // nothing more under the right it had.
        if now.at >= self.wake_at || matches!(event, Event::Tick) {
            self.input(now, Input::Tick);
        }
        match event {
            Event::Tick => {}
            Event::Shutdown => self.observe(now, Observation::Shutdown),
            Event::View(view) => self.look(now, &view),
            Event::Guard(view) => self.guard_changed(now, view),
            Event::Database { seen, fences } => self.database_answered(now, seen, fences),
            // What an earlier server said is not said of the next one.
            Event::NoDatabase => self.database = silent("no server runs"),
            Event::Read { ticket, read } => self.answered(now, ticket, Answered::Read(read)),
            Event::Transacted { ticket, transacted } => {
                self.answered(now, ticket, Answered::Transacted(transacted));
            }
            Event::GuardAnswered { ticket, answer } => {
                self.answered(now, ticket, Answered::Guard(answer));
            }
            Event::EngineAnswered { ticket, answer } => {
                self.answered(now, ticket, Answered::Engine(answer));
            }
        }
        self.publish(now);
        std::mem::take(&mut self.desk.effects)
    }

    fn look(&mut self, now: Moment, view: &View) {
        for observation in self.feed.changes(now, view) {
            self.observe(now, observation);
        }
    }

    fn guard_changed(&mut self, now: Moment, view: GuardView) {
        self.desk.guard = view;
        let guard = self.desk.guard.status.as_ref().and_then(|status| {
            Some(match status.state {
                Phase::Idle => Guard::Idle,
                Phase::Running => Guard::Running {
                    armed: status
                        .deadline
                        .map(|deadline| (deadline, status.label.clone())),
                },
                // Told again when it is done.
                Phase::Fencing => return None,
            })
        });
        if let Some(guard) = guard {
            self.observe(now, Observation::Guard(guard));
        }
        if let Some(act) = self.act.take() {
            let progress = act.guard_changed(&mut self.desk);
            self.act_went_on(now, progress);
        }
    }

    fn database_answered(&mut self, now: Moment, seen: DatabaseSeen, fences: u64) {
        // An answer from before a fence says nothing about what came after it.
        if self.desk.guard.fences != fences || !self.desk.guard.is_running() {
            return;
        }
        let observation = Observation::Database(of(&seen));
        self.database = seen;
        self.observe(now, observation);
    }

    fn answered(&mut self, now: Moment, ticket: Ticket, answered: Answered) {
        if let Answered::Transacted(Err(error)) = &answered {
            debug!(error = error.reason(), "the store took no transaction");
        }
        if self.publication.ends_with(ticket) {
            return;
        }
        if let Some(answering) = self.answers.remove(&ticket) {
            self.answers
                .extend(answering.advance(&mut self.desk, answered));
            return;
        }
        if let Some(right) = self.right.take_if(|right| right.ticket() == ticket) {
            match right.advance(&mut self.desk, now, answered) {
                RightProgress::Going(right) => self.right = Some(right),
                RightProgress::Ended(outcome) => {
                    self.input(now, Input::Done(Outcome::Right(outcome)));
                }
            }
            return;
        }
        // An answer to what was abandoned, or to a note that no act waits for, is of no interest.
        if let Some(act) = self.act.take_if(|act| act.awaits(ticket)) {
            let progress = act.advance(&mut self.desk, now, answered);
            self.act_went_on(now, progress);
        }
    }

    fn act_went_on(&mut self, now: Moment, progress: ActProgress<Act>) {
        match progress {
            ActProgress::Going(_, act) => self.act = Some(act),
            ActProgress::Ended(outcome) => {
                self.input(now, Input::Done(Outcome::Database(outcome)));
            }
        }
    }

    fn observe(&mut self, now: Moment, observation: Observation) {
        if let Observation::Lease {
            lease: Some(lease), ..
        } = &observation
        {
            self.epoch_seen = (lease.state == LeaseState::Held).then_some(lease.epoch);
            self.position_seen = lease.position.map(|position| position.lsn);
        }
        self.input(now, Input::Observed(observation));
    }

    fn input(&mut self, now: Moment, input: Input) {
        let Decision {
            transitions,
            actions,
            holds,
            diagnosis,
            wake_at,
            pace,
        } = self.member.step(now.at, input);
        for transition in transitions {
            self.tell(now, transition, diagnosis);
        }
        self.wake_at = wake_at;
        self.holds = holds;
        if std::mem::replace(&mut self.pace, pace) != pace {
            self.desk.effects.push(Effect::Observe(pace));
        }
        for action in actions {
            self.begin(now, action);
        }
    }

    /// Each change of state is logged and journalled, with its reason.
    fn tell(&mut self, now: Moment, transition: Transition, diagnosis: Diagnosis) {
        let Transition { from, to, why } = &transition;
        info!(%from, %to, %diagnosis, reason = why, "state changed");
        let epoch = self.member.epoch();
        let detail = format!("{from} to {to}: {why} ({diagnosis})");
        self.desk.note(now.wall, epoch, "state changed", &detail);
        self.transitions.push(transition);
    }

    fn begin(&mut self, now: Moment, action: Action) {
        match action {
            Action::Right(action) => self.begin_right(now, action),
            Action::Database(action) => self.begin_act(now, action),
            Action::Answer { id, answer } => {
                let begun = Answering::begin(&mut self.desk, now, id, answer);
                self.answers.extend([begun]);
            }
            Action::Exit => self.desk.effects.push(Effect::Exit),
        }
    }

    fn begin_right(&mut self, now: Moment, action: RightAction) {
        self.right = Some(RightAct::begin(&mut self.desk, now, action));
    }

    fn begin_act(&mut self, now: Moment, action: DatabaseAction) {
        // The core begins one act on the database at a time; what still runs was fenced off.
        if let Some(act) = self.act.take() {
            act.abandon(&mut self.desk);
        }
        let progress = Act::begin(&mut self.desk, now, action);
        self.act_went_on(now, progress);
    }

    fn publish(&mut self, now: Moment) {
        let received = match &self.database {
            DatabaseSeen::Standby { received, .. } => Some(*received),
            DatabaseSeen::Primary { .. }
            | DatabaseSeen::Silent { .. }
            | DatabaseSeen::Busy { .. } => None,
        };
        let facts = Facts {
            state: self.member.state(),
            leads: self.member.serves_under(),
            follows: self.epoch_seen,
            holds: &self.holds,
            database: &self.database,
            published_by_holder: self.position_seen,
            lag_time: received.and_then(|received| self.member.lag_time(received)),
        };
        self.publication.consider(&mut self.desk, now, &facts);
    }
}

fn silent(reason: &str) -> DatabaseSeen {
    DatabaseSeen::Silent {
        reason: reason.to_owned(),
    }
}

/// What the decision core needs of it.
fn of(seen: &DatabaseSeen) -> Database {
    match seen {
        DatabaseSeen::Silent { .. } => Database::Silent,
        DatabaseSeen::Busy { .. } => Database::Busy,
        DatabaseSeen::Standby {
            timeline,
            received,
            streaming,
            ..
        } => Database::Standby {
            timeline: *timeline,
            received: *received,
            streaming: *streaming,
        },
        DatabaseSeen::Primary {
            timeline, position, ..
        } => Database::Primary {
            timeline: *timeline,
            position: *position,
        },
    }
}
