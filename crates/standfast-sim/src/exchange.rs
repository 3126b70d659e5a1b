//! What travels between processes and the store: calls, their answers, and what is watched.

use std::sync::Arc;
use std::time::Duration;

use standfast_agent::Event as AgentEvent;
use standfast_controller::Event as ControllerEvent;
use standfast_record::{
    Change, Lease, LeaseState, Succession, SuccessionKind, Transaction, Unanswered, Writer, key,
};
use standfast_store::machine::Flush;

use crate::clock::nanos;
use crate::happening::{Happening, StoreAnswer, StoreQuestion};
use crate::invariant::lease::Former;
use crate::invariant::{bound, lease};
use crate::link::Call;
use crate::network::Endpoint;
use crate::store::Process;
use crate::world::World;

/// How often what is cut is tried to be delivered again.
const RETRANSMIT_MS: u64 = 40;

impl World {
    /// How long a process waits for the store; half of the deadline, as agents and controllers are told.
    fn store_timeout(&self) -> Duration {
        self.timings.self_fence_after / 2
    }

    /// A process asks the store.
    pub(crate) fn ask_store(&mut self, process: Process, call: u64, question: StoreQuestion) {
        let life = self.life(process);
        let from = process.endpoint();
        if !self.store.up && self.network.connects(from, Endpoint::Store) {
            let answer = unanswered(&question, Unreached::Refused);
            let after = self.rng.micros(100, 3_000);
            let happening = Happening::StoreAnswers {
                process,
                life,
                call,
                answer,
            };
            return self.plan_in(after, happening);
        }
        let delay = self.network.delay(&mut self.rng);
        let hears = Happening::StoreHears {
            process,
            life,
            call,
            question,
        };
        self.plan_in(delay, hears);
        let timeout = self.store_timeout();
        let late = Happening::CallIsLate {
            process,
            life,
            call,
        };
        self.plan_in(timeout, late);
    }

    pub(crate) fn store_hears(
        &mut self,
        process: Process,
        life: u64,
        call: u64,
        question: StoreQuestion,
    ) {
        let from = process.endpoint();
        if !self.network.passes(from, Endpoint::Store) {
            // Sent again as long as its connection lasts; a process that is gone sends nothing more.
            if self.life(process) == life && self.call_is_open(process, call) {
                let after = Duration::from_millis(RETRANSMIT_MS);
                let again = Happening::StoreHears {
                    process,
                    life,
                    call,
                    question,
                };
                self.plan_in(after, again);
            }
            return;
        }
        if !self.store.up {
            return;
        }
        match question {
            StoreQuestion::Read(key) => {
                let read = self.store.machine.get(&key);
                self.store_says(process, life, call, StoreAnswer::Read(Ok(read)));
            }
            StoreQuestion::Transact(transaction) => {
                self.store.transact(transaction, (process, life, call));
                self.store_goes_on(Flush::WithNextCommit);
            }
        }
    }

    /// Hands out what the store's machine has to say, and begins a commit when one is due.
    pub(crate) fn store_goes_on(&mut self, flush: Flush) {
        for batch in self.store.machine.take_published() {
            self.judge_changes(&batch.changes);
            if let Some(batch) = self.store.under(&batch) {
                let watchers: Vec<_> = self.store.watchers.iter().map(|(p, c)| (*p, *c)).collect();
                for (process, connection) in watchers {
                    self.send_batch(process, connection, Arc::clone(&batch));
                }
            }
        }
        for ((process, life, call), outcome) in self.store.machine.take_answers() {
            let transacted = outcome.map_err(|failure| Unanswered::NotDone {
                reason: format!("{failure:?}"),
            });
            self.store_says(process, life, call, StoreAnswer::Transacted(transacted));
        }
        if self.store.begin_commit(flush) {
            let took = if self.store_disk_slow {
                self.rng.millis(50, 4_000)
            } else {
                self.rng.micros(300, 6_000)
            };
            let store_life = self.store.life;
            self.plan_in(took, Happening::CommitIsDone { store_life });
        }
    }

    fn store_says(&mut self, process: Process, life: u64, call: u64, answer: StoreAnswer) {
        if process == Process::Operator {
            return;
        }
        let delay = self.network.delay(&mut self.rng);
        let happening = Happening::StoreAnswers {
            process,
            life,
            call,
            answer,
        };
        self.plan_in(delay, happening);
    }

    pub(crate) fn store_answers(
        &mut self,
        process: Process,
        life: u64,
        call: u64,
        answer: StoreAnswer,
    ) {
        if self.life(process) != life || !self.call_is_open(process, call) {
            return;
        }
        if !self.network.passes(Endpoint::Store, process.endpoint()) {
            let after = Duration::from_millis(RETRANSMIT_MS);
            let again = Happening::StoreAnswers {
                process,
                life,
                call,
                answer,
            };
            return self.plan_in(after, again);
        }
        self.end_call(process, call, answer);
    }

    pub(crate) fn call_is_late(&mut self, process: Process, life: u64, call: u64) {
        if self.life(process) == life {
            self.give_call_up(process, call);
        }
    }

    fn give_call_up(&mut self, process: Process, call: u64) {
        let question = match self.open_call(process, call) {
            Some(Call::Read) => StoreQuestion::Read(String::new()),
            Some(Call::Transact) => StoreQuestion::Transact(Transaction::new()),
            None => return,
        };
        let answer = unanswered(&question, Unreached::Silent);
        self.end_call(process, call, answer);
    }

    fn open_call(&self, process: Process, call: u64) -> Option<Call> {
        match process {
            Process::Agent(node) => self.nodes[node].link.kind(call),
            Process::Controller(region) => self.controllers[region].link.kind(call),
            Process::Operator => None,
        }
    }

    fn call_is_open(&self, process: Process, call: u64) -> bool {
        self.open_call(process, call).is_some()
    }

    fn end_call(&mut self, process: Process, call: u64, answer: StoreAnswer) {
        match process {
            Process::Agent(node) => {
                if let Some((_, ticket)) = self.nodes[node].link.end(call) {
                    let event = match answer {
                        StoreAnswer::Read(read) => AgentEvent::Read { ticket, read },
                        StoreAnswer::Transacted(transacted) => {
                            AgentEvent::Transacted { ticket, transacted }
                        }
                    };
                    self.step_agent(node, event);
                }
            }
            Process::Controller(region) => {
                if let Some((_, ticket)) = self.controllers[region].link.end(call) {
                    let event = match answer {
                        StoreAnswer::Read(read) => ControllerEvent::Read { ticket, read },
                        StoreAnswer::Transacted(transacted) => {
                            ControllerEvent::Transacted { ticket, transacted }
                        }
                    };
                    self.step_controller(region, event);
                }
            }
            Process::Operator => {}
        }
    }

    pub(crate) fn commit_is_done(&mut self, store_life: u64) {
        if self.store.life == store_life {
            self.store.finish_commit();
            self.store_goes_on(Flush::WithNextCommit);
        }
    }

    /// The store's process ends; connections to it are reset.
    pub(crate) fn crash_store(&mut self) {
        if !self.store.up {
            return;
        }
        let reached = self.rng.chance(500);
        self.store.crash(reached);
        for process in self.processes() {
            let after = self.rng.millis(1, 20);
            self.plan_connection_end(process, after);
        }
    }

    pub(crate) fn restart_store(&mut self) {
        if !self.store.up {
            self.store.restart();
            self.note(format_args!("the store is back"));
            // P21: renewals that were not synced are gone, and the record is written anew.
            self.judge_record_anew();
        }
    }

    /// After a restart the record is what the disk had.
    fn judge_record_anew(&mut self) {
        let entry = self.store.machine.get(&self.keys.lease).entry;
        self.judges.former = entry
            .and_then(|entry| entry.record::<Lease>().ok())
            .map(|lease| Former {
                lease,
                changed_at: self.now,
            });
    }

    pub(crate) fn processes(&self) -> Vec<Process> {
        let agents = (0..self.nodes.len()).map(Process::Agent);
        let controllers = (0..self.controllers.len()).map(Process::Controller);
        agents.chain(controllers).collect()
    }

    // ---- connections -------------------------------------------------------------------------------

    fn connection(&self, process: Process) -> (u64, bool) {
        match process {
            Process::Agent(node) => {
                let link = &self.nodes[node].link;
                (link.connection, link.connected)
            }
            Process::Controller(region) => {
                let link = &self.controllers[region].link;
                (link.connection, link.connected)
            }
            Process::Operator => (0, false),
        }
    }

    fn plan_connection_end(&mut self, process: Process, after: Duration) {
        let life = self.life(process);
        let (connection, _) = self.connection(process);
        let happening = Happening::ConnectionIsGone {
            process,
            life,
            connection,
        };
        self.plan_in(after, happening);
    }

    /// A link was cut: after some time its owner notices.
    pub(crate) fn expect_silence(&mut self, process: Process) {
        let life = self.life(process);
        let (connection, _) = self.connection(process);
        let timeout = self.store_timeout();
        let after = timeout.mul_f64(0.75) + self.rng.millis(0, 300);
        let happening = Happening::Silence {
            process,
            life,
            connection,
        };
        self.plan_in(after, happening);
    }

    pub(crate) fn silence(&mut self, process: Process, life: u64, connection: u64) {
        let here = process.endpoint();
        if self.life(process) == life
            && self.connection(process).0 == connection
            && !self.network.connects(here, Endpoint::Store)
        {
            self.connection_is_gone(process, life, connection);
        }
    }

    pub(crate) fn connection_is_gone(&mut self, process: Process, life: u64, connection: u64) {
        if self.life(process) != life || self.connection(process).0 != connection {
            return;
        }
        self.store.watchers.remove(&process);
        let (calls, view) = match process {
            Process::Agent(node) => {
                let link = &mut self.nodes[node].link;
                link.lose();
                (link.unanswered(), link.view())
            }
            Process::Controller(region) => {
                let link = &mut self.controllers[region].link;
                link.lose();
                (link.unanswered(), link.view())
            }
            Process::Operator => return,
        };
        for call in calls {
            self.give_call_up(process, call);
        }
        match process {
            Process::Agent(node) => self.step_agent(node, AgentEvent::View(view)),
            Process::Controller(region) => {
                self.step_controller(region, ControllerEvent::View(view));
            }
            Process::Operator => {}
        }
        let after = self.rng.millis(5, 300);
        self.plan_in(after, Happening::Connect { process, life });
    }

    /// A process tries to connect to the store, as often as it takes.
    pub(crate) fn connect(&mut self, process: Process, life: u64) {
        if self.life(process) != life || self.connection(process).1 {
            return;
        }
        let here = process.endpoint();
        if !self.store.up || !self.network.connects(here, Endpoint::Store) {
            let after = self.rng.millis(100, 500);
            return self.plan_in(after, Happening::Connect { process, life });
        }
        // The snapshot and the watch that follows it are of one revision.
        let (connection, _) = self.connection(process);
        let view = Box::new(self.store.view());
        self.store.watchers.insert(process, connection);
        let delay = self.network.delay(&mut self.rng) + self.network.delay(&mut self.rng);
        let at = self.now + nanos(delay);
        match process {
            Process::Agent(node) => self.nodes[node].link.arrives_at = at,
            Process::Controller(region) => self.controllers[region].link.arrives_at = at,
            Process::Operator => {}
        }
        let store_life = self.store.life;
        let happening = Happening::SnapshotArrives {
            process,
            life,
            connection,
            store_life,
            view,
        };
        self.plan_at(at, happening);
    }

    pub(crate) fn snapshot_arrives(
        &mut self,
        process: Process,
        life: u64,
        connection: u64,
        store_life: u64,
        view: standfast_record::View,
    ) {
        if self.life(process) != life || self.connection(process).0 != connection {
            return;
        }
        let here = process.endpoint();
        if self.store.life != store_life || !self.network.connects(here, Endpoint::Store) {
            self.store.watchers.remove(&process);
            let after = self.rng.millis(10, 500);
            return self.plan_in(after, Happening::Connect { process, life });
        }
        match process {
            Process::Agent(node) => {
                self.nodes[node].link.begin(view);
                let view = self.nodes[node].link.view();
                self.step_agent(node, AgentEvent::View(view));
            }
            Process::Controller(region) => {
                self.controllers[region].link.begin(view);
                let view = self.controllers[region].link.view();
                self.step_controller(region, ControllerEvent::View(view));
            }
            Process::Operator => {}
        }
    }

    fn send_batch(
        &mut self,
        process: Process,
        connection: u64,
        batch: Arc<standfast_record::Batch>,
    ) {
        let delay = nanos(self.network.delay(&mut self.rng));
        let life = self.life(process);
        let link_arrives_at = match process {
            Process::Agent(node) => &mut self.nodes[node].link.arrives_at,
            Process::Controller(region) => &mut self.controllers[region].link.arrives_at,
            Process::Operator => return,
        };
        // One connection delivers in order.
        *link_arrives_at = (*link_arrives_at + 1).max(self.now + delay);
        let at = *link_arrives_at;
        let happening = Happening::BatchArrives {
            process,
            life,
            connection,
            batch,
        };
        self.plan_at(at, happening);
    }

    pub(crate) fn batch_arrives(
        &mut self,
        process: Process,
        life: u64,
        connection: u64,
        batch: Arc<standfast_record::Batch>,
    ) {
        let (current, connected) = self.connection(process);
        if self.life(process) != life || current != connection || !connected {
            return;
        }
        if !self.network.passes(Endpoint::Store, process.endpoint()) {
            // What is held up holds up all that follows it: the connection is given up, or goes on.
            let after = nanos(Duration::from_millis(RETRANSMIT_MS));
            let again = Happening::BatchArrives {
                process,
                life,
                connection,
                batch,
            };
            return self.plan_at(self.now + after, again);
        }
        match process {
            Process::Agent(node) => {
                self.nodes[node].link.apply(&batch);
                let view = self.nodes[node].link.view();
                self.step_agent(node, AgentEvent::View(view));
            }
            Process::Controller(region) => {
                self.controllers[region].link.apply(&batch);
                let view = self.controllers[region].link.view();
                self.step_controller(region, ControllerEvent::View(view));
            }
            Process::Operator => {}
        }
    }

    // ---- what the store now says, judged -----------------------------------------------------------

    fn judge_changes(&mut self, changes: &[Change]) {
        for change in changes {
            let Change::Put(entry) = change else { continue };
            if entry.key == self.keys.lease
                && let Ok(lease) = entry.record::<Lease>()
            {
                self.judge_lease(lease);
            } else if entry.key == self.keys.writer
                && let Ok(writer) = entry.record::<Writer>()
            {
                let verdict = self.judges.writer.check(&writer);
                self.judge(verdict);
                self.note(format_args!(
                    "the writer name means {} under epoch {}",
                    writer.node, writer.epoch
                ));
            }
        }
    }

    fn judge_lease(&mut self, lease: Lease) {
        let former = self.judges.former.take();
        let verdict = lease::check(
            former.as_ref(),
            &lease,
            self.now,
            self.timings.lease,
            &self.nodes,
        );
        let taken = former
            .as_ref()
            .is_none_or(|former| former.lease.incarnation != lease.incarnation);
        if taken {
            let epoch = lease.epoch.get();
            self.judges.epochs.insert(lease.incarnation.clone(), epoch);
            let successor = former
                .as_ref()
                .and_then(|former| match &former.lease.state {
                    LeaseState::Released { to, .. } => to.as_ref(),
                    LeaseState::Held => None,
                });
            if successor == Some(&lease.holder) {
                self.judges.handed.insert(epoch);
            }
            let key = key::succession(&self.system, &self.database, lease.epoch);
            let succession = self.store.machine.get(&key).entry;
            let succession = succession.and_then(|entry| entry.record::<Succession>().ok());
            if let Some(succession) = succession {
                let kind = format!("{:?}", succession.kind);
                self.note(format_args!(
                    "epoch {epoch}: {} by {kind}, on timeline {}, loses at most {:?}",
                    lease.holder, lease.timeline, succession.loss_max
                ));
                self.trace.count("succession", &kind);
                let accepted = self.request_accepts_loss(&lease);
                if accepted {
                    self.judges.accepted.insert(epoch);
                }
                self.judge(bound::check(&succession, self.timings.max_loss, accepted));
            }
        } else if let LeaseState::Released { position, to } = &lease.state {
            let (position, to) = (*position, to.clone());
            self.note(format_args!(
                "epoch {} is released by {} at {position:?} to {to:?}",
                lease.epoch, lease.holder
            ));
        }
        self.judges.former = Some(Former {
            lease,
            changed_at: self.now,
        });
        self.judge(verdict);
    }

    /// Whether a new primary lacks more than the takeover of its epoch said that may be lost.
    pub(crate) fn judge_new_primary(&mut self, node: usize, epoch: u64) {
        if self.judges.accepted.contains(&epoch) {
            self.judges
                .acknowledged
                .accept(&self.nodes[node].folder.log);
            return;
        }
        let key = key::succession(
            &self.system,
            &self.database,
            standfast_units::Epoch::new(epoch),
        );
        let entry = self.store.machine.get(&key).entry;
        let Some(succession) = entry.and_then(|entry| entry.record::<Succession>().ok()) else {
            return;
        };
        // P8: a hand-over loses nothing, whatever its taker said.
        let handed = self.judges.handed.contains(&epoch);
        let (kind, said) = if handed {
            (SuccessionKind::Switchover, None)
        } else {
            (succession.kind, succession.loss_max)
        };
        let drift = self.timings.lease / 100;
        let name = self.nodes[node].name.clone();
        let verdict =
            self.judges
                .acknowledged
                .check(&name, &self.nodes[node].folder.log, kind, said, drift);
        self.judge(verdict);
    }
}

#[derive(Debug, Clone, Copy)]
enum Unreached {
    Refused,
    Silent,
}

fn unanswered(question: &StoreQuestion, why: Unreached) -> StoreAnswer {
    let failure = match why {
        Unreached::Refused => Unanswered::NotDone {
            reason: "the store cannot be reached".to_owned(),
        },
        Unreached::Silent => Unanswered::Unknown {
            reason: "the store did not answer in time".to_owned(),
        },
    };
    match question {
        StoreQuestion::Read(_) => StoreAnswer::Read(Err(failure)),
        StoreQuestion::Transact(_) => StoreAnswer::Transacted(Err(failure)),
    }
}
