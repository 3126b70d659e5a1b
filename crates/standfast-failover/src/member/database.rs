//! What a member does to the database beside it, and what it makes of the outcomes.

use std::time::Duration;

use standfast_units::Timestamp;

use super::Member;
use super::acts::Doing;
use super::turn::Turn;
use crate::decision::{Action, DatabaseAction};
use crate::observation::{Database, Folder};
use crate::observed::ObservedFolder;
use crate::outcome::DatabaseOutcome;
use crate::state::State;

/// How long a failed act waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long the guard's word that a server runs may lag behind the word that it was started. Past it
/// the server has ended already.
const STARTED_WITHIN: Duration = Duration::from_millis(200);

impl Member {
    /// Whether an act on the database may begin: none is under way, none is waiting to be retried.
    pub(super) fn may_act(&self, turn: &mut Turn) -> bool {
        if self.acts.is_busy() {
            return false;
        }
        match self.acts.retry_at().filter(|at| turn.now < *at) {
            Some(at) => {
                turn.wake(at);
                false
            }
            None => true,
        }
    }

    pub(super) fn act(&mut self, turn: &mut Turn, doing: Doing, action: DatabaseAction) {
        self.acts.begin(doing);
        turn.act(Action::Database(action));
    }

    pub(super) fn fence(&mut self, turn: &mut Turn, reason: &'static str) {
        self.enter_because(turn, State::Fencing, reason);
        // Takes the place of whatever is under way: a server that is being started may run by now, whatever
        // the guard said before (P5).
        self.observed.see_nothing_certain();
        self.act(turn, Doing::Fencing, DatabaseAction::Fence { reason });
    }

    pub(super) fn inspect(&mut self, turn: &mut Turn) {
        self.act(turn, Doing::Inspecting, DatabaseAction::InspectFolder);
    }

    /// The end of an act on the database.
    pub(super) fn conclude_act(&mut self, now: Timestamp, outcome: DatabaseOutcome) {
        // Of an act that was abandoned nothing is believed.
        let Some(done) = self.acts.end() else {
            return;
        };
        if !matches!(outcome, DatabaseOutcome::Failed { .. }) {
            self.acts.forget_trouble();
        }
        match outcome {
            DatabaseOutcome::Inspected(folder) => {
                self.observed.folder = ObservedFolder::Read(folder);
            }
            DatabaseOutcome::Completed => self.completed(now, done),
            DatabaseOutcome::Promoted { fork } => {
                self.observed.see_fork(fork);
                self.observed.database = Database::Primary {
                    timeline: fork.timeline,
                    position: fork.position,
                };
            }
            DatabaseOutcome::SteppedDown { position } => {
                self.observed.see_nothing_run();
                let timeline = self.right.holding().map(|holding| holding.lease.timeline);
                self.observed.folder = timeline.map_or(ObservedFolder::Unread, |timeline| {
                    ObservedFolder::Read(Folder::Primary {
                        timeline,
                        end: position,
                    })
                });
            }
            DatabaseOutcome::Fenced => {
                self.observed.see_nothing_run();
                self.observed.folder = ObservedFolder::Unread;
            }
            DatabaseOutcome::Failed { reason } => self.failed(now, done, reason),
        }
    }

    fn completed(&mut self, now: Timestamp, done: Doing) {
        match done {
            Doing::Recording => self.rejoin.surplus_recorded(),
            Doing::Rewinding | Doing::Cloning => {
                self.rejoin.repaired(now);
                self.observed.folder = ObservedFolder::Unread;
            }
            Doing::Initialising => self.observed.folder = ObservedFolder::Unread,
            Doing::Starting => {
                self.rejoin.started();
                self.observed.folder = ObservedFolder::Unread;
                if !self.observed.server_runs() {
                    self.acts.await_guard(now.after(STARTED_WITHIN));
                }
            }
            Doing::Preparing => self.prepared_at = Some(now),
            // The stop was awaited to the end: that nothing remains is proven, as by a fence.
            Doing::Stopping => self.observed.see_nothing_run(),
            Doing::Inspecting | Doing::Changing | Doing::Promoting | Doing::Fencing => {}
        }
    }

    fn failed(&mut self, now: Timestamp, done: Doing, reason: String) {
        match done {
            Doing::Inspecting => self.observed.folder = ObservedFolder::Unreadable,
            Doing::Rewinding => {
                // At any doubt, a fresh clone (P14), and at once.
                self.rejoin.not_rewound();
                self.observed.folder = ObservedFolder::Unread;
                return;
            }
            Doing::Cloning => {
                self.rejoin.not_cloned();
                self.observed.folder = ObservedFolder::Unread;
            }
            Doing::Recording => self.rejoin.not_recorded(),
            Doing::Changing => self.rejoin.follows_nobody(),
            Doing::Initialising
            | Doing::Starting
            | Doing::Promoting
            | Doing::Preparing
            | Doing::Stopping
            | Doing::Fencing => {}
        }
        self.acts.wait_until(now.after(RETRY_AFTER), reason);
    }
}
