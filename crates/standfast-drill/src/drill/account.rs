//! What was seen, put into a report.

use std::time::Duration;

use standfast_units::Timestamp;

use super::aftermath::EndState;
use super::before::Before;
use crate::clock::ClockPair;
use crate::fault::Struck;
use crate::fault_record::FaultRecord;
use crate::judge::{self, Aftermath, Parameters, ReturnFate};
use crate::load::Harvest;
use crate::phases::Phases;
use crate::plot::Plot;
use crate::report::{self, DrillReport};
use crate::scenario::Scenario;
use crate::settings::DrillSettings;
use crate::status::CommitPromise;

/// Everything the report is made from.
pub(super) struct Account<'a> {
    pub(super) settings: &'a DrillSettings,
    pub(super) scenario: Scenario,
    pub(super) before: &'a Before,
    pub(super) clock: ClockPair,
    pub(super) struck: Struck,
    pub(super) overcome_at: Option<Timestamp>,
    pub(super) healed_at: Timestamp,
    pub(super) harvest: Harvest,
    pub(super) seen: EndState,
    pub(super) returned: ReturnFate,
    pub(super) journal: serde_json::Value,
}

impl Account<'_> {
    pub(super) fn report(self) -> DrillReport {
        let status = &self.before.status;
        let durability = status
            .databases
            .iter()
            .find(|database| database.name == self.before.database)
            .map_or(CommitPromise::Zero, |database| database.durability);
        let parameters = Parameters {
            scenario: self.scenario,
            fault_at: self.struck.at,
            overcome_at: self.overcome_at,
            healed_at: self.healed_at,
            load_until: self.harvest.until,
            promise: status.promise,
            durability,
            aftermath: Aftermath {
                follower: self.seen.follower,
                returned: self.returned,
            },
            clock_step: self.clock.step_until(&ClockPair::take()),
        };
        let verdict = judge::judge(&self.harvest.histories, &self.seen.rows, &parameters);
        let lease_and_hold_down = Duration::from_millis(status.lease_ms + status.hold_down_ms);
        let fault_at = self.clock.wall(self.struck.at);
        let transition = self
            .seen
            .transition
            .filter(|transition| Some(transition.epoch) > self.before.epoch);
        DrillReport {
            version: report::VERSION,
            scenario: self.scenario,
            system: status.system.clone(),
            database: self.before.database.clone(),
            region: self.before.region.clone(),
            successor: self
                .seen
                .successor
                .filter(|region| *region != self.before.region),
            writes_per_second: self.settings.load.writes_per_second(),
            clients: self.settings.load.clients(),
            promise: status.promise,
            durability,
            lease_ms: status.lease_ms,
            hold_down_ms: status.hold_down_ms,
            fault: FaultRecord {
                at: fault_at,
                processes: self.struck.processes,
                took: self.struck.done_at.since(self.struck.at),
                lasted: self.healed_at.since(self.struck.at),
            },
            epoch_before: self.before.epoch,
            epoch_after: transition.as_ref().map(|transition| transition.epoch),
            cause: transition
                .as_ref()
                .map(|transition| format!("{}: {}", transition.kind, transition.cause)),
            phases: transition
                .map(|transition| Phases::new(fault_at, &transition.steps))
                .unwrap_or_default(),
            rejoined_after_ms: self
                .seen
                .rejoined_at
                .map(|at| u64::try_from(at.since(self.healed_at).as_millis()).unwrap_or(u64::MAX)),
            stall: self.harvest.stall,
            bounds: report::bounds(self.scenario, durability, lease_and_hold_down, &verdict),
            plot: Plot::new(&self.harvest.histories, self.struck.at, self.harvest.until),
            kept: verdict.kept(),
            verdict,
            journal: self.journal,
        }
    }
}
