//! A planned change: the product is asked to move the primary, and nothing is broken.

use crate::defaults;

use super::script::{
    Blow, Expectation, LetGo, LossAllowed, MilestoneLines, OutageBound, Pin, RecoverySign,
    Restarts, Script, WayBack,
};

pub(super) static SWITCHOVER: Script = Script {
    name: "switchover",
    summary: "asks for a planned move of the primary to another region",
    blow: Blow::Switchover,
    restarts: Restarts::LeftAlone,
    pin: Pin::Leave,
    // Where it was granted the product has said so; what remains to be seen is that clients write.
    recovery: RecoverySign::AnyWrite,
    leases_min: 0,
    let_go: LetGo::OutOfPatience,
    afterwards: WayBack::Follows,
    loss: LossAllowed::None,
    outage: OutageBound::Fixed(defaults::SWITCHOVER_OUTAGE),
    lines: MilestoneLines::TAKEOVER,
    account: |fault, region| {
        format!(
            "away from {region}, granted after {} ms",
            fault.took.as_millis()
        )
    },
    expectation: Expectation::Kept { benchmark_runs: 10 },
};
