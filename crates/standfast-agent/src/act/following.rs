//! Starting a server, and telling a running standby whom to follow.

use std::time::Duration;

use standfast_guard::protocol::{Request, Start as Order};
use standfast_replication::{StartAs, Upstream};
use standfast_units::{Node, Timestamp};

use super::progress::{ActProgress, engine, guard, mismatch};
use crate::desk::{Answered, Desk};
use crate::effect::EngineCall;
use crate::event::EngineAnswer;

/// How long a guard may take to take an order: it may have to open a log and fork, on a disk that is slow.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) enum Start {
    SettingUp {
        deadline: Option<Timestamp>,
        label: String,
    },
    Ordering,
}

impl Start {
    /// Under the right to write, until a deadline.
    pub(super) fn primary(
        desk: &mut Desk,
        deadline: Timestamp,
        label: String,
    ) -> ActProgress<Self> {
        Self::set_up(desk, StartAs::Primary, Some(deadline), label)
    }

    /// As a follower.
    pub(super) fn standby(desk: &mut Desk, upstream: Option<&Node>) -> ActProgress<Self> {
        let upstream = upstream.and_then(|node| desk.settings.upstream(node));
        Self::set_up(desk, StartAs::Standby { upstream }, None, String::new())
    }

    fn set_up(
        desk: &mut Desk,
        start_as: StartAs,
        deadline: Option<Timestamp>,
        label: String,
    ) -> ActProgress<Self> {
        let ticket = desk.ask_engine(EngineCall::SetUp(start_as));
        ActProgress::Going(Some(ticket), Self::SettingUp { deadline, label })
    }

    pub(super) fn advance(self, desk: &mut Desk, answered: Answered) -> ActProgress<Self> {
        match self {
            Self::SettingUp { deadline, label } => match engine(answered) {
                Ok(EngineAnswer::Command(command)) => {
                    let order = Order {
                        program: command.program.to_string_lossy().into_owned(),
                        arguments: command.arguments,
                        deadline,
                        label,
                    };
                    let ticket = desk.ask_guard(Request::Start(order), Some(ANSWER_WITHIN));
                    ActProgress::Going(Some(ticket), Self::Ordering)
                }
                Ok(_) => ActProgress::failed(mismatch()),
                Err(reason) => ActProgress::failed(reason),
            },
            Self::Ordering => match guard(answered) {
                Ok(()) => ActProgress::completed(),
                Err(reason) => ActProgress::failed(reason),
            },
        }
    }
}

/// Where a node of this database is reached.
pub(super) fn known_upstream(desk: &Desk, node: &Node) -> Result<Upstream, String> {
    desk.settings
        .upstream(node)
        .ok_or_else(|| format!("{node} is no node of this database"))
}

/// What makes the running standby follow `upstream`.
pub(super) fn follow(desk: &Desk, upstream: &Node) -> Result<EngineCall, String> {
    known_upstream(desk, upstream).map(EngineCall::Follow)
}
