//! A region that stands still as a whole and goes on later, as a paused hypervisor does: the former
//! primary comes back in the belief that no time has passed (P3, P22).

use super::script::{
    Aim, Blow, Expectation, LetGo, LossAllowed, MilestoneLines, OutageBound, Pin, RecoverySign,
    Restarts, Script, WayBack,
};

pub(super) static FREEZE: Script = Script {
    name: "freeze",
    summary: "stops every process of the primary's region for at least twice the lease, then lets it go on",
    blow: Blow::Stop(Aim::Region),
    restarts: Restarts::HeldDown,
    // Two clients stay to see what the old server acknowledges when it goes on.
    pin: Pin::Stay,
    recovery: RecoverySign::NewerTimeline,
    // The lease has certainly run out, and its next holder has had time to act on it.
    leases_min: 2,
    let_go: LetGo::OutOfPatience,
    afterwards: WayBack::Follows,
    loss: LossAllowed::AsPromised,
    outage: OutageBound::LeaseAndHoldDown,
    lines: MilestoneLines::TAKEOVER,
    account: |fault, region| {
        format!(
            "{} processes of {region} stopped within {} ms, for {} ms",
            fault.processes,
            fault.took.as_millis(),
            fault.lasted.as_millis()
        )
    },
    expectation: Expectation::Kept { benchmark_runs: 20 },
};
