//! What must hold at every instant of every simulation, each with its rule.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use standfast_failover::{Lease, LeaseState, State, TransitionKind};
use standfast_units::{Epoch, Timeline, Timestamp};

use super::node::{Machine, Server};

/// The longest a guard takes to end every process.
pub(super) const KILL_BUDGET: Duration = Duration::from_millis(300);

/// Clients write more often than this wherever they are let in.
const PAUSE: Duration = Duration::from_millis(700);

/// What all of a simulation remembers for its judges.
#[derive(Debug, Default)]
pub(super) struct Judge {
    /// The newest epoch that has accepted a write.
    newest_epoch: u64,
    /// Which node was promoted onto a timeline, and where.
    promotions: BTreeMap<Timeline, (usize, usize)>,
    /// Every acknowledged write: when, by whom.
    pub(super) acknowledged: BTreeMap<u64, (u64, usize)>,
    /// Those that a failover left behind.
    lost: BTreeSet<u64>,
    /// Those that were recorded before they were thrown away.
    pub(super) ledger: BTreeSet<u64>,
    verified: BTreeSet<(usize, u64)>,
    writer: u64,
}

/// P1: the epoch grows by one with each acquisition and is the same until then.
pub(super) fn epochs_grow_by_one(old: Option<&Lease>, new: &Lease) {
    let Some(old) = old else {
        assert_eq!(new.epoch, Epoch::new(1), "P1: the first epoch is 1");
        return;
    };
    let taken = new.incarnation != old.incarnation;
    let expected = old.epoch.get() + u64::from(taken);
    assert_eq!(
        new.epoch.get(),
        expected,
        "P1: the epoch does not grow by one"
    );
    assert!(
        new.timeline_reserved >= old.timeline_reserved,
        "P11: a reserved timeline is forgotten"
    );
    if !taken {
        assert_eq!(
            old.state,
            LeaseState::Held,
            "P1: a released right is renewed"
        );
    }
}

/// P1: an acquisition rests on a record that stood still for the whole lease, was released, or was the
/// taker's own. `renewed_at` is the true time of its last change.
pub(super) fn nothing_is_taken_early(
    old: Option<(&Lease, u64)>,
    new: &Lease,
    now: u64,
    lease: Duration,
    drift_max: Duration,
) {
    let Some((old, changed_at)) = old else { return };
    if old.holder == new.holder || matches!(old.state, LeaseState::Released { .. }) {
        return;
    }
    let still = Duration::from_nanos(now - changed_at);
    assert!(
        still + drift_max >= lease,
        "P1: {} took over after {still:?}, the lease is {lease:?}",
        new.holder
    );
}

/// P5: the right is given up only when nothing runs.
pub(super) fn nothing_runs_when_released(machine: &Machine) {
    assert_eq!(
        machine.server,
        Server::Down,
        "P5: {} releases the right while its server runs",
        machine.name
    );
}

/// P2: whoever holds the right after a step has a deadline ahead.
pub(super) fn no_right_is_held_past_its_deadline(machine: &Machine, now: Timestamp) {
    let Some(agent) = &machine.agent else { return };
    if let Some(deadline) = agent.member.deadline() {
        assert!(
            now < deadline,
            "P2: {} holds a right whose deadline has passed",
            machine.name
        );
    }
    if agent.member.state() == State::Leading {
        assert!(
            agent.member.deadline().is_some(),
            "P2: {} leads without a right",
            machine.name
        );
    }
}

impl Judge {
    /// P1, P2, P5: a write is accepted only by a server that is armed, at most the kill budget after its
    /// deadline, and never under an older epoch once a newer one has accepted one.
    pub(super) fn write_is_accepted(
        &mut self,
        machine: &Machine,
        now: Timestamp,
        epochs: &BTreeMap<String, u64>,
    ) {
        let name = &machine.name;
        let Some(deadline) = machine.guard.deadline else {
            panic!("P4: {name} accepts a write without a deadline");
        };
        assert!(
            now <= deadline.after(KILL_BUDGET),
            "P2: {name} accepts a write after its deadline"
        );
        let epoch = *epochs.get(&machine.guard.label).unwrap_or(&0);
        assert!(epoch > 0, "P1: {name} accepts a write under no epoch");
        assert!(
            epoch >= self.newest_epoch,
            "P1: {name} accepts a write under epoch {epoch} after epoch {} did",
            self.newest_epoch
        );
        self.newest_epoch = epoch;
    }

    /// P11: no timeline is promoted onto twice.
    pub(super) fn timelines_are_used_once(&mut self, node: usize, timeline: Timeline, at: usize) {
        let earlier = self.promotions.insert(timeline, (node, at));
        assert!(
            earlier.is_none_or(|earlier| earlier == (node, at)),
            "P11: timeline {timeline} is promoted onto twice"
        );
    }

    /// P7, P8, P16: what a new primary lacks of what was acknowledged is no more than was said when it
    /// took over: nothing when nothing was said.
    pub(super) fn loss_is_within_what_was_said(
        &mut self,
        machine: &Machine,
        kind: TransitionKind,
        loss_max: Option<Duration>,
        slack: Duration,
    ) {
        let has: BTreeSet<u64> = machine.disk.log.iter().map(|record| record.id).collect();
        let newly_lost: Vec<(u64, u64)> = self
            .acknowledged
            .iter()
            .filter(|(id, _)| !has.contains(id) && !self.lost.contains(id))
            .map(|(id, (at, _))| (*id, *at))
            .collect();
        let Some(first) = newly_lost.iter().map(|(_, at)| *at).min() else {
            return;
        };
        // Time in which writes were accepted: while nobody serves none are lost.
        let mut accepted: Vec<u64> = self
            .acknowledged
            .values()
            .map(|(at, _)| *at)
            .filter(|at| *at >= first)
            .collect();
        accepted.sort_unstable();
        let pauses_count = u64::try_from(PAUSE.as_nanos()).unwrap();
        let span = accepted
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).min(pauses_count))
            .sum();
        let span = Duration::from_nanos(span);
        let said = loss_max.map(|said| said + slack);
        assert!(
            said.is_some_and(|said| span <= said),
            "P7: {} lost {span:?} of writes by {kind:?}, it said {loss_max:?}",
            machine.name
        );
        self.lost.extend(newly_lost.iter().map(|(id, _)| *id));
    }

    /// An operator accepted the loss by name: whatever is missing now is known to be.
    pub(super) fn loss_was_accepted(&mut self, machine: &Machine) {
        let has: BTreeSet<u64> = machine.disk.log.iter().map(|record| record.id).collect();
        let missing = self.acknowledged.keys().filter(|id| !has.contains(id));
        self.lost.extend(missing.copied());
    }

    /// P14: what a node has accepted and its new primary has not is recorded before it is thrown away.
    pub(super) fn nothing_is_thrown_away_unrecorded(
        &self,
        node: usize,
        machine: &Machine,
        kept: usize,
    ) {
        for record in &machine.disk.log[kept..] {
            let accepted_here = self
                .acknowledged
                .get(&record.id)
                .is_some_and(|(_, by)| *by == node);
            assert!(
                !accepted_here || self.ledger.contains(&record.id),
                "P14: {} throws away a write it acknowledged",
                machine.name
            );
        }
    }

    /// P13: a controller verified a write under that very epoch before it moves the name.
    pub(super) fn verified(&mut self, controller: usize, epoch: Epoch) {
        self.verified.insert((controller, epoch.get()));
    }

    /// P13: the name never goes back, and moves only after a verified write.
    pub(super) fn name_moves_forward(&mut self, controller: usize, epoch: Epoch) {
        assert!(
            self.verified.contains(&(controller, epoch.get())),
            "P13: the name is moved to epoch {epoch} without a verified write"
        );
    }

    /// P13: what the store says of the writer name only grows.
    pub(super) fn writer_never_goes_back(&mut self, writer: Epoch) {
        assert!(
            writer.get() >= self.writer,
            "P13: the writer name went back to epoch {writer}"
        );
        self.writer = writer.get();
    }
}
