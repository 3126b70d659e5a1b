//! The servers between their calls: starting and stopping, the log that travels, and clients' writes.

use standfast_guard::protocol::Ended;
use standfast_units::Timestamp;

use crate::folder::Control;
use crate::happening::Happening;
use crate::network::Endpoint;
use crate::server::Does;
use crate::world::World;

impl World {
    /// The server's processes were started by the guard.
    pub(crate) fn server_begins(&mut self, node: usize, server_life: u64) {
        let signal = self.nodes[node].folder.signal;
        let crashed = self.nodes[node].folder.control == Control::InProduction;
        let took = if signal {
            self.rng.millis(20, 150)
        } else if crashed && self.mishap(100) {
            self.rng.millis(1_000, 9_000)
        } else {
            self.rng.millis(40, 300)
        };
        self.nodes[node].folder.control = if signal {
            Control::InArchiveRecovery
        } else {
            Control::InCrashRecovery
        };
        self.plan_in(took, Happening::ServerIsUp { node, server_life });
    }

    pub(crate) fn server_is_up(&mut self, node: usize, server_life: u64) {
        // A machine that thaws past the deadline: the guard looks at its clock before all else (P4).
        self.step_guard(node);
        let own = &self.nodes[node];
        if own.server.life != server_life || own.server.does != Does::Starts {
            return;
        }
        if self.mishap(25) {
            self.note(format_args!(
                "the server of node {node} ends while it starts"
            ));
            return self.crash_server(node);
        }
        if self.nodes[node].folder.signal {
            self.nodes[node].server.does = Does::Follows;
            return self.milestone(node, "a standby is up");
        }
        let id = self.record();
        let own = &mut self.nodes[node];
        own.server.does = Does::Leads;
        own.server.admits = true;
        own.folder.control = Control::InProduction;
        own.folder.append(id);
        // The end of crash recovery is a checkpoint.
        self.checkpoint(node);
        self.new_primary(node);
        self.milestone(node, "a primary is up");
    }

    /// A server begins to accept writes: what it lacks is judged.
    pub(crate) fn new_primary(&mut self, node: usize) {
        let epoch = self.armed_epoch(node);
        self.judge_new_primary(node, epoch);
    }

    fn armed_epoch(&self, node: usize) -> u64 {
        let label = self.armed(node).map(|(_, label)| label);
        label
            .and_then(|label| self.judges.epochs.get(&label).copied())
            .unwrap_or(0)
    }

    /// The deadline the guard holds, or its killed predecessor held, and what it is for.
    pub(crate) fn armed(&self, node: usize) -> Option<(Timestamp, String)> {
        let guard = &self.nodes[node].guard;
        let Some(machine) = &guard.machine else {
            return guard.held.clone();
        };
        let status = machine.status();
        status.deadline.map(|deadline| (deadline, status.label))
    }

    /// SIGINT: what was written reaches the standbys that are connected, then the server ends.
    pub(crate) fn server_is_asked_to_stop(&mut self, node: usize, server_life: u64) {
        if self.nodes[node].server.hangs {
            return;
        }
        if self.nodes[node].server.does == Does::Leads {
            self.nodes[node].server.admits = false;
        }
        let slow = self.mishap(60);
        let took = if slow {
            self.rng.millis(1_000, 12_000)
        } else {
            self.rng.millis(10, 250)
        };
        self.plan_in(took, Happening::ServerStops { node, server_life });
    }

    pub(crate) fn server_stops(&mut self, node: usize, server_life: u64) {
        self.step_guard(node);
        let own = &self.nodes[node];
        if own.server.life != server_life || !own.server.runs() || own.server.hangs {
            return;
        }
        if own.server.does == Does::Leads {
            // A clean stop ends with a checkpoint, and waits until the standbys that are connected have it.
            // One that is not connected is not waited for.
            let id = self.record();
            self.nodes[node].folder.append(id);
            self.checkpoint(node);
            for other in 0..self.nodes.len() {
                let server = &self.nodes[other].server;
                if server.streaming && server.upstream == Some(node) {
                    self.receive(other);
                }
            }
            self.nodes[node].folder.control = Control::ShutDown;
        } else {
            self.nodes[node].folder.control = Control::ShutDownInRecovery;
        }
        self.nodes[node].server.end(Ended::Exit(0));
        self.step_guard(node);
    }

    pub(crate) fn replicate(&mut self) {
        for node in 0..self.nodes.len() {
            if self.nodes[node].server.does == Does::Follows && !self.mishap(80) {
                self.receive(node);
            }
        }
        let after = self.rng.millis(15, 60);
        self.plan_in(after, Happening::Replicate);
    }

    /// A standby takes what its upstream has, when its own log is a beginning of that.
    fn receive(&mut self, node: usize) {
        let own = &self.nodes[node];
        if own.server.hangs || own.is_frozen(self.now) {
            return;
        }
        let Some(upstream) = own.server.upstream.filter(|upstream| *upstream != node) else {
            self.nodes[node].server.streaming = false;
            return;
        };
        let source = &self.nodes[upstream];
        let serves = matches!(source.server.does, Does::Leads | Does::Follows)
            && !source.server.hangs
            && !source.is_frozen(self.now)
            && self
                .network
                .connects(Endpoint::Node(node), Endpoint::Node(upstream));
        let length = own.folder.log.len();
        let fits = serves
            && length >= source.folder.recycled
            && own.folder.common(&source.folder) == length;
        if !fits || self.nodes[node].disk_full {
            self.nodes[node].server.streaming = false;
            return;
        }
        let news = source.folder.log[length..].to_vec();
        let (timeline, provisioned) = (source.folder.timeline, source.folder.provisioned);
        let histories = source.folder.histories.clone();
        let own = &mut self.nodes[node];
        own.server.streaming = true;
        own.folder.backup_label = false;
        if own.disk_lies {
            own.folder.unsynced += news.len();
        }
        own.folder.log.extend(news);
        own.folder.timeline = timeline;
        own.folder.provisioned = provisioned;
        own.folder.histories = histories;
    }

    /// Clients write wherever they are let in, at every node, on direct connections.
    pub(crate) fn clients_write(&mut self) {
        for node in 0..self.nodes.len() {
            let own = &self.nodes[node];
            let lingers = own.server.lingers && !own.is_frozen(self.now);
            if (own.accepts_writes(self.now) || lingers) && self.rng.chance(800) {
                self.accept_write(node);
            }
        }
        self.proxied_clients_write();
        for node in 0..self.nodes.len() {
            if self.nodes[node].server.does == Does::Leads && self.rng.chance(15) {
                self.checkpoint(node);
            }
        }
        let after = self.rng.millis(15, 200);
        self.plan_in(after, Happening::ClientsWrite);
    }

    /// One write is acknowledged by one node.
    pub(crate) fn accept_write(&mut self, node: usize) -> u64 {
        let local = self.nodes[node].clock.at(self.now);
        let armed = self.armed(node);
        let armed = armed.as_ref().map(|(at, label)| (*at, label.as_str()));
        let verdict =
            self.judges
                .writes
                .check(&self.nodes[node].name, local, armed, &self.judges.epochs);
        self.judge(verdict);
        let id = self.record();
        let own = &mut self.nodes[node];
        own.folder.append(id);
        if own.disk_lies {
            own.folder.unsynced += 1;
        } else {
            own.folder.unsynced = 0;
        }
        self.judges.acknowledged.add(id, self.now, node);
        self.trace.count("clients", "writes");
        id
    }
}
