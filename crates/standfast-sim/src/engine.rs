//! The database engine as its agent sees it: the calls of `standfast_replication::Engine`, over models of
//! folders and servers. What each refuses, and what it leaves behind when it is cut off, is what
//! `standfast-postgres` does.

use std::path::PathBuf;
use std::time::Duration;

use standfast_agent::{EngineAnswer, EngineCall, EngineFailure, Event, Ticket};
use standfast_replication::{
    Promotion, ServerObservation, Shutdown, StartAs, StartCommand, Surplus, Upstream,
};
use standfast_units::{Bytes, Lsn, Timeline};

use crate::folder::{Contents, Control, Folder, History, lsn, records_before};
use crate::happening::Happening;
use crate::network::Endpoint;
use crate::server::Does;
use crate::world::World;

type Answer = Result<EngineAnswer, EngineFailure>;

fn failed(reason: impl Into<String>) -> Answer {
    let reason = reason.into();
    Err(EngineFailure::Failed { reason })
}

impl World {
    pub(crate) fn ask_engine(&mut self, node: usize, life: u64, ticket: Ticket, call: EngineCall) {
        self.trace.count("engine", name(&call));
        let (from, to) = span_ms(&call);
        let slow = u64::from(self.nodes[node].disk_slow) * 4 + 1;
        let after = self.rng.millis(from * slow, to * slow);
        self.nodes[node].calls.insert(ticket, call);
        self.plan_in(after, Happening::EngineActs { node, life, ticket });
    }

    pub(crate) fn engine_acts(&mut self, node: usize, life: u64, ticket: Ticket) {
        if self.nodes[node].life != life {
            return;
        }
        let Some(call) = self.nodes[node].calls.get(&ticket).cloned() else {
            return;
        };
        self.milestone(node, name(&call));
        if self.nodes[node].life != life {
            return;
        }
        if let EngineCall::Promote { timeline, .. } = call {
            return self.promote(node, life, ticket, timeline);
        }
        let answer = if self.mishap(15) {
            failed("it failed")
        } else {
            self.engine_does(node, &call)
        };
        self.engine_is_done(node, life, ticket, answer);
    }

    fn engine_is_done(&mut self, node: usize, life: u64, ticket: Ticket, answer: Answer) {
        // Done, and not heard of yet: a crash here leaves what was done.
        self.milestone(node, "an answer of the engine");
        if self.nodes[node].life != life {
            return;
        }
        let call = self.nodes[node].calls.remove(&ticket);
        if let (Some(call), Err(EngineFailure::Failed { reason })) = (&call, &answer) {
            self.note(format_args!("node {node}: {} fails: {reason}", name(call)));
            if matches!(call, EngineCall::Surplus { .. }) {
                self.nodes[node].untold = Some(reason.clone());
            }
        }
        let after = self.rng.micros(100, 3_000);
        let answer = Box::new(answer);
        let answers = Happening::EngineAnswers {
            node,
            life,
            ticket,
            answer,
        };
        self.plan_in(after, answers);
    }

    pub(crate) fn engine_answers(
        &mut self,
        node: usize,
        life: u64,
        ticket: Ticket,
        answer: Answer,
    ) {
        if self.nodes[node].life == life {
            self.step_agent(node, Event::EngineAnswered { ticket, answer });
        }
    }

    fn engine_does(&mut self, node: usize, call: &EngineCall) -> Answer {
        match call {
            EngineCall::Folder => Ok(EngineAnswer::Folder(self.nodes[node].folder.found())),
            EngineCall::LogEnd if self.nodes[node].unreadable => failed("the log cannot be read"),
            EngineCall::LogEnd => match self.nodes[node].folder.log_end() {
                Some(end) => Ok(EngineAnswer::LogEnd(end)),
                None => failed("the last checkpoint is not in the log"),
            },
            EngineCall::Initialise => self.initialise(node),
            EngineCall::Provision => self.as_primary(node, |world| {
                world.nodes[node].folder.provisioned = true;
            }),
            EngineCall::AdmitSessions => self.as_primary(node, |world| {
                world.nodes[node].server.admits = true;
            }),
            EngineCall::EndSessions => self.as_primary(node, |world| {
                world.nodes[node].server.admits = false;
            }),
            EngineCall::Checkpoint => self.as_primary(node, |world| world.checkpoint(node)),
            EngineCall::KeepLogFor(standbys) => {
                let kept = standbys
                    .iter()
                    .filter_map(|name| self.index(name))
                    .collect();
                self.as_primary(node, |world| world.nodes[node].keeps_for = kept)
            }
            EngineCall::SetUp(start_as) => self.set_up(node, start_as),
            EngineCall::Follow(upstream) => self.follow(node, upstream),
            EngineCall::Promote { .. } => failed("it is done elsewhere"),
            EngineCall::Surplus { timeline, fork, .. } => self.surplus(node, *timeline, *fork),
            EngineCall::Rewind(source) => self.rewind(node, source),
            EngineCall::Clone(source) => self.copy(node, source),
        }
    }

    fn as_primary(&mut self, node: usize, does: impl FnOnce(&mut Self)) -> Answer {
        let server = &self.nodes[node].server;
        if server.does == Does::Leads && !server.hangs && !self.nodes[node].disk_full {
            does(self);
            Ok(EngineAnswer::Done)
        } else {
            failed("the server does not answer")
        }
    }

    /// The control file is current from here on, and log that no standby needs is recycled.
    pub(crate) fn checkpoint(&mut self, node: usize) {
        let own = &self.nodes[node];
        let kept = own.keeps_for.iter().filter(|other| **other != node);
        let needed = kept
            .map(|other| self.nodes[*other].folder.common(&own.folder))
            .min()
            .unwrap_or(usize::MAX);
        self.nodes[node].folder.checkpoint(needed);
    }

    fn initialise(&mut self, node: usize) -> Answer {
        let id = self.record();
        let folder = &mut self.nodes[node].folder;
        if folder.contents == Contents::Whole {
            return failed("the folder is not empty; it is not initialised over");
        }
        *folder = Folder::absent();
        folder.contents = Contents::Whole;
        folder.append(id);
        Ok(EngineAnswer::Done)
    }

    fn set_up(&mut self, node: usize, start_as: &StartAs) -> Answer {
        let own = &mut self.nodes[node];
        let folder = &mut own.folder;
        if folder.contents != Contents::Whole {
            return failed(
                "the folder is absent or incomplete; it is not started but made anew (P6)",
            );
        }
        match start_as {
            StartAs::Primary if folder.signal => {
                return failed("it was last set up as a standby");
            }
            StartAs::Primary if folder.backup_label => {
                return failed("it is a copy that never caught up with its source");
            }
            StartAs::Primary if folder.was_recovering() => {
                return failed("it was following when it stopped, and its standby.signal is gone");
            }
            StartAs::Primary => own.server.upstream = None,
            StartAs::Standby { .. } if folder.shutdown() == Shutdown::CrashedUnsettled => {
                return failed("it was promoted and ended before its first checkpoint");
            }
            StartAs::Standby { upstream } => {
                folder.signal = true;
                let upstream = upstream.as_ref().map(|upstream| upstream.node.clone());
                let upstream = upstream.and_then(|name| self.index(&name));
                self.nodes[node].server.upstream = upstream;
            }
        }
        Ok(EngineAnswer::Command(StartCommand {
            program: PathBuf::from("/usr/lib/postgresql/15/bin/postgres"),
            arguments: Vec::new(),
        }))
    }

    fn follow(&mut self, node: usize, upstream: &Upstream) -> Answer {
        let server = &self.nodes[node].server;
        if server.does != Does::Follows || server.hangs {
            return failed("only a running standby can be told whom to follow");
        }
        let upstream = self.index(&upstream.node);
        let server = &mut self.nodes[node].server;
        if server.upstream != upstream {
            server.upstream = upstream;
            server.streaming = false;
        }
        Ok(EngineAnswer::Done)
    }

    /// What lies past a fork, of a log whose oldest part is recycled.
    fn surplus(&mut self, node: usize, timeline: Timeline, fork: Lsn) -> Answer {
        let folder = &self.nodes[node].folder;
        let Some(end) = folder.log_end().filter(|_| !self.nodes[node].unreadable) else {
            return failed("the log cannot be read");
        };
        if end.timeline < timeline {
            return failed(format!(
                "the log ends on timeline {}, before timeline {timeline} began",
                end.timeline
            ));
        }
        let mut surplus = Surplus {
            end: end.position,
            bytes: end.position.since(fork),
            transactions: 0,
            commits: Vec::new(),
        };
        if end.position > fork {
            let from = records_before(fork).filter(|from| *from >= folder.recycled);
            let Some(from) = from else {
                return failed(format!("the log at {fork} is not there any more"));
            };
            let past = &folder.log[from..];
            surplus.transactions = u64::try_from(past.len()).unwrap_or(0);
            surplus.bytes = Bytes::new(surplus.transactions * 0x40);
            self.judges.ledger.record(past);
        }
        self.trace.count("repair", "surplus recorded");
        Ok(EngineAnswer::Surplus(surplus))
    }

    /// The server that is copied from, when it can be asked.
    fn source(&self, node: usize, source: &Upstream) -> Option<usize> {
        let source = self.index(&source.node)?;
        let server = &self.nodes[source].server;
        let answers = server.does == Does::Leads
            && !server.hangs
            && !self.nodes[source].is_frozen(self.now)
            && self
                .network
                .connects(Endpoint::Node(node), Endpoint::Node(source));
        (answers && source != node).then_some(source)
    }

    fn rewind(&mut self, node: usize, source: &Upstream) -> Answer {
        let Some(source) = self.source(node, source) else {
            return failed("the source does not answer");
        };
        if self.nodes[node].server.runs() {
            return failed("the server runs");
        }
        // The source's control file names its new timeline only after a checkpoint on it.
        self.checkpoint(source);
        let folder = &self.nodes[node].folder;
        if folder.contents != Contents::Whole || folder.backup_label {
            return failed("it is a copy that never started");
        }
        let common = folder.common(&self.nodes[source].folder);
        if common == folder.log.len() {
            return failed("no rewind required");
        }
        if common < folder.recycled || self.mishap(150) {
            self.nodes[node].folder.contents = Contents::Incomplete;
            return failed("rewinding failed");
        }
        self.replace(node, source, common);
        self.trace.count("repair", "rewound");
        Ok(EngineAnswer::Done)
    }

    fn copy(&mut self, node: usize, source: &Upstream) -> Answer {
        let Some(source) = self.source(node, source) else {
            return failed("the source does not answer");
        };
        if self.nodes[node].server.runs() {
            return failed("the server runs");
        }
        let common = self.nodes[node].folder.common(&self.nodes[source].folder);
        self.replace(node, source, common);
        self.trace.count("repair", "cloned");
        Ok(EngineAnswer::Done)
    }

    /// The folder is now what the source has; what it alone had past `kept` records is gone.
    fn replace(&mut self, node: usize, source: usize, kept: usize) {
        let own = &self.nodes[node];
        let thrown = own.folder.log.get(kept..).unwrap_or_default();
        let verdict = self.judges.ledger.check(
            node,
            &own.name,
            thrown,
            own.untold.as_deref(),
            &self.judges.acknowledged,
        );
        self.judge(verdict);
        let mut folder = self.nodes[source].folder.clone();
        folder.contents = Contents::Whole;
        folder.control = Control::InArchiveRecovery;
        folder.signal = true;
        folder.backup_label = false;
        folder.unsynced = 0;
        folder.recovery_ends = true;
        self.nodes[node].folder = folder;
    }

    // ---- promotion ---------------------------------------------------------------------------------

    /// P11, P12: onto exactly this timeline. The server leaves recovery in two steps, between which a
    /// crash leaves a folder without its signal file whose end of recovery is not written.
    fn promote(&mut self, node: usize, life: u64, ticket: Ticket, timeline: Timeline) {
        let server = &self.nodes[node].server;
        let server_life = server.life;
        match server.does {
            Does::Follows if !server.hangs => {
                let stalls = self.mishap(50);
                let (from, to) = if stalls { (800, 5_000) } else { (10, 60) };
                let leaves = Happening::LeavesRecovery {
                    node,
                    server_life,
                    timeline,
                };
                let after = self.rng.millis(from, to);
                self.plan_in(after, leaves);
                let seen = Happening::PromotionIsSeen {
                    node,
                    life,
                    ticket,
                    timeline,
                };
                self.plan_in(after + Duration::from_millis(5), seen);
            }
            Does::LeavesRecovery if !server.hangs => {
                let seen = Happening::PromotionIsSeen {
                    node,
                    life,
                    ticket,
                    timeline,
                };
                self.plan_in(Duration::from_millis(5), seen);
            }
            Does::Leads if !server.hangs => self.promotion_is_seen(node, life, ticket, timeline),
            Does::Nothing | Does::Starts | Does::Follows | Does::LeavesRecovery | Does::Leads => {
                let answer = failed("it cannot be promoted");
                self.engine_is_done(node, life, ticket, answer);
            }
        }
    }

    pub(crate) fn leaves_recovery(&mut self, node: usize, server_life: u64, timeline: Timeline) {
        let own = &mut self.nodes[node];
        if own.server.life != server_life || own.server.does != Does::Follows || own.server.hangs {
            return;
        }
        own.folder.signal = false;
        own.server.does = Does::LeavesRecovery;
        own.server.streaming = false;
        self.milestone(node, "the signal file is removed");
        let after = self.rng.millis(3, 40);
        let end = Happening::EndOfRecovery {
            node,
            server_life,
            timeline,
        };
        self.plan_in(after, end);
    }

    pub(crate) fn end_of_recovery(&mut self, node: usize, server_life: u64, timeline: Timeline) {
        // A machine that thaws past the deadline: the guard looks at its clock before all else (P4).
        self.step_guard(node);
        let own = &mut self.nodes[node];
        if own.server.life != server_life || own.server.does != Does::LeavesRecovery {
            return;
        }
        let id = self.record();
        let own = &mut self.nodes[node];
        let at = own.folder.log.len();
        let parent = own.folder.timeline;
        own.folder.histories.push(History {
            parent,
            timeline,
            at,
        });
        own.folder.timeline = timeline;
        own.folder.control = Control::InProduction;
        own.folder.recovery_ends = true;
        own.folder.backup_label = false;
        own.server.does = Does::Leads;
        own.server.admits = true;
        own.folder.append(id);
        self.note(format_args!(
            "node {node} promoted onto timeline {timeline} at {}",
            lsn(at)
        ));
        let verdict = self.judges.timelines.check(node, timeline, at);
        self.judge(verdict);
        self.new_primary(node);
        self.milestone(node, "the end of recovery");
    }

    pub(crate) fn promotion_is_seen(
        &mut self,
        node: usize,
        life: u64,
        ticket: Ticket,
        timeline: Timeline,
    ) {
        if self.nodes[node].life != life || !self.nodes[node].calls.contains_key(&ticket) {
            return;
        }
        let own = &self.nodes[node];
        let answer = match own.server.does {
            Does::Leads if own.folder.timeline == timeline => match own.folder.origin(timeline) {
                Some(history) => Ok(EngineAnswer::Promotion(Promotion {
                    parent: history.parent,
                    timeline,
                    fork: lsn(history.at),
                })),
                None => failed("the timeline has no history"),
            },
            Does::Follows | Does::LeavesRecovery => {
                // Asked for again every 100 ms (P12).
                let seen = Happening::PromotionIsSeen {
                    node,
                    life,
                    ticket,
                    timeline,
                };
                return self.plan_in(Duration::from_millis(10), seen);
            }
            Does::Nothing | Does::Starts | Does::Leads => {
                failed("the server was to write on the reserved timeline")
            }
        };
        self.engine_is_done(node, life, ticket, answer);
    }

    /// What the database says when it is asked how it stands.
    pub(crate) fn database_says(&self, node: usize) -> ServerObservation {
        let own = &self.nodes[node];
        let reason = || "it does not answer".to_owned();
        if own.server.hangs {
            return ServerObservation::Silent { reason: reason() };
        }
        match own.server.does {
            Does::Nothing => ServerObservation::Silent { reason: reason() },
            Does::Starts | Does::LeavesRecovery => ServerObservation::Busy { reason: reason() },
            Does::Follows => ServerObservation::Standby {
                timeline: own.folder.timeline,
                received: own.folder.end(),
                replayed: own.folder.end(),
                streaming: own.server.streaming,
            },
            Does::Leads => ServerObservation::Primary {
                timeline: own.folder.timeline,
                position: own.folder.end(),
                followers: Vec::new(),
            },
        }
    }
}

/// Every call, by the name it is counted under.
pub(crate) const CALLS: &[&str] = &[
    "folder",
    "log end",
    "initialise",
    "provision",
    "admit sessions",
    "end sessions",
    "checkpoint",
    "set up",
    "follow",
    "keep log",
    "promote",
    "surplus",
    "rewind",
    "clone",
];

fn name(call: &EngineCall) -> &'static str {
    match call {
        EngineCall::Folder => "folder",
        EngineCall::LogEnd => "log end",
        EngineCall::Initialise => "initialise",
        EngineCall::Provision => "provision",
        EngineCall::AdmitSessions => "admit sessions",
        EngineCall::EndSessions => "end sessions",
        EngineCall::Checkpoint => "checkpoint",
        EngineCall::SetUp(_) => "set up",
        EngineCall::Follow(_) => "follow",
        EngineCall::KeepLogFor(_) => "keep log",
        EngineCall::Promote { .. } => "promote",
        EngineCall::Surplus { .. } => "surplus",
        EngineCall::Rewind(_) => "rewind",
        EngineCall::Clone(_) => "clone",
    }
}

/// How long a call takes to take effect.
fn span_ms(call: &EngineCall) -> (u64, u64) {
    match call {
        EngineCall::Folder | EngineCall::LogEnd => (3, 30),
        EngineCall::Initialise => (100, 500),
        EngineCall::Provision
        | EngineCall::KeepLogFor(_)
        | EngineCall::AdmitSessions
        | EngineCall::EndSessions => (2, 40),
        EngineCall::Checkpoint => (5, 200),
        EngineCall::SetUp(_) => (5, 40),
        EngineCall::Follow(_) => (5, 30),
        EngineCall::Promote { .. } => (1, 5),
        EngineCall::Surplus { .. } => (10, 100),
        EngineCall::Rewind(_) => (100, 1_000),
        EngineCall::Clone(_) => (200, 2_000),
    }
}
