//! Ending a server: in order for a switchover (P8), in order for a standby, or for certain (P5).

use std::time::Duration;

use standfast_failover::DatabaseOutcome;
use standfast_guard::protocol::{Reason, Request};
use standfast_units::{Epoch, Moment};
use tracing::info;

use super::following::ANSWER_WITHIN;
use super::progress::{ActProgress, engine, guard, mismatch};
use crate::desk::{Answered, Desk};
use crate::effect::EngineCall;
use crate::event::{EngineAnswer, EngineFailure};

/// The orderly stop of a standby; no client waits for it.
const STOP_STANDBY_WITHIN: Duration = Duration::from_secs(10);

/// How long a guard may take to take the order to fence. It answers in well under a millisecond unless it
/// is stopped or starved; a fence that it does not begin is begun without it, and both together have to
/// fit between the deadline and the end of the lease (P2).
const FENCE_ANSWER_WITHIN: Duration = Duration::from_millis(100);

/// How long the checkpoint before a clean stop may take. Clients are still served; when it takes
/// longer the stop would too, and the switchover is given up before a client notices.
const CHECKPOINT_WITHIN: Duration = Duration::from_mins(1);

/// Waiting until the guard tells that nothing remains, from before it was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    fences: u64,
    connections: u64,
}

/// How the wait stands.
enum Remains {
    Something,
    Nothing(Option<Reason>),
    /// The connection over which it would be told is gone.
    Unknown,
}

impl Waiting {
    fn begin(desk: &Desk) -> Self {
        Self {
            fences: desk.guard.fences,
            connections: desk.guard.connections,
        }
    }

    fn look(self, desk: &Desk) -> Remains {
        let guard = &desk.guard;
        if guard.fences > self.fences {
            Remains::Nothing(guard.last_reason.clone())
        } else if guard.status.is_none() || guard.connections != self.connections {
            Remains::Unknown
        } else {
            Remains::Something
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Stop {
    purpose: Purpose,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// P8: everything before the stop can be taken back; after it the core restores the primary.
    StepDown {
        epoch: Epoch,
        within: Duration,
    },
    Standby,
    Fence,
}

#[derive(Debug, Clone)]
enum Stage {
    Checkpointing,
    EndingSessions,
    Asking(Waiting),
    Waiting(Waiting),
    ReadingEnd,
    /// It serves on: with its door open, whatever else failed.
    Reopening {
        why: String,
    },
}

impl Stop {
    pub(super) fn step_down(desk: &mut Desk, epoch: Epoch, within: Duration) -> ActProgress<Self> {
        let ticket = desk.ask_engine_within(EngineCall::Checkpoint, Some(CHECKPOINT_WITHIN));
        let purpose = Purpose::StepDown { epoch, within };
        let stage = Stage::Checkpointing;
        ActProgress::Going(Some(ticket), Self { purpose, stage })
    }

    pub(super) fn standby(desk: &mut Desk) -> ActProgress<Self> {
        let within = STOP_STANDBY_WITHIN;
        Self::ask(
            desk,
            Purpose::Standby,
            Request::Stop { within },
            ANSWER_WITHIN,
        )
    }

    pub(super) fn fence(desk: &mut Desk, reason: &'static str) -> ActProgress<Self> {
        info!(reason, "fencing");
        let reason = reason.to_owned();
        let request = Request::Fence { reason };
        Self::ask(desk, Purpose::Fence, request, FENCE_ANSWER_WITHIN)
    }

    fn ask(
        desk: &mut Desk,
        purpose: Purpose,
        request: Request,
        answer_within: Duration,
    ) -> ActProgress<Self> {
        let waiting = Waiting::begin(desk);
        let ticket = desk.ask_guard(request, Some(answer_within));
        let stage = Stage::Asking(waiting);
        ActProgress::Going(Some(ticket), Self { purpose, stage })
    }

    pub(super) fn advance(
        self,
        desk: &mut Desk,
        now: Moment,
        answered: Answered,
    ) -> ActProgress<Self> {
        let Self { purpose, stage } = self;
        match stage {
            Stage::Checkpointing => match answered {
                Answered::Engine(Err(EngineFailure::Late)) => {
                    ActProgress::failed("the checkpoint takes too long")
                }
                answered => match engine(answered) {
                    Ok(_) => Self::close(desk, now, purpose),
                    Err(reason) => ActProgress::failed(reason),
                },
            },
            Stage::EndingSessions => match engine(answered) {
                Ok(_) => {
                    let within = match purpose {
                        Purpose::StepDown { within, .. } => within,
                        Purpose::Standby | Purpose::Fence => STOP_STANDBY_WITHIN,
                    };
                    Self::ask(desk, purpose, Request::Stop { within }, ANSWER_WITHIN)
                }
                Err(reason) => Self::give_up(desk, purpose, reason),
            },
            Stage::Asking(waiting) => match guard(answered) {
                Ok(()) => Self::wait(desk, purpose, waiting),
                Err(reason) => Self::give_up(desk, purpose, reason),
            },
            Stage::Waiting(waiting) => Self::wait(desk, purpose, waiting),
            Stage::ReadingEnd => match engine(answered) {
                Ok(EngineAnswer::LogEnd(end)) => ActProgress::Ended(DatabaseOutcome::SteppedDown {
                    position: end.position,
                }),
                Ok(_) => ActProgress::failed(mismatch()),
                Err(reason) => ActProgress::failed(reason),
            },
            Stage::Reopening { why } => match engine(answered) {
                Ok(_) => ActProgress::failed(why),
                Err(reason) => ActProgress::failed(reason),
            },
        }
    }

    /// The guard told something of itself.
    pub(super) fn guard_changed(self, desk: &mut Desk) -> ActProgress<Self> {
        match self.stage {
            Stage::Waiting(waiting) => Self::wait(desk, self.purpose, waiting),
            stage @ (Stage::Checkpointing
            | Stage::EndingSessions
            | Stage::Asking(_)
            | Stage::ReadingEnd
            | Stage::Reopening { .. }) => {
                let purpose = self.purpose;
                ActProgress::Going(None, Self { purpose, stage })
            }
        }
    }

    fn close(desk: &mut Desk, now: Moment, purpose: Purpose) -> ActProgress<Self> {
        if let Purpose::StepDown { epoch, .. } = purpose {
            let detail = "clients' sessions end, the server stops";
            desk.note(now.wall, Some(epoch), "stepping down", detail);
        }
        let ticket = desk.ask_engine(EngineCall::EndSessions);
        let stage = Stage::EndingSessions;
        ActProgress::Going(Some(ticket), Self { purpose, stage })
    }

    fn wait(desk: &mut Desk, purpose: Purpose, waiting: Waiting) -> ActProgress<Self> {
        let reason = match waiting.look(desk) {
            Remains::Something => {
                let stage = Stage::Waiting(waiting);
                return ActProgress::Going(None, Self { purpose, stage });
            }
            Remains::Unknown => {
                return Self::give_up(desk, purpose, "the guard does not answer".to_owned());
            }
            Remains::Nothing(reason) => reason,
        };
        match (purpose, reason) {
            (Purpose::Fence, _) => ActProgress::Ended(DatabaseOutcome::Fenced),
            (Purpose::Standby, _) => ActProgress::completed(),
            (Purpose::StepDown { .. }, Some(Reason::Ended) | None) => {
                let ticket = desk.ask_engine(EngineCall::LogEnd);
                let stage = Stage::ReadingEnd;
                ActProgress::Going(Some(ticket), Self { purpose, stage })
            }
            (Purpose::StepDown { .. }, Some(reason)) => {
                let why = format!("the server did not stop in order: {reason}");
                Self::give_up(desk, purpose, why)
            }
        }
    }

    fn give_up(desk: &mut Desk, purpose: Purpose, why: String) -> ActProgress<Self> {
        match purpose {
            Purpose::StepDown { .. } if desk.guard.is_running() => {
                let ticket = desk.ask_engine(EngineCall::AdmitSessions);
                let stage = Stage::Reopening { why };
                ActProgress::Going(Some(ticket), Self { purpose, stage })
            }
            Purpose::StepDown { .. } | Purpose::Standby => ActProgress::failed(why),
            Purpose::Fence => {
                // The next guard ends what this one left; that it is idle tells us so.
                desk.kill_guard();
                ActProgress::failed(why)
            }
        }
    }
}
