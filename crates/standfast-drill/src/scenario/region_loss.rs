//! A region that is gone from one instant to the next, as without power: its processes are killed, and
//! nothing in it is started again until another region has taken over.

use super::script::{
    Aim, Blow, Expectation, LetGo, LossAllowed, MilestoneLines, OutageBound, Pin, RecoverySign,
    Restarts, Script, WayBack,
};

pub(super) static REGION_LOSS: Script = Script {
    name: "region-loss",
    summary: "kills every process of the primary's region and keeps it down until another took over",
    blow: Blow::Kill(Aim::Region),
    restarts: Restarts::HeldDown,
    pin: Pin::Leave,
    recovery: RecoverySign::NewerTimeline,
    leases_min: 0,
    let_go: LetGo::OutOfPatience,
    afterwards: WayBack::Follows,
    loss: LossAllowed::AsPromised,
    outage: OutageBound::LeaseAndHoldDown,
    lines: MilestoneLines::TAKEOVER,
    account: |fault, region| {
        format!(
            "{} processes of {region} killed within {} ms",
            fault.processes,
            fault.took.as_millis()
        )
    },
    expectation: Expectation::Kept { benchmark_runs: 10 },
};
