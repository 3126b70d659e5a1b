//! Opens the door when a database is proven valid, and closes it when it no longer is.
//!
//! Closing cuts every connection of that opening at once, by a timer and not by traffic. It is *not*
//! what keeps a stale answer from passing: each write asks the proof itself (`relay`), so that a door
//! that closes late, after a freeze, does no harm.
//!
//! Deliberately absent: opinions. Open is what [`Proof::check`] allows.

use std::time::Duration;

use standfast_units::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{error, info};

use crate::book::Book;
use crate::source::{Clock, WriterTarget};
use crate::status::Cut;
use crate::validity::Proof;

/// Whether new clients are connected, and where.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// There is no database that may be written to, as far as can be proven.
    Closed,
    /// There is one.
    Open(Opening),
}

impl Door {
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// One time the door was open: as long as one epoch stayed valid without a gap.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) target: WriterTarget,
    ended: watch::Receiver<Option<Cut>>,
}

impl Opening {
    /// Waits until the door closes and says why.
    pub(crate) async fn ended(&mut self) -> Cut {
        match self.ended.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(Cut::Lapsed),
            // The doorkeeper has ended.
            Err(_) => Cut::ShutDown,
        }
    }
}

/// Keeps the door.
pub(crate) struct Doorkeeper<C> {
    proof: watch::Receiver<Proof>,
    clock: C,
    /// The runtime's timer stands still while the machine is suspended, the clock does not: it is
    /// looked at this often.
    look_every: Duration,
    door: watch::Sender<Door>,
    book: Book,
    open: Option<OpenDoor>,
}

struct OpenDoor {
    target: WriterTarget,
    ended: watch::Sender<Option<Cut>>,
}

impl<C: Clock> Doorkeeper<C> {
    pub(crate) fn new(
        proof: watch::Receiver<Proof>,
        clock: C,
        look_every: Duration,
        door: watch::Sender<Door>,
        book: Book,
    ) -> Self {
        Self {
            proof,
            clock,
            look_every,
            door,
            book,
            open: None,
        }
    }

    /// Runs until dropped, or until the keeper has ended and the record is no longer read.
    pub(crate) async fn keep(mut self) {
        loop {
            let proof = self.proof.borrow_and_update().clone();
            let now = (self.clock)();
            self.follow(&proof, now);
            let pause = match proof.until(proof.epoch()) {
                Ok(until) if now < until => until.since(now).min(self.look_every),
                _ => self.look_every,
            };
            if let Ok(Err(_)) = timeout(pause, self.proof.changed()).await {
                error!("nobody reads the lease record any more; the door stays closed");
                self.close(&proof, Cut::Lapsed);
                return;
            }
        }
    }

    fn follow(&mut self, proof: &Proof, now: Timestamp) {
        if let Some(open) = &self.open
            && let Err(reason) = proof.check(open.target.epoch, now)
        {
            self.close(proof, reason);
        }
        let writer = proof.writer(now);
        if let Ok(target) = writer {
            self.open(target);
        }
        self.book.stand(proof.epoch(), writer);
    }

    fn open(&mut self, target: &WriterTarget) {
        let WriterTarget {
            epoch,
            node,
            address,
        } = target;
        match &mut self.open {
            Some(open) if open.target == *target => return,
            Some(open) => {
                // The same epoch: what is connected stays connected.
                info!(%epoch, %node, %address, "writer moved within its epoch");
                open.target = target.clone();
            }
            None => {
                info!(%epoch, %node, %address, from = "closed", to = "open", reason = "verified", "writer door");
                self.open = Some(OpenDoor {
                    target: target.clone(),
                    ended: watch::Sender::new(None),
                });
            }
        }
        if let Some(open) = &self.open {
            self.door.send_replace(Door::Open(Opening {
                target: open.target.clone(),
                ended: open.ended.subscribe(),
            }));
        }
    }

    fn close(&mut self, proof: &Proof, reason: Cut) {
        let Some(OpenDoor { target, ended }) = self.open.take() else {
            return;
        };
        self.door.send_replace(Door::Closed);
        ended.send_replace(Some(reason));
        let clients = self.book.stand(proof.epoch(), Err(reason.into()));
        info!(
            epoch = %target.epoch,
            node = %target.node,
            from = "open",
            to = "closed",
            %reason,
            clients,
            "writer door"
        );
    }
}
