//! Transactions about the right to write, between an agent and the store: late, lost, or unanswered.

use standfast_failover::{Acquisition, Action, Input, Lease, Outcome, RequestKind, TransitionKind};
use standfast_units::Timestamp;

use super::invariants;
use super::store::Transition;
use super::world::{Event, Weather, World, region};

/// How long an agent waits for the store's answer.
const ANSWER_WITHIN_MS: u64 = 1_000;

impl World {
    pub(super) fn send_exchange(&mut self, node: usize, mut action: Action) {
        let life = self.machines[node].life;
        let sent_at = self.machines[node].clock(self.now);
        if let Action::Acquire(acquisition) = &mut action {
            self.record_ids += 1;
            acquisition.lease.incarnation = format!("m{node}-{}", self.record_ids);
        }
        let stormy = self.weather == Weather::Stormy;
        let late = stormy && self.rng.chance(15);
        let lost = stormy && self.rng.chance(10);
        let unanswered = stormy && self.rng.chance(10);
        let action = Box::new(action);
        if !self.store_reachable(node) || lost || late || unanswered {
            let nobody = Event::Answered(node, life, action.clone(), sent_at, None, String::new());
            self.plan_ms(ANSWER_WITHIN_MS, ANSWER_WITHIN_MS + 10, nobody);
            if late {
                self.plan_ms(500, 6_000, Event::Exchange(node, 0, action, sent_at));
            } else if unanswered && !lost {
                self.plan_ms(1, 30, Event::Exchange(node, 0, action, sent_at));
            }
            return;
        }
        self.plan_ms(1, 30, Event::Exchange(node, life, action, sent_at));
    }

    /// The store decides on a transaction about the right. `life` 0: nobody hears the answer.
    pub(super) fn exchange(
        &mut self,
        node: usize,
        life: u64,
        action: Box<Action>,
        sent_at: Timestamp,
    ) {
        if !self.store_reachable(node) {
            if life != 0 {
                let nobody = Event::Answered(node, life, action, sent_at, None, String::new());
                self.plan_ms(ANSWER_WITHIN_MS, ANSWER_WITHIN_MS + 10, nobody);
            }
            return;
        }
        let (revision, incarnation) = match action.as_ref() {
            Action::Acquire(acquisition) => {
                let incarnation = acquisition.lease.incarnation.clone();
                (self.apply_acquisition(node, acquisition), incarnation)
            }
            Action::Renew { revision, lease } => {
                (self.swap(*revision, lease.clone(), false), String::new())
            }
            Action::Release { revision, lease } => {
                let swapped = self.swap(*revision, lease.clone(), true);
                if swapped.is_some() {
                    invariants::nothing_runs_when_released(&self.machines[node]);
                    self.note(format_args!("machine {node} releases: {:?}", lease.state));
                    self.count("released");
                }
                (swapped, String::new())
            }
            _ => return,
        };
        if life != 0 {
            let answer = Some(revision.unwrap_or(0));
            let event = Event::Answered(node, life, action, sent_at, answer, incarnation);
            self.plan_ms(1, 30, event);
        }
    }

    fn swap(&mut self, revision: u64, lease: Lease, durable: bool) -> Option<u64> {
        let swapped = self.store.swap_lease(revision, lease, durable);
        if swapped.is_some() {
            self.lease_changed_at = self.now;
            self.store_changed();
        }
        swapped
    }

    fn apply_acquisition(&mut self, node: usize, acquisition: &Acquisition) -> Option<u64> {
        let old = self.store.now.lease.clone();
        let changed_at = self.lease_changed_at;
        let revision = self.swap(acquisition.revision, acquisition.lease.clone(), true)?;
        invariants::nothing_is_taken_early(
            old.as_ref().map(|(lease, _)| (lease, changed_at)),
            &acquisition.lease,
            self.now,
            self.timings.lease,
            self.timings.lease / 100,
        );
        let epoch = acquisition.lease.epoch;
        let kind = acquisition.kind;
        self.note(format_args!(
            "machine {node} takes epoch {epoch} by {kind:?}, at most {:?} lost",
            acquisition.loss_max
        ));
        self.count(match kind {
            TransitionKind::Bootstrap => "bootstraps",
            TransitionKind::Switchover => "switchovers",
            TransitionKind::Failover => "failovers",
            TransitionKind::Retake => "retakes",
        });
        self.losses.insert(epoch.get(), acquisition.loss_max);
        let here = region(self.machines[node].region);
        let named = self.store.now.request.as_ref().is_some_and(|(request, _)| {
            matches!(&request.kind, RequestKind::Failover { to, accept_loss: Some(_) } if *to == here)
        });
        if named {
            self.accepted.insert(epoch.get());
        }
        let at = self.now;
        let transition = Transition {
            kind,
            fork: None,
            at,
        };
        self.store.put_transition(epoch, transition);
        self.store_changed();
        Some(revision)
    }

    /// The agent hears what came of it: `Some(0)` refused, `None` nobody knows.
    pub(super) fn answered(
        &mut self,
        node: usize,
        action: &Action,
        sent_at: Timestamp,
        revision: Option<u64>,
        incarnation: String,
    ) {
        let deadline = sent_at.after(self.timings.self_fence_after);
        let granted = revision.filter(|revision| *revision > 0);
        let outcome = match (action, granted) {
            (Action::Acquire(_), Some(revision)) => {
                if self.guard_is_idle(node) || self.arm(node, deadline, &incarnation) {
                    Outcome::Acquired {
                        incarnation,
                        revision,
                        deadline,
                    }
                } else {
                    Outcome::AcquisitionUnknown
                }
            }
            (Action::Acquire(_), None) if revision == Some(0) => Outcome::NotAcquired,
            (Action::Acquire(_), None) => Outcome::AcquisitionUnknown,
            (Action::Renew { lease, .. }, Some(revision)) => {
                let label = lease.incarnation.clone();
                if self.guard_is_idle(node) || self.arm(node, deadline, &label) {
                    Outcome::Renewed {
                        revision,
                        renewal: lease.renewal,
                        deadline,
                    }
                } else {
                    Outcome::NotRenewed
                }
            }
            (Action::Renew { .. }, None) => Outcome::NotRenewed,
            (Action::Release { .. }, Some(_)) => Outcome::Released,
            (_, _) => Outcome::NotReleased,
        };
        self.step(node, Input::Done(outcome));
    }
}
