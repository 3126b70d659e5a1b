//! What goes wrong and when. A schedule is drawn before a simulation begins, so that it can be made
//! shorter: every fault is a value.

use std::time::Duration;

use crate::clock::nanos;
use crate::queue::{MS, SECOND, Time};
use crate::rng::Rng;

/// A fault, with the machine or region it strikes where there is one. Numbers are taken modulo how many
/// there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The agent's process ends and is started again.
    AgentCrash {
        /// The machine that is struck.
        node: usize,
    },
    /// The server's first process ends.
    ServerCrash {
        /// The machine that is struck.
        node: usize,
    },
    /// The guard's process is killed.
    GuardCrash {
        /// The machine that is struck.
        node: usize,
    },
    /// A controller's process ends and is started again.
    ControllerCrash {
        /// The region that is struck.
        region: usize,
    },
    /// The machine loses its power.
    PowerLoss {
        /// The machine that is struck.
        node: usize,
    },
    /// Every machine and the controller of a region lose their power.
    RegionLoss {
        /// The region that is struck.
        region: usize,
    },
    /// Something happens at a later milestone of an act: before or after it took hold.
    CrashAtMilestone {
        /// The machine that is struck.
        node: usize,
        /// How many milestones pass before.
        milestones: u64,
        /// What: the agent's end, the server's, or the power's.
        what: u64,
    },
    /// Everything on the machine stands still, but its clock.
    Freeze {
        /// The machine that is struck.
        node: usize,
    },
    /// The agent stands still.
    AgentFreeze {
        /// The machine that is struck.
        node: usize,
    },
    /// The guard stands still.
    GuardFreeze {
        /// The machine that is struck.
        node: usize,
    },
    /// The server stands still: it runs, and gives no answer.
    ServerHang {
        /// The machine that is struck.
        node: usize,
    },
    /// A region's proxy stands still.
    ProxyFreeze {
        /// The region that is struck.
        region: usize,
    },
    /// A controller stands still.
    ControllerFreeze {
        /// The region that is struck.
        region: usize,
    },
    /// The machine does not reach the store.
    StoreCut {
        /// The machine that is struck.
        node: usize,
    },
    /// What the machine sends to the store does not arrive; what the store says does.
    StoreCutOneWay {
        /// The machine that is struck.
        node: usize,
    },
    /// A region reaches neither the store nor the others.
    RegionCut {
        /// The region that is struck.
        region: usize,
    },
    /// No log gets from one machine to another.
    StreamCut {
        /// Whose log.
        from: usize,
        /// Who does not get it.
        to: usize,
    },
    /// No log gets into a region.
    LogCut {
        /// The region that is struck.
        region: usize,
    },
    /// Messages between places take longer.
    SlowNetwork,
    /// The store's process ends and is started again; a commit on its way may or may not be there.
    StoreCrash,
    /// The store's disk takes long.
    StoreDiskSlow,
    /// An older copy of the store's file is put back.
    StoreRestored,
    /// The machine's disk takes long.
    DiskSlow {
        /// The machine that is struck.
        node: usize,
    },
    /// The machine's disk is full.
    DiskFull {
        /// The machine that is struck.
        node: usize,
    },
    /// The machine's disk acknowledges what it has not written, and then the power goes.
    DiskLies {
        /// The machine that is struck.
        node: usize,
    },
    /// What lies on the machine's disk is gone.
    DiskLost {
        /// The machine that is struck.
        node: usize,
    },
    /// The log of the stopped server cannot be read.
    LogUnreadable {
        /// The machine that is struck.
        node: usize,
    },
    /// An older copy of the data folder is put back.
    FolderRestored {
        /// The machine that is struck.
        node: usize,
    },
    /// An operator asks for a switchover.
    Switchover {
        /// The region that is struck.
        region: usize,
    },
    /// An operator asks for a failover.
    Failover {
        /// Where to.
        region: usize,
        /// Whether a loss is accepted by name.
        accept_loss: bool,
    },
    /// Decisions are paused for a while.
    Paused,
    /// The agent is asked to end in order, and comes back.
    AgentEnds {
        /// The machine that is struck.
        node: usize,
    },
}

/// A fault with its instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    pub(crate) at: Time,
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
}

impl std::fmt::Display for Strike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, rest) = (self.at / SECOND, self.at % SECOND / 1_000_000);
        write!(
            f,
            "{seconds}.{rest:03}s: {:?} for {:?}",
            self.fault, self.lasts
        )
    }
}

/// Every fault by name; a run in which one of them never strikes proves nothing about it.
pub const FAULTS: &[&str] = &[
    "AgentCrash",
    "ServerCrash",
    "GuardCrash",
    "ControllerCrash",
    "PowerLoss",
    "RegionLoss",
    "CrashAtMilestone",
    "Freeze",
    "AgentFreeze",
    "GuardFreeze",
    "ServerHang",
    "ProxyFreeze",
    "ControllerFreeze",
    "StoreCut",
    "StoreCutOneWay",
    "RegionCut",
    "StreamCut",
    "LogCut",
    "SlowNetwork",
    "StoreCrash",
    "StoreDiskSlow",
    "StoreRestored",
    "DiskSlow",
    "DiskFull",
    "DiskLies",
    "DiskLost",
    "LogUnreadable",
    "FolderRestored",
    "Switchover",
    "Failover",
    "Paused",
    "AgentEnds",
];

impl Fault {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AgentCrash { .. } => "AgentCrash",
            Self::ServerCrash { .. } => "ServerCrash",
            Self::GuardCrash { .. } => "GuardCrash",
            Self::ControllerCrash { .. } => "ControllerCrash",
            Self::PowerLoss { .. } => "PowerLoss",
            Self::RegionLoss { .. } => "RegionLoss",
            Self::CrashAtMilestone { .. } => "CrashAtMilestone",
            Self::Freeze { .. } => "Freeze",
            Self::AgentFreeze { .. } => "AgentFreeze",
            Self::GuardFreeze { .. } => "GuardFreeze",
            Self::ServerHang { .. } => "ServerHang",
            Self::ProxyFreeze { .. } => "ProxyFreeze",
            Self::ControllerFreeze { .. } => "ControllerFreeze",
            Self::StoreCut { .. } => "StoreCut",
            Self::StoreCutOneWay { .. } => "StoreCutOneWay",
            Self::RegionCut { .. } => "RegionCut",
            Self::StreamCut { .. } => "StreamCut",
            Self::LogCut { .. } => "LogCut",
            Self::SlowNetwork => "SlowNetwork",
            Self::StoreCrash => "StoreCrash",
            Self::StoreDiskSlow => "StoreDiskSlow",
            Self::StoreRestored => "StoreRestored",
            Self::DiskSlow { .. } => "DiskSlow",
            Self::DiskFull { .. } => "DiskFull",
            Self::DiskLies { .. } => "DiskLies",
            Self::DiskLost { .. } => "DiskLost",
            Self::LogUnreadable { .. } => "LogUnreadable",
            Self::FolderRestored { .. } => "FolderRestored",
            Self::Switchover { .. } => "Switchover",
            Self::Failover { .. } => "Failover",
            Self::Paused => "Paused",
            Self::AgentEnds { .. } => "AgentEnds",
        }
    }

    /// Draws one.
    fn draw(rng: &mut Rng) -> Self {
        let node = rng.index(6);
        let region = rng.index(6);
        match rng.below(47) {
            0 | 1 => Self::AgentCrash { node },
            2..=4 => Self::ServerCrash { node },
            5 => Self::GuardCrash { node },
            6 => Self::ControllerCrash { region },
            7 | 8 => Self::PowerLoss { node },
            9 => Self::RegionLoss { region },
            10..=13 => Self::CrashAtMilestone {
                node,
                milestones: rng.below(14),
                what: rng.below(3),
            },
            14 | 15 => Self::Freeze { node },
            16 => Self::AgentFreeze { node },
            17 => Self::GuardFreeze { node },
            18 => Self::ServerHang { node },
            19 => Self::ControllerFreeze { region },
            20 | 21 => Self::StoreCut { node },
            22 => Self::StoreCutOneWay { node },
            23 => Self::RegionCut { region },
            24 | 25 => Self::StreamCut {
                from: node,
                to: rng.index(6),
            },
            26 => Self::SlowNetwork,
            27 | 28 => Self::StoreCrash,
            29 => Self::StoreDiskSlow,
            30 => Self::StoreRestored,
            31 => Self::DiskSlow { node },
            32 => Self::DiskFull { node },
            33 => Self::DiskLies { node },
            34 => Self::DiskLost { node },
            35 => Self::LogUnreadable { node },
            36 => Self::FolderRestored { node },
            37..=40 => Self::Switchover { region },
            41 | 42 => Self::Failover {
                region,
                accept_loss: rng.chance(500),
            },
            43 => Self::Paused,
            44 => Self::ProxyFreeze { region },
            _ => Self::AgentEnds { node },
        }
    }
}

/// How a storm is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storm {
    /// How long faults strike for.
    pub lasts: Duration,
    /// The mean time between two of them.
    pub every: Duration,
}

/// Draws a schedule.
pub(crate) fn draw(seed: u64, storm: Storm, leaves_out: &[&str]) -> Vec<Strike> {
    let mut rng = Rng::new(seed ^ 0x5EED_FA17);
    let mut at = 3 * SECOND;
    let mut schedule = Vec::new();
    let mean_ms = u64::try_from(storm.every.as_millis()).unwrap_or(1);
    while at < nanos(storm.lasts) {
        let fault = Fault::draw(&mut rng);
        let lasts = if rng.chance(700) {
            rng.millis(100, 4_000)
        } else {
            rng.millis(2_000, 20_000)
        };
        let (fault, follows) = match fault {
            // A link that breaks while a primary steps down for the other side of it.
            Fault::Switchover { region } if rng.chance(300) => {
                let follows = Strike {
                    at: at + (30 + rng.below(900)) * MS,
                    lasts: rng.millis(2_000, 9_000),
                    fault: Fault::LogCut { region: region % 2 },
                };
                (fault, Some(follows))
            }
            // A link that fails by degrees: what it carries most of is the first to go.
            Fault::RegionCut { region } if rng.chance(500) => {
                let follows = Strike {
                    at: at + (50 + rng.below(700)) * MS,
                    lasts: rng.millis(6_000, 20_000),
                    fault,
                };
                let region = (region + 1) % 2;
                (Fault::LogCut { region }, Some(follows))
            }
            _ => (fault, None),
        };
        let drawn = [Some(Strike { at, lasts, fault }), follows];
        let wanted = drawn.into_iter().flatten();
        schedule.extend(wanted.filter(|strike| !leaves_out.contains(&strike.fault.name())));
        // Bursts matter: two faults within one change of primary.
        let gap_ms = if rng.chance(300) {
            rng.below(400)
        } else {
            mean_ms / 4 + rng.below(mean_ms * 3 / 2)
        };
        at += gap_ms * MS;
    }
    schedule
}
