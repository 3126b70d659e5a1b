//! One machine: its clock, its agent, its guard, and the database between them.

use std::collections::{BTreeMap, BTreeSet};

use standfast_agent::{Agent, EngineCall, GuardView, Settings, Ticket};
use standfast_failover::Pace;
use standfast_guard::Machine as GuardMachine;
use standfast_guard::protocol::Request;
use standfast_units::{Node as Name, Region, Timestamp};

use crate::clock::Clock;
use crate::folder::Folder;
use crate::link::Link;
use crate::queue::Time;
use crate::server::Server;

/// A request on its way to the guard; none is awaited by the agent where its connection asks by itself.
pub(crate) type ToGuard = (Option<Ticket>, Request);

/// The guard's process, and its agent's connection to it.
#[derive(Debug)]
pub(crate) struct GuardProcess {
    pub(crate) machine: Option<GuardMachine>,
    /// The deadline of a guard that was killed, which its sessions may outlive.
    pub(crate) held: Option<(Timestamp, String)>,
    /// Grows with each start.
    pub(crate) life: u64,
    pub(crate) pid: u32,
    pub(crate) frozen_until: Time,
    pub(crate) wake_planned: Time,
    /// Whether the agent is connected, and over which connection.
    pub(crate) connected: bool,
    pub(crate) connection: u64,
    /// What the agent has asked for while it had no connection.
    pub(crate) waiting: Vec<ToGuard>,
    /// What the agent's end has heard.
    pub(crate) view: GuardView,
    /// The requests that the agent awaits an answer to.
    pub(crate) asked: BTreeSet<Ticket>,
    /// The instant at which the last thing sent to the agent arrives.
    pub(crate) arrives_at: Time,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, all of which can hold at once"
)]
pub(crate) struct Node {
    pub(crate) name: Name,
    pub(crate) region: Region,
    pub(crate) region_index: usize,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) agent: Option<Agent>,
    /// Grows with each life of the agent.
    pub(crate) life: u64,
    pub(crate) wake_planned: Time,
    pub(crate) pace: Pace,
    /// The whole machine stands still until then, but for its clock.
    pub(crate) frozen_until: Time,
    pub(crate) agent_frozen_until: Time,
    pub(crate) link: Link<Ticket>,
    pub(crate) guard: GuardProcess,
    pub(crate) server: Server,
    pub(crate) folder: Folder,
    /// A copy of the folder that an operator kept.
    pub(crate) copy: Option<Folder>,
    /// Calls of the engine that are under way.
    pub(crate) calls: BTreeMap<Ticket, EngineCall>,
    /// Standbys whose place in the log is kept.
    pub(crate) keeps_for: BTreeSet<usize>,
    /// The next milestones that something happens at: how many to go, and what happens then.
    pub(crate) fuse: Option<Fuse>,
    /// Why its surplus could not be told, when it was last asked in vain.
    pub(crate) untold: Option<String>,
    /// Its disk takes writes without keeping them until it has to.
    pub(crate) disk_lies: bool,
    pub(crate) disk_full: bool,
    pub(crate) disk_slow: bool,
    /// Whether the folder's log end can be read at all.
    pub(crate) unreadable: bool,
}

/// What happens at a milestone of an act: its effect has taken hold, or has not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fuse {
    pub(crate) milestones: u64,
    pub(crate) bang: Bang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bang {
    AgentCrashes,
    ServerCrashes,
    PowerIsLost,
}

impl Node {
    pub(crate) fn new(settings: Settings, region_index: usize, clock: Clock) -> Self {
        Self {
            name: settings.node.clone(),
            region: settings.region.clone(),
            region_index,
            clock,
            settings,
            agent: None,
            life: 0,
            wake_planned: 0,
            pace: Pace::Calm,
            frozen_until: 0,
            agent_frozen_until: 0,
            link: Link::new(),
            guard: GuardProcess {
                machine: None,
                held: None,
                life: 0,
                pid: 0,
                frozen_until: 0,
                wake_planned: 0,
                connected: false,
                connection: 0,
                waiting: Vec::new(),
                view: GuardView::default(),
                asked: BTreeSet::new(),
                arrives_at: 0,
            },
            server: Server::new(),
            folder: Folder::absent(),
            copy: None,
            calls: BTreeMap::new(),
            keeps_for: BTreeSet::new(),
            fuse: None,
            disk_lies: false,
            untold: None,
            disk_full: false,
            disk_slow: false,
            unreadable: false,
        }
    }

    pub(crate) fn is_frozen(&self, now: Time) -> bool {
        now < self.frozen_until
    }

    /// Until when its agent hears nothing.
    pub(crate) fn agent_deaf_until(&self) -> Time {
        self.frozen_until.max(self.agent_frozen_until)
    }

    /// Until when its guard does nothing.
    pub(crate) fn guard_deaf_until(&self) -> Time {
        self.frozen_until.max(self.guard.frozen_until)
    }

    /// Whether clients' writes are acknowledged here.
    pub(crate) fn accepts_writes(&self, now: Time) -> bool {
        self.server.does == crate::server::Does::Leads
            && self.server.admits
            && !self.server.hangs
            && self.folder.provisioned
            && !self.disk_full
            && !self.is_frozen(now)
    }
}
