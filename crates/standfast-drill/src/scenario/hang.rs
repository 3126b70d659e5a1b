//! A database server that hangs while its host does not: agent, guard, controller and proxy live on, the
//! lease is renewed, and no client is served.
//!
//! Whichever server answers next has overcome it, the same one after a restart as well as another. The
//! fault goes on until the promised time is over, so that being let go cannot pass for being overcome.

use super::script::{
    Aim, Blow, Expectation, LetGo, LossAllowed, MilestoneLines, OutageBound, Pin, RecoverySign,
    Restarts, Script, WayBack,
};

pub(super) static HANG: Script = Script {
    name: "hang",
    summary: "stops the primary's database server while all around it lives, then lets it go on",
    blow: Blow::Stop(Aim::DatabaseServer),
    // What the product does about a server that hangs is what is examined.
    restarts: Restarts::LeftAlone,
    // Two clients stay to see what the old server acknowledges when it goes on.
    pin: Pin::Stay,
    recovery: RecoverySign::AnyWrite,
    leases_min: 2,
    let_go: LetGo::PromiseMissed,
    afterwards: WayBack::FollowsOrServes,
    loss: LossAllowed::AsPromised,
    outage: OutageBound::Unstated,
    lines: MilestoneLines {
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
