//! Acts on the database, one at a time, each a fixed sequence of questions to the engine, the guard and
//! the store. What an act cannot do it reports; the decision core chooses again.

mod folder;
mod following;
mod progress;
mod repair;
mod serving;
mod stop;

use standfast_failover::DatabaseAction;
use standfast_units::Moment;

use crate::desk::{Answered, Desk};
use crate::effect::EngineCall;
use crate::ticket::Ticket;

pub(crate) use progress::ActProgress;

use folder::Inspection;
use following::{Start, follow};
use progress::called;
use repair::Repair;
use serving::{Preparation, Promotion};
use stop::Stop;

/// The act under way.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    ticket: Option<Ticket>,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    /// One call of the engine is all there is to it.
    Call,
    Inspection(Inspection),
    Start(Start),
    Promotion(Promotion),
    Preparation(Preparation),
    Stop(Stop),
    Repair(Repair),
}

impl Act {
    /// Begins an act; it may end at once.
    pub(crate) fn begin(desk: &mut Desk, now: Moment, action: DatabaseAction) -> ActProgress<Self> {
        let progress = match action {
            DatabaseAction::InspectFolder => Inspection::begin(desk).map(Stage::Inspection),
            DatabaseAction::Initialise { epoch } => {
                let detail = "a new database is created";
                desk.note(now.wall, Some(epoch), "initialising", detail);
                call(desk, EngineCall::Initialise)
            }
            DatabaseAction::StartPrimary {
                epoch: _,
                incarnation,
                deadline,
            } => Start::primary(desk, deadline, incarnation).map(Stage::Start),
            DatabaseAction::StartStandby { upstream } => {
                Start::standby(desk, upstream.as_ref()).map(Stage::Start)
            }
            DatabaseAction::Follow { upstream } => match follow(desk, &upstream) {
                Ok(asked) => call(desk, asked),
                Err(reason) => ActProgress::failed(reason),
            },
            DatabaseAction::Promote {
                epoch,
                timeline,
                incarnation,
                deadline,
            } => {
                Promotion::begin(desk, epoch, timeline, incarnation, deadline).map(Stage::Promotion)
            }
            DatabaseAction::Prepare { epoch, standbys } => {
                Preparation::begin(desk, epoch, standbys).map(Stage::Preparation)
            }
            DatabaseAction::StepDown { epoch, within } => {
                Stop::step_down(desk, epoch, within).map(Stage::Stop)
            }
            DatabaseAction::StopStandby => Stop::standby(desk).map(Stage::Stop),
            DatabaseAction::Fence { reason } => Stop::fence(desk, reason).map(Stage::Stop),
            DatabaseAction::RecordSurplus { epoch, fork } => {
                Repair::record(desk, epoch, fork).map(Stage::Repair)
            }
            DatabaseAction::Rewind { source } => Repair::rewind(desk, source).map(Stage::Repair),
            DatabaseAction::Clone { source } => Repair::copy(desk, source).map(Stage::Repair),
        };
        of(progress)
    }

    /// Whether an answer with this ticket is awaited.
    pub(crate) fn awaits(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Cuts it off: something else takes its place.
    pub(crate) fn abandon(self, desk: &mut Desk) {
        if let Some(ticket) = self.ticket {
            desk.abandon(ticket);
        }
    }

    /// The answer that was awaited has come.
    pub(crate) fn advance(
        self,
        desk: &mut Desk,
        now: Moment,
        answered: Answered,
    ) -> ActProgress<Self> {
        let progress = match self.stage {
            Stage::Call => called(answered),
            Stage::Inspection(stage) => stage.advance(desk, answered).map(Stage::Inspection),
            Stage::Start(stage) => stage.advance(desk, answered).map(Stage::Start),
            Stage::Promotion(stage) => stage.advance(desk, now, answered).map(Stage::Promotion),
            Stage::Preparation(stage) => stage.advance(desk, answered).map(Stage::Preparation),
            Stage::Stop(stage) => stage.advance(desk, now, answered).map(Stage::Stop),
            Stage::Repair(stage) => stage.advance(desk, now, answered).map(Stage::Repair),
        };
        of(progress)
    }

    /// The guard told something of itself.
    pub(crate) fn guard_changed(self, desk: &mut Desk) -> ActProgress<Self> {
        match self.stage {
            Stage::Stop(stage) if self.ticket.is_none() => {
                of(stage.guard_changed(desk).map(Stage::Stop))
            }
            stage => ActProgress::Going(
                self.ticket,
                Self {
                    ticket: self.ticket,
                    stage,
                },
            ),
        }
    }
}

fn of(progress: ActProgress<Stage>) -> ActProgress<Act> {
    match progress {
        ActProgress::Going(ticket, stage) => ActProgress::Going(ticket, Act { ticket, stage }),
        ActProgress::Ended(outcome) => ActProgress::Ended(outcome),
    }
}

/// One call of the engine, and nothing else.
fn call(desk: &mut Desk, asked: EngineCall) -> ActProgress<Stage> {
    ActProgress::Going(Some(desk.ask_engine(asked)), Stage::Call)
}
