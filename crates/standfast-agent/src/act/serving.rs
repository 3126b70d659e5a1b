//! Making a standby a primary, and a primary of use to clients and standbys (P11, P12).

use std::time::Duration;

use standfast_failover::DatabaseOutcome;
use standfast_guard::protocol::Request;
use standfast_record::{Completing, Completion, Fork, Step, key};
use standfast_units::{Epoch, Moment, Node, Timeline, Timestamp};
use tracing::info;

use super::progress::{ActProgress, engine, guard, mismatch};
use crate::desk::{Answered, Desk};
use crate::effect::EngineCall;
use crate::event::EngineAnswer;

/// How long promotion may take until the core is told; it asks again.
const PROMOTE_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub(super) enum Promotion {
    Arming {
        epoch: Epoch,
        timeline: Timeline,
    },
    Promoting {
        epoch: Epoch,
        timeline: Timeline,
    },
    /// The store is told where the timeline begins.
    Telling {
        completion: Completion,
        fork: Fork,
    },
}

impl Promotion {
    /// The guard must hold a deadline before the server accepts its first write. A renewal may have pushed
    /// it further already; an older one is refused then, which is as good.
    pub(super) fn begin(
        desk: &mut Desk,
        epoch: Epoch,
        timeline: Timeline,
        label: String,
        deadline: Timestamp,
    ) -> ActProgress<Self> {
        let armed = desk.guard.status.as_ref().is_some_and(|status| {
            status.label == label && status.deadline.is_some_and(|at| at >= deadline)
        });
        if armed {
            return Self::promote(desk, epoch, timeline);
        }
        let request = Request::Deadline {
            at: deadline,
            label,
        };
        let ticket = desk.ask_guard(request, None);
        ActProgress::Going(Some(ticket), Self::Arming { epoch, timeline })
    }

    fn promote(desk: &mut Desk, epoch: Epoch, timeline: Timeline) -> ActProgress<Self> {
        let within = PROMOTE_WITHIN;
        let ticket = desk.ask_engine(EngineCall::Promote { timeline, within });
        ActProgress::Going(Some(ticket), Self::Promoting { epoch, timeline })
    }

    pub(super) fn advance(
        self,
        desk: &mut Desk,
        now: Moment,
        answered: Answered,
    ) -> ActProgress<Self> {
        match self {
            Self::Arming { epoch, timeline } => match guard(answered) {
                Ok(()) => Self::promote(desk, epoch, timeline),
                Err(reason) => ActProgress::failed(reason),
            },
            Self::Promoting { epoch, timeline } => match engine(answered) {
                Ok(EngineAnswer::Promotion(done)) => {
                    let fork = Fork {
                        parent: done.parent,
                        timeline: done.timeline,
                        position: done.fork,
                    };
                    let (epoch_number, position) = (epoch.get(), fork.position);
                    info!(epoch = epoch_number, timeline = timeline.get(), fork = %position, "promoted");
                    // Known to the store before any node hears that we serve: followers judge themselves by it.
                    let key =
                        key::succession(&desk.settings.system, &desk.settings.database, epoch);
                    let (completion, first) =
                        Completion::new(key, Step::Promoted, now.wall, Some(fork));
                    Self::tell(desk, completion, fork, first)
                }
                Ok(_) => ActProgress::failed(mismatch()),
                Err(reason) => ActProgress::failed(reason),
            },
            Self::Telling {
                mut completion,
                fork,
            } => {
                let next = match answered {
                    Answered::Read(read) => completion.read(read),
                    Answered::Transacted(transacted) => completion.transacted(transacted),
                    Answered::Guard(_) | Answered::Engine(_) => Completing::Failed(mismatch()),
                };
                Self::tell(desk, completion, fork, next)
            }
        }
    }

    fn tell(
        desk: &mut Desk,
        completion: Completion,
        fork: Fork,
        next: Completing,
    ) -> ActProgress<Self> {
        let ticket = match next {
            Completing::Read(key) => desk.read(key),
            Completing::Transact(transaction) => desk.transact(transaction),
            Completing::Done => return ActProgress::Ended(DatabaseOutcome::Promoted { fork }),
            Completing::Failed(reason) => return ActProgress::failed(reason),
        };
        ActProgress::Going(Some(ticket), Self::Telling { completion, fork })
    }
}

#[derive(Debug, Clone)]
pub(super) enum Preparation {
    Admitting { epoch: Epoch, standbys: Vec<Node> },
    KeepingLog { epoch: Epoch },
    Provisioning { epoch: Epoch },
}

impl Preparation {
    /// An agent that ended in the middle of a switchover may have left the door closed (P8).
    pub(super) fn begin(desk: &mut Desk, epoch: Epoch, standbys: Vec<Node>) -> ActProgress<Self> {
        let ticket = desk.ask_engine(EngineCall::AdmitSessions);
        ActProgress::Going(Some(ticket), Self::Admitting { epoch, standbys })
    }

    pub(super) fn advance(self, desk: &mut Desk, answered: Answered) -> ActProgress<Self> {
        if let Err(reason) = engine(answered) {
            return ActProgress::failed(reason);
        }
        match self {
            Self::Admitting { epoch, standbys } => {
                let ticket = desk.ask_engine(EngineCall::KeepLogFor(standbys));
                ActProgress::Going(Some(ticket), Self::KeepingLog { epoch })
            }
            Self::KeepingLog { epoch } => {
                let ticket = desk.ask_engine(EngineCall::Provision);
                ActProgress::Going(Some(ticket), Self::Provisioning { epoch })
            }
            Self::Provisioning { epoch } => {
                desk.checkpoint_once(epoch);
                ActProgress::completed()
            }
        }
    }
}
