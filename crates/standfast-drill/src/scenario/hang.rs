//! A database server that hangs while its host does not: agent, guard, controller and proxy live on, the
//! lease is renewed, and no client is served.
//!
//! Whichever server answers next has overcome it, the same one after a restart as well as another. The
//! fault goes on until the promised time is over, so that being let go cannot pass for being overcome.

use super::script::{
    Afterwards, Blow, Expectation, LetGo, Lines, LossAllowed, OutageBound, Pin, Reach, Recovery,
    Script, Supervisor,
};

pub(super) static HANG: Script = Script {
    name: "hang",
    summary: "stops the primary's database server while all around it lives, then lets it go on",
    blow: Blow::Stop(Reach::DatabaseServer),
    // What the product does about a server that hangs is what is examined.
    supervisor: Supervisor::LeftAlone,
    // Two clients stay to see what the old server acknowledges when it goes on.
    pin: Pin::Stay,
    recovery: Recovery::AnyWrite,
    leases_min: 2,
    let_go: LetGo::PromiseMissed,
    afterwards: Afterwards::FollowsOrServes,
    loss: LossAllowed::AsPromised,
    outage: OutageBound::Unstated,
    lines: Lines {
        overcome: "clients write again",
        not_overcome: "clients did not write again while the server hung",
        let_go: "the server goes on",
    },
    account: |fault, region| {
        format!(
            "{} processes of the database server in {region} stopped within {} ms, for {} ms",
            fault.processes,
            fault.took.as_millis(),
            fault.lasted.as_millis()
        )
    },
    expectation: Expectation::Missed {
        reason: "serving is not judged by service yet: a primary counts as serving while its agent lives",
    },
};
