//! A planned change: the product is asked to move the primary, and nothing is broken.

use crate::defaults;

use super::script::{
    Afterwards, Blow, Expectation, LetGo, Lines, LossAllowed, OutageBound, Pin, Recovery, Script,
    Supervisor,
};

pub(super) static SWITCHOVER: Script = Script {
    name: "switchover",
    summary: "asks for a planned move of the primary to another region",
    blow: Blow::Switchover,
    supervisor: Supervisor::LeftAlone,
    pin: Pin::Leave,
    // Where it was granted the product has said so; what remains to be seen is that clients write.
    recovery: Recovery::AnyWrite,
    leases_min: 0,
    let_go: LetGo::OutOfPatience,
    afterwards: Afterwards::Follows,
    loss: LossAllowed::None,
    outage: OutageBound::Fixed(defaults::SWITCHOVER_OUTAGE),
    lines: Lines::TAKEOVER,
    account: |fault, region| {
        format!(
            "away from {region}, granted after {} ms",
            fault.took.as_millis()
        )
    },
    expectation: Expectation::Kept { benchmark_runs: 10 },
};
