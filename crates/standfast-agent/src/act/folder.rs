//! Reading what the data folder says of itself, its log's end included.

use standfast_failover::{DatabaseOutcome, Folder};
use standfast_replication::{DataFolder as Found, FolderState, LogDirection};
use tracing::info;

use super::progress::{ActProgress, engine, mismatch};
use crate::desk::{Answered, Desk};
use crate::effect::EngineCall;
use crate::event::EngineAnswer;

#[derive(Debug, Clone)]
pub(super) enum Inspection {
    Folder,
    LogEnd(FolderState),
}

impl Inspection {
    pub(super) fn begin(desk: &mut Desk) -> ActProgress<Self> {
        ActProgress::Going(Some(desk.ask_engine(EngineCall::Folder)), Self::Folder)
    }

    pub(super) fn advance(self, desk: &mut Desk, answered: Answered) -> ActProgress<Self> {
        match self {
            Self::Folder => match engine(answered) {
                Ok(EngineAnswer::Folder(Found::Absent)) => inspected(Folder::Absent),
                Ok(EngineAnswer::Folder(Found::Incomplete)) => inspected(Folder::Incomplete),
                Ok(EngineAnswer::Folder(Found::Ready(state))) => {
                    let ticket = desk.ask_engine(EngineCall::LogEnd);
                    ActProgress::Going(Some(ticket), Self::LogEnd(state))
                }
                Ok(_) => ActProgress::failed(mismatch()),
                Err(reason) => ActProgress::failed(reason),
            },
            Self::LogEnd(state) => match (state.set_up_as, engine(answered)) {
                (LogDirection::Primary, Ok(EngineAnswer::LogEnd(end))) => {
                    inspected(Folder::Primary {
                        timeline: end.timeline,
                        end: end.position,
                    })
                }
                (LogDirection::Standby, Ok(EngineAnswer::LogEnd(end))) => {
                    inspected(Folder::Standby {
                        timeline: end.timeline,
                        end: end.position,
                    })
                }
                (_, Ok(_)) => ActProgress::failed(mismatch()),
                (LogDirection::Primary, Err(reason)) => ActProgress::failed(reason),
                // What a standby lacks it receives again; its last checkpoint is certain.
                (LogDirection::Standby, Err(error)) => {
                    info!(error, "the standby's log cannot be read to its end");
                    inspected(Folder::Standby {
                        timeline: state.timeline,
                        end: state.checkpoint,
                    })
                }
            },
        }
    }
}

fn inspected<T>(folder: Folder) -> ActProgress<T> {
    ActProgress::Ended(DatabaseOutcome::Inspected(folder))
}
