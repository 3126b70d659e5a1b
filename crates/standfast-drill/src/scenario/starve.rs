//! A database server that is starved while its host is not: its processes run for a tenth of the time, so
//! that it is alive, answers now and then, and hardly serves.
//!
//! To ride it out and to fail over are both right; two writers and lost acknowledgements are not. As clients
//! write in between, the fault goes on for a while after they first do.

use super::script::{
    Aim, Blow, Expectation, LetGo, LossAllowed, MilestoneLines, OutageBound, Pin, RecoverySign,
    Restarts, Script, WayBack,
};

pub(super) static STARVE: Script = Script {
    name: "starve",
    summary: "lets the primary's database server run for only a tenth of the time, for at least twice the lease",
    blow: Blow::Starve(Aim::DatabaseServer),
    // What the product does about a server that is starved is what is examined.
    restarts: Restarts::LeftAlone,
    // Two clients stay to see what the old server acknowledges between its stops and afterwards.
    pin: Pin::Stay,
    recovery: RecoverySign::AnyWrite,
    // Some writes come through at once; a lease that cannot be renewed has run out, and been acted on.
    leases_min: 2,
    let_go: LetGo::PromiseMissed,
    afterwards: WayBack::FollowsOrServes,
    loss: LossAllowed::AsPromised,
    outage: OutageBound::Unstated,
    lines: MilestoneLines {
        overcome: "clients write, now and then at least",
        not_overcome: "clients did not write while the server was starved",
        let_go: "the server runs freely",
    },
    account: |fault, region| {
        format!(
            "{} processes of the database server in {region} starved within {} ms, for {} ms",
            fault.processes,
            fault.took.as_millis(),
            fault.lasted.as_millis()
        )
    },
    expectation: Expectation::Kept { benchmark_runs: 10 },
};
