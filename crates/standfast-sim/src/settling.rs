//! Phase two: everything is mended, and the system has to come to rest by itself.

use std::fmt::Write as _;
use std::time::Duration;

use standfast_failover::State;
use standfast_record::{RequestKind, Writer};

use crate::clock::nanos;
use crate::invariant::Violation;
use crate::queue::MS;
use crate::server::Does;
use crate::setting::{REGIONS, named};
use crate::world::World;

/// A standby that has to find out that it cannot be repaired by starting it waits this long for its stream
/// (`standfast_failover`, `ADRIFT_MAX`), and is cloned then; twice, should the first copy be in vain.
const REPAIRS: Duration = Duration::from_secs(200);

impl World {
    /// The longest recovery, everything mended: the hold-down, the cool-down, what a member that yields
    /// waits for others, and the repairs.
    fn recovery_max(&self) -> Duration {
        let timings = &self.timings;
        timings.hold_down + timings.cool_down + (timings.lease + timings.hold_down) * 3 + REPAIRS
    }

    /// Waits until one serves and all others follow.
    pub(crate) fn settle(&mut self) {
        let end = self.now + nanos(self.recovery_max());
        if self.settles_by(end) {
            return;
        }
        if self.needs_person {
            // A disk is gone, or an older copy was put back: only a person can say that the loss is
            // accepted (P16).
            self.trace.count("settled", "by an operator");
            for region in [1, 0, 1, 0] {
                let to = named(REGIONS[region]);
                let accept_loss = Some(Duration::from_hours(24));
                self.ask(RequestKind::Failover { to, accept_loss });
                let end = self.now + nanos(Duration::from_secs(30));
                if self.settles_by(end) {
                    return;
                }
            }
            let end = self.now + nanos(self.recovery_max());
            if self.settles_by(end) {
                return;
            }
        }
        self.does_not_recover();
    }

    /// The time is up.
    pub(crate) fn does_not_recover(&mut self) {
        if self.violation.is_none() {
            let what = format!("the system does not recover\n{}", self.describe());
            self.violate(Violation::new("P14, P16", what));
        }
    }

    fn settles_by(&mut self, end: u64) -> bool {
        while self.now < end && self.violation.is_none() {
            let next = self.now + 500 * MS;
            self.run_until(next);
            if self.is_settled() {
                return true;
            }
        }
        false
    }

    /// Whether one serves with everything else behind it, and the name means it.
    pub(crate) fn is_settled(&self) -> bool {
        let Some(lease) = self.lease() else {
            return false;
        };
        let Some(primary) = self.index(&lease.holder) else {
            return false;
        };
        let leads = self.nodes[primary].accepts_writes(self.now)
            && self.nodes[primary]
                .agent
                .as_ref()
                .is_some_and(|agent| agent.state() == State::Leading);
        let follow = (0..self.nodes.len())
            .filter(|node| *node != primary)
            .all(|node| {
                let own = &self.nodes[node];
                own.server.does == Does::Follows
                    && own.server.streaming
                    && own.server.upstream == Some(primary)
                    && own.folder.timeline == self.nodes[primary].folder.timeline
            });
        let writer = self.store.machine.get(&self.keys.writer).entry;
        let writer = writer.and_then(|entry| entry.record::<Writer>().ok());
        leads && follow && writer.is_some_and(|writer| writer.epoch == lease.epoch)
    }

    /// What each process is about, for a person who has to find out why it did not settle.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for own in &self.nodes {
            let (state, holds) = own.agent.as_ref().map_or_else(
                || ("no agent".to_owned(), String::new()),
                |agent| {
                    let holds: Vec<String> =
                        agent.holds().iter().map(ToString::to_string).collect();
                    (agent.state().to_string(), holds.join("; "))
                },
            );
            let folder = &own.folder;
            let _ = writeln!(
                text,
                "{}: {state}, server {:?} (streaming {}, follows {:?}), folder {:?} {:?} signal {} \
                 timeline {} log {} of which {} recycled, guard {:?}\n    {holds}",
                own.name,
                own.server.does,
                own.server.streaming,
                own.server.upstream,
                folder.contents,
                folder.control,
                folder.signal,
                folder.timeline,
                folder.log.len(),
                folder.recycled,
                own.guard
                    .machine
                    .as_ref()
                    .map(|machine| machine.status().state),
            );
        }
        let _ = writeln!(text, "lease: {:?}", self.lease());
        text
    }
}
