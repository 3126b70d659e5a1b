//! What a fault is made of: one value of [`Script`] says everything that is particular to it.
//!
//! A drill reads these values and asks nowhere which scenario it is carrying out, so that a new one cannot
//! be taken for another. Each question a drill has is a field, and each answer a closed enum: a fault that
//! answers in a new way adds a variant, and the compiler names the places that have to know it.

use std::time::Duration;

use standfast_units::Region;

use crate::fault_record::FaultRecord;

/// Everything that is particular to one fault, in the order in which a drill comes to it.
#[derive(Debug)]
pub(crate) struct Script {
    /// What operators and reports call it: lower-case words joined by hyphens.
    pub(crate) name: &'static str,
    /// What it does, in one line of `drill --help`.
    pub(crate) summary: &'static str,
    /// How it strikes.
    pub(crate) blow: Blow,
    /// What the supervisor may do about it.
    pub(crate) restarts: Restarts,
    /// What the direct clients that stay connected do when their server falls silent.
    pub(crate) pin: Pin,
    /// How clients show that it is overcome.
    pub(crate) recovery: RecoverySign,
    /// It goes on for at least this many leases, however soon it is overcome.
    pub(crate) leases_min: u32,
    /// When it is let go although it was not overcome.
    pub(crate) let_go: LetGo,
    /// What becomes of the former primary once it is let go.
    pub(crate) afterwards: WayBack,
    /// What it may cost in acknowledged writes.
    pub(crate) loss: LossAllowed,
    /// The product's own bound on the outage.
    pub(crate) outage: OutageBound,
    /// What is said of it while it goes on.
    pub(crate) lines: MilestoneLines,
    /// What the report says was done, and to which region.
    pub(crate) account: fn(&FaultRecord, &Region) -> String,
    /// Whether the product keeps its promise in this version.
    pub(crate) expectation: Expectation,
}

/// How a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// These processes are killed, all at once.
    Kill(Aim),
    /// These processes are stopped, all at once, and go on when the drill lets go.
    Stop(Aim),
    /// These processes are stopped and continued by turns, so that they run for a tenth of the time, until
    /// the drill lets go.
    Starve(Aim),
    /// The product is asked to move the primary to another region.
    Switchover,
}

/// Which processes a fault reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Every process of the primary's region.
    Region,
    /// Every process of the primary's database server, and nothing beside it.
    DatabaseServer,
}

/// What the supervisor may do while a fault goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restarts {
    /// It starts nothing in the region: what is gone stays gone.
    HeldDown,
    /// What it does without a drill.
    LeftAlone,
}

/// What the direct clients that stay connected do when their server falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pin {
    /// They stay.
    Stay,
    /// They go elsewhere.
    Leave,
}

/// How clients show that a fault is overcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecoverySign {
    /// By writes on a newer timeline: another server was promoted.
    NewerTimeline,
    /// By writes after the fault, whichever server acknowledges them.
    AnyWrite,
}

/// When a fault is let go although it was not overcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LetGo {
    /// After twice the lease, the hold-down and the drill's patience with a takeover.
    OutOfPatience,
    /// Once the promised longest outage is over, and no later than that.
    PromiseMissed,
}

/// What becomes of the former primary once a fault is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayBack {
    /// It follows the server that took over; that none did is a breach.
    Follows,
    /// It follows the server that took over or, where none did, serves as before; that clients wrote
    /// again only when the fault was let go is a breach.
    FollowsOrServes,
}

/// What a fault may cost in acknowledged writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LossAllowed {
    /// As much as the blueprint and the database's durability allow.
    AsPromised,
    /// Nothing, whatever the durability: the change is planned.
    None,
}

/// The product's own bound on the outage, beside what its operator was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutageBound {
    /// Lease, hold-down and what a takeover takes beyond them.
    LeaseAndHoldDown,
    /// This long.
    Fixed(Duration),
    /// The product states none.
    Unstated,
}

/// What is said of a fault while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MilestoneLines {
    /// Clients write again; followed by how long after the fault.
    pub(crate) overcome: &'static str,
    /// They do not, and the drill lets go.
    pub(crate) not_overcome: &'static str,
    /// Nothing is held down or stopped any more.
    pub(crate) let_go: &'static str,
}

impl MilestoneLines {
    /// Of a fault that only a takeover by another region overcomes.
    pub(crate) const TAKEOVER: Self = Self {
        overcome: "clients write elsewhere",
        not_overcome: "no other region took over",
        let_go: "the fault is healed",
    };
}

/// Whether the product keeps its promise under a fault, in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// It does; a miss is news.
    Kept {
        /// How often a benchmark repeats it: enough to see a spread, few enough to wait for.
        benchmark_runs: u32,
    },
    /// It is known not to; that it is kept is news.
    Missed {
        /// What is missing, by the name of the rule or the record of the decision.
        reason: &'static str,
    },
}
