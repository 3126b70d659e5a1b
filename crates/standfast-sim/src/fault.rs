//! What each fault does, and how it ends: here and nowhere else.

use std::time::Duration;

use standfast_record::{Durability, Pause, Request, RequestKind, RequestState, Transaction, key};
use standfast_store::machine::Flush;
use standfast_units::{Region, WallTime};

use crate::clock::{nanos, true_wall};
use crate::folder::{Contents, Folder};
use crate::happening::Happening;
use crate::network::{Endpoint, Places};
use crate::node::{Bang, Fuse};
use crate::queue::{MS, SECOND, Time};
use crate::schedule::{Fault, Strike};
use crate::setting::{REGIONS, named};
use crate::store::Process;
use crate::world::World;

/// How long an operator's request stands. A machine's wall clock may be wrong by less than a second.
const REQUEST_MS: u64 = 90_000;

impl World {
    pub(crate) fn strike(&mut self, index: usize) {
        let Strike { lasts, fault, .. } = self.schedule[index].clone();
        self.note(format_args!("FAULT {fault:?} for {lasts:?}"));
        self.trace.count("fault", fault.name());
        let count = self.nodes.len();
        match fault {
            Fault::AgentCrash { .. }
            | Fault::ServerCrash { .. }
            | Fault::GuardCrash { .. }
            | Fault::ControllerCrash { .. }
            | Fault::PowerLoss { .. }
            | Fault::RegionLoss { .. } => self.process_dies(&fault, lasts),
            Fault::Freeze { .. }
            | Fault::AgentFreeze { .. }
            | Fault::GuardFreeze { .. }
            | Fault::ProxyFreeze { .. }
            | Fault::ControllerFreeze { .. } => {
                self.process_freezes(&fault, self.now + nanos(lasts));
            }
            Fault::CrashAtMilestone {
                node,
                milestones,
                what,
            } => {
                let bang = match what % 3 {
                    0 => Bang::AgentCrashes,
                    1 => Bang::ServerCrashes,
                    _ => Bang::PowerIsLost,
                };
                self.nodes[node % count].fuse = Some(Fuse { milestones, bang });
            }
            Fault::ServerHang { node } => {
                let server = &mut self.nodes[node % count].server;
                server.hangs = server.runs();
                self.ends(index, lasts);
            }
            Fault::StoreCut { .. }
            | Fault::StoreCutOneWay { .. }
            | Fault::RegionCut { .. }
            | Fault::StreamCut { .. }
            | Fault::LogCut { .. }
            | Fault::SlowNetwork => self.network_fails(index, &fault, lasts),
            Fault::StoreCrash | Fault::StoreRestored | Fault::StoreDiskSlow => {
                self.store_fails(index, &fault, lasts);
            }
            Fault::DiskSlow { .. }
            | Fault::DiskFull { .. }
            | Fault::DiskLies { .. }
            | Fault::DiskLost { .. }
            | Fault::LogUnreadable { .. }
            | Fault::FolderRestored { .. } => self.disk_fails(index, &fault, lasts),
            Fault::Switchover { .. } | Fault::Failover { .. } => self.operator_asks(&fault, lasts),
            Fault::Paused => {
                self.pause(true);
                self.ends(index, lasts);
            }
            Fault::AgentEnds { node } => {
                self.step_agent(node % count, standfast_agent::Event::Shutdown);
            }
        }
    }

    fn store_fails(&mut self, index: usize, fault: &Fault, lasts: Duration) {
        match *fault {
            Fault::StoreCrash | Fault::StoreRestored => {
                self.crash_store();
                self.plan_in(lasts.min(Duration::from_secs(9)), Happening::StoreIsBack);
                if *fault == Fault::StoreRestored && self.store.put_back() {
                    self.needs_person = true;
                }
            }
            Fault::StoreDiskSlow => {
                self.store_disk_slow = true;
                self.store.keep_backup();
                self.ends(index, lasts);
            }
            _ => {}
        }
    }

    fn operator_asks(&mut self, fault: &Fault, lasts: Duration) {
        match *fault {
            Fault::Switchover { region } => {
                let to = named(REGIONS[region % 2]);
                self.ask(RequestKind::Switchover { to });
            }
            Fault::Failover {
                region,
                accept_loss,
            } => {
                let to = named(REGIONS[region % 2]);
                let accept_loss = accept_loss.then_some(lasts.mul_f64(4.0));
                self.ask(RequestKind::Failover { to, accept_loss });
            }
            _ => {}
        }
    }

    fn process_dies(&mut self, fault: &Fault, lasts: Duration) {
        let count = self.nodes.len();
        match *fault {
            Fault::AgentCrash { node } => {
                self.stop_agent(node % count);
                self.agent_comes_back(node % count, 50, 4_000);
            }
            Fault::ServerCrash { node } => self.crash_server(node % count),
            Fault::GuardCrash { node } => self.lose_guard(node % count),
            Fault::ControllerCrash { region } => {
                self.stop_controller(region % REGIONS.len());
                self.controller_comes_back(region % REGIONS.len(), 50, 8_000);
            }
            Fault::PowerLoss { node } => self.power_goes(node % count, lasts),
            Fault::RegionLoss { region } => self.region_is_lost(region % REGIONS.len(), lasts),
            _ => {}
        }
    }

    fn process_freezes(&mut self, fault: &Fault, until: Time) {
        let count = self.nodes.len();
        match *fault {
            Fault::Freeze { node } => {
                let own = &mut self.nodes[node % count];
                own.frozen_until = own.frozen_until.max(until);
            }
            Fault::AgentFreeze { node } => {
                let own = &mut self.nodes[node % count];
                own.agent_frozen_until = own.agent_frozen_until.max(until);
            }
            Fault::GuardFreeze { node } => {
                let guard = &mut self.nodes[node % count].guard;
                guard.frozen_until = guard.frozen_until.max(until);
            }
            Fault::ProxyFreeze { region } => {
                let own = &mut self.proxies[region % 2];
                own.frozen_until = own.frozen_until.max(until);
            }
            Fault::ControllerFreeze { region } => {
                let own = &mut self.controllers[region % REGIONS.len()];
                own.frozen_until = own.frozen_until.max(until);
            }
            _ => {}
        }
    }

    fn ends(&mut self, index: usize, lasts: Duration) {
        self.plan_in(lasts, Happening::Mend(index));
    }

    fn power_goes(&mut self, node: usize, lasts: Duration) {
        self.lose_power(node);
        let life = self.nodes[node].life;
        self.plan_in(lasts, Happening::AgentStarts { node, life });
    }

    pub(crate) fn region_is_lost(&mut self, region: usize, lasts: Duration) {
        for node in 0..self.nodes.len() {
            if self.nodes[node].region_index == region {
                self.power_goes(node, lasts);
            }
        }
        self.stop_controller(region);
        let life = self.controllers[region].life;
        self.plan_in(lasts, Happening::ControllerStarts { region, life });
    }

    fn network_fails(&mut self, index: usize, fault: &Fault, lasts: Duration) {
        let count = self.nodes.len();
        let node = |node: usize| Endpoint::Node(node % count);
        let store = Places::of([Endpoint::Store]);
        match *fault {
            Fault::StoreCut { node: at } => {
                let here = Places::of([node(at)]);
                self.network.cut(index, here, store);
                self.network.cut(index, store, here);
                self.expect_silence(Process::Agent(at % count));
            }
            Fault::StoreCutOneWay { node: at } => {
                self.network.cut(index, Places::of([node(at)]), store);
                self.expect_silence(Process::Agent(at % count));
            }
            Fault::RegionCut { region } => self.cut_region(index, region % 2),
            Fault::LogCut { region } => {
                let (inside, outside): (Vec<usize>, Vec<usize>) =
                    (0..count).partition(|node| self.nodes[*node].region_index == region);
                let places = |nodes: Vec<usize>| Places::of(nodes.into_iter().map(Endpoint::Node));
                self.network.cut(index, places(outside), places(inside));
            }
            Fault::StreamCut { from, to } => {
                let (from, to) = (Places::of([node(from)]), Places::of([node(to)]));
                self.network.cut(index, from, to);
            }
            _ => {
                let by = self.rng.millis(5, 700);
                self.network.slow_down(index, by);
            }
        }
        self.ends(index, lasts);
    }

    fn cut_region(&mut self, index: usize, region: usize) {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            (0..self.nodes.len()).partition(|node| self.nodes[*node].region_index == region);
        let here = inside.iter().map(|node| Endpoint::Node(*node));
        let here = Places::of(here.chain([Endpoint::Region(region)]));
        let others = (0..REGIONS.len())
            .filter(|other| *other != region)
            .map(Endpoint::Region);
        let there = outside.iter().map(|node| Endpoint::Node(*node));
        let there = Places::of(there.chain(others).chain([Endpoint::Store]));
        self.network.cut(index, here, there);
        self.network.cut(index, there, here);
        for node in inside {
            self.expect_silence(Process::Agent(node));
        }
        self.expect_silence(Process::Controller(region));
    }

    fn disk_fails(&mut self, index: usize, fault: &Fault, lasts: Duration) {
        let count = self.nodes.len();
        match *fault {
            Fault::DiskSlow { node } => {
                let own = &mut self.nodes[node % count];
                own.disk_slow = true;
                own.copy = Some(own.folder.clone());
            }
            Fault::DiskFull { node } => self.nodes[node % count].disk_full = true,
            Fault::DiskLies { node } => self.nodes[node % count].disk_lies = true,
            Fault::LogUnreadable { node } => self.nodes[node % count].unreadable = true,
            Fault::DiskLost { node } => {
                // One disk, and never the only one that holds the data.
                let node = node % count;
                let elsewhere = (0..count).any(|other| {
                    other != node && self.nodes[other].folder.contents == Contents::Whole
                });
                if elsewhere && !self.needs_person {
                    self.needs_person = true;
                    self.power_goes(node, lasts);
                    self.nodes[node].folder = Folder::absent();
                }
                return;
            }
            Fault::FolderRestored { node } => {
                let node = node % count;
                if let Some(copy) = self.nodes[node].copy.take() {
                    self.needs_person = true;
                    self.power_goes(node, lasts);
                    self.nodes[node].folder = copy;
                    self.nodes[node].folder.lose_unsynced();
                }
                return;
            }
            _ => {}
        }
        self.ends(index, lasts);
    }

    pub(crate) fn mend(&mut self, index: usize) {
        let count = self.nodes.len();
        self.network.mend(index);
        match self.schedule[index].fault {
            Fault::ServerHang { node } => {
                self.nodes[node % count].server.goes_on();
                self.step_guard(node % count);
            }
            Fault::StoreDiskSlow => self.store_disk_slow = false,
            Fault::DiskSlow { node } => self.nodes[node % count].disk_slow = false,
            Fault::DiskFull { node } => self.nodes[node % count].disk_full = false,
            Fault::LogUnreadable { node } => self.nodes[node % count].unreadable = false,
            Fault::DiskLies { node } => {
                // It is found out when the power goes.
                let node = node % count;
                self.power_goes(node, Duration::from_millis(800));
                self.nodes[node].disk_lies = false;
            }
            Fault::Paused => self.pause(false),
            _ => {}
        }
    }

    // ---- operators ---------------------------------------------------------------------------------

    /// An operator asks for something, as the command line does.
    pub(crate) fn ask(&mut self, kind: RequestKind) {
        if !self.store.up {
            return;
        }
        let request_key = key::request(&self.system, &self.database);
        let former = self.store.machine.get(&request_key).entry;
        self.note(format_args!("an operator asks: {kind:?}"));
        self.requests += 1;
        self.judges.asked_until = Some(self.now + REQUEST_MS * MS + SECOND);
        let asked_at = true_wall(self.now);
        let request = Request {
            id: format!("request-{:06}", self.requests),
            kind,
            asked_by: "operator".to_owned(),
            asked_at,
            expires_at: WallTime::from_unix_ms(asked_at.as_unix_ms() + REQUEST_MS),
            state: RequestState::Open,
        };
        let revision = former.map(|entry| entry.modified).unwrap_or_default();
        let transaction = Transaction::new().if_modified_at(&request_key, revision);
        if let Ok(transaction) = transaction.put_record(&request_key, &request, Durability::Durable)
        {
            self.operator_writes(transaction);
        }
    }

    fn pause(&mut self, paused: bool) {
        let pause_key = key::pause(&self.system);
        let transaction = if paused {
            let pause = Pause {
                asked_by: "operator".to_owned(),
                asked_at: true_wall(self.now),
                reason: None,
            };
            Transaction::new().put_record(&pause_key, &pause, Durability::Durable)
        } else {
            Ok(Transaction::new().delete(&pause_key))
        };
        if let Ok(transaction) = transaction {
            self.operator_writes(transaction);
        }
    }

    fn operator_writes(&mut self, transaction: Transaction) {
        if self.store.up {
            self.store.transact(transaction, (Process::Operator, 0, 0));
            self.store_goes_on(Flush::WithNextCommit);
        }
    }

    /// Whether an operator has accepted a loss for the region that now takes the right.
    pub(crate) fn request_accepts_loss(&self, lease: &standfast_record::Lease) -> bool {
        let request_key = key::request(&self.system, &self.database);
        let entry = self.store.machine.get(&request_key).entry;
        let request = entry.and_then(|entry| entry.record::<Request>().ok());
        let region: Option<&Region> = self
            .index(&lease.holder)
            .map(|node| &self.nodes[node].region);
        request.is_some_and(|request| {
            matches!(
                &request.kind,
                RequestKind::Failover {
                    to,
                    accept_loss: Some(_)
                } if Some(to) == region
            )
        })
    }

    /// Everything that was cut, stopped or slowed down is well again.
    pub(crate) fn heal(&mut self) {
        self.note(format_args!("everything is mended"));
        self.weather = crate::world::Weather::Fair;
        self.network.mend_all();
        self.store_disk_slow = false;
        self.restart_store();
        self.pause(false);
        let now = self.now;
        for node in 0..self.nodes.len() {
            let own = &mut self.nodes[node];
            own.frozen_until = own.frozen_until.min(now);
            own.agent_frozen_until = own.agent_frozen_until.min(now);
            own.guard.frozen_until = own.guard.frozen_until.min(now);
            own.server.goes_on();
            own.fuse = None;
            own.disk_slow = false;
            own.disk_full = false;
            own.disk_lies = false;
            own.unreadable = false;
            let life = own.life;
            self.step_guard(node);
            self.agent_starts(node, life);
        }
        for proxy in &mut self.proxies {
            proxy.frozen_until = proxy.frozen_until.min(now);
        }
        for region in 0..self.controllers.len() {
            let own = &mut self.controllers[region];
            own.frozen_until = own.frozen_until.min(now);
            let life = own.life;
            self.controller_starts(region, life);
        }
    }
}
