//! One call on its way from its caller to the connection.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::oneshot;

use crate::wire::{WireAnswer, WireRequest};
use standfast_coordination::{Error, Watch};

#[derive(Debug)]
pub(super) struct Call {
    pub(super) request: WireRequest,
    pub(super) reply: oneshot::Sender<Result<Reply, Error>>,
    pub(super) stage: std::sync::Arc<Stage>,
}

impl Call {
    /// Whether its caller still waits.
    pub(super) fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }
}

#[derive(Debug)]
pub(super) enum Reply {
    Answer(WireAnswer),
    Watch(Watch),
}

/// How far a call has come. Caller and connection race for it when the timeout is near; who comes first
/// decides whether the call was certainly not sent.
#[derive(Debug)]
pub(super) struct Stage(AtomicU8);

impl Stage {
    const QUEUED: u8 = 0;
    const SENT: u8 = 1;
    const ABANDONED: u8 = 2;

    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(Self::QUEUED))
    }

    /// The connection is about to send the call; false when its caller has given up.
    pub(super) fn send(&self) -> bool {
        self.leave_queue(Self::SENT)
    }

    /// The caller gives up; false when the call may have been sent.
    pub(super) fn abandon(&self) -> bool {
        self.leave_queue(Self::ABANDONED)
    }

    fn leave_queue(&self, stage: u8) -> bool {
        self.0
            .compare_exchange(Self::QUEUED, stage, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}
