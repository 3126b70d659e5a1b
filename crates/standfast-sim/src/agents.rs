//! The agents: the real machine, its events and its effects.

use std::time::Duration;

use standfast_agent::{Agent, Effect, EngineCall, Event, GuardFailure, Ticket};
use standfast_failover::{HoldReason, Pace, Transition};
use standfast_guard::protocol::Request;
use standfast_record::Ids;

use crate::happening::{Happening, StoreQuestion};
use crate::invariant::{asked, deadline};
use crate::link::Call;
use crate::node::Bang;
use crate::store::Process;
use crate::world::World;

/// How long a guard's caller waits where it sets no time itself: for ever, which ends with the connection.
const FOR_EVER: Duration = Duration::from_hours(1);

impl World {
    pub(crate) fn agent_starts(&mut self, node: usize, life: u64) {
        if self.nodes[node].agent.is_some() || self.nodes[node].life != life {
            return;
        }
        let now = self.now;
        let ids = Ids::new(self.rng.next());
        let own = &mut self.nodes[node];
        own.agent = Some(Agent::new(own.settings.clone(), ids, own.clock.moment(now)));
        own.wake_planned = 0;
        own.pace = Pace::Calm;
        self.note(format_args!("agent {node} starts"));
        self.plan_in(Duration::ZERO, Happening::GuardConnects { node, life });
        let process = Process::Agent(node);
        self.plan_in(Duration::ZERO, Happening::Connect { process, life });
        self.plan_in(Duration::from_millis(1), Happening::Observe { node, life });
        self.step_agent(node, Event::Tick);
    }

    /// The agent's process ends, whatever it was about.
    pub(crate) fn stop_agent(&mut self, node: usize) {
        let own = &mut self.nodes[node];
        if own.agent.take().is_none() {
            return;
        }
        own.life += 1;
        own.calls.clear();
        own.guard.connected = false;
        own.guard.connection += 1;
        own.guard.waiting.clear();
        own.guard.asked.clear();
        own.guard.view.lose();
        own.link = crate::link::Link::new();
        self.store.watchers.remove(&Process::Agent(node));
    }

    pub(crate) fn agent_comes_back(&mut self, node: usize, from_ms: u64, to_ms: u64) {
        let life = self.nodes[node].life;
        let after = self.rng.millis(from_ms, to_ms);
        self.plan_in(after, Happening::AgentStarts { node, life });
    }

    pub(crate) fn agent_hears(&mut self, node: usize, life: u64, event: Event) {
        if self.nodes[node].life == life {
            self.step_agent(node, event);
        }
    }

    pub(crate) fn agent_wakes(&mut self, node: usize, life: u64, at: u64) {
        let own = &self.nodes[node];
        if own.life == life && own.wake_planned == at {
            self.step_agent(node, Event::Tick);
        }
    }

    pub(crate) fn step_agent(&mut self, node: usize, event: Event) {
        let now = self.now;
        let own = &mut self.nodes[node];
        let Some(agent) = own.agent.as_mut() else {
            return;
        };
        let moment = own.clock.moment(now);
        let effects = agent.step(moment, event);
        let transitions = agent.transitions().to_vec();
        let holds: Vec<&'static str> = agent.holds().iter().map(HoldReason::kind).collect();
        let verdict = deadline::check(agent.member(), moment.at);
        let wake_at = own.clock.when(agent.wake_at()).max(now + 1);
        let life = own.life;
        if own.wake_planned <= now || wake_at < own.wake_planned {
            own.wake_planned = wake_at;
            let wakes = Happening::AgentWakes {
                node,
                life,
                at: wake_at,
            };
            self.plan_at(wake_at, wakes);
        }
        self.judge(verdict);
        for transition in transitions {
            self.judge(asked::check(&transition, now, self.judges.asked_until));
            let Transition { from, to, why } = transition;
            self.trace.count("state", to.as_str());
            if self.trace.tells_everything() {
                self.note(format_args!("agent {node}: {from} -> {to} ({why})"));
            }
            self.trace.count_transition(from, to);
        }
        for hold in holds {
            self.trace.count("hold", hold);
        }
        for effect in effects {
            if self.nodes[node].life != life {
                break;
            }
            self.carry_out(node, life, effect);
        }
    }

    fn carry_out(&mut self, node: usize, life: u64, effect: Effect) {
        let process = Process::Agent(node);
        match effect {
            Effect::Read { ticket, key } => {
                let call = self.nodes[node].link.call(Call::Read, ticket);
                self.ask_store(process, call, StoreQuestion::Read(key));
            }
            Effect::Transact {
                ticket,
                transaction,
            } => {
                let call = self.nodes[node].link.call(Call::Transact, ticket);
                self.ask_store(process, call, StoreQuestion::Transact(transaction));
            }
            Effect::AskGuard {
                ticket,
                request,
                within,
            } => self.ask_guard(node, life, ticket, request, within.unwrap_or(FOR_EVER)),
            Effect::KillGuard => {
                self.note(format_args!("agent {node} kills its guard"));
                self.lose_guard(node);
            }
            Effect::AskEngine {
                ticket,
                call,
                within: _,
            } => self.ask_engine(node, life, ticket, call),
            Effect::Abandon(ticket) => {
                let cut_off = self.nodes[node].calls.remove(&ticket);
                if let Some(EngineCall::Rewind(_)) = cut_off {
                    // Cut off in the middle, it leaves a folder that must not be started.
                    self.nodes[node].folder.contents = crate::folder::Contents::Incomplete;
                }
                self.nodes[node].guard.asked.remove(&ticket);
            }
            Effect::Observe(pace) => {
                self.nodes[node].pace = pace;
                if pace == Pace::Eager {
                    self.plan_in(Duration::from_millis(1), Happening::Observe { node, life });
                }
            }
            Effect::Exit => {
                self.note(format_args!("agent {node} ends"));
                self.guard_is_told(node, (None, Request::Quit));
                self.stop_agent(node);
                self.agent_comes_back(node, 200, 4_000);
            }
        }
    }

    fn ask_guard(
        &mut self,
        node: usize,
        life: u64,
        ticket: Ticket,
        request: Request,
        within: Duration,
    ) {
        let guard = &mut self.nodes[node].guard;
        guard.view.asked(&request);
        guard.asked.insert(ticket);
        if guard.connected {
            self.guard_is_told(node, (Some(ticket), request));
        } else {
            guard.waiting.push((Some(ticket), request));
        }
        if within < FOR_EVER {
            let late = Happening::GuardIsLate { node, life, ticket };
            self.plan_in(within, late);
        }
    }

    pub(crate) fn guard_is_late(&mut self, node: usize, life: u64, ticket: Ticket) {
        let own = &mut self.nodes[node];
        if own.life == life && own.guard.asked.remove(&ticket) {
            own.guard
                .waiting
                .retain(|(waiting, _)| *waiting != Some(ticket));
            let answer = Err(GuardFailure::Gone);
            self.step_agent(node, Event::GuardAnswered { ticket, answer });
        }
    }

    /// Something of an act takes hold: the fuse of a fault may be lit.
    pub(crate) fn milestone(&mut self, node: usize, what: &'static str) {
        self.trace.count("milestone", what);
        let Some(fuse) = &mut self.nodes[node].fuse else {
            return;
        };
        if fuse.milestones > 0 {
            fuse.milestones -= 1;
            return;
        }
        let bang = fuse.bang;
        self.nodes[node].fuse = None;
        self.note(format_args!("node {node}: {bang:?} at: {what}"));
        match bang {
            Bang::AgentCrashes => {
                self.stop_agent(node);
                self.agent_comes_back(node, 50, 5_000);
            }
            Bang::ServerCrashes => self.crash_server(node),
            Bang::PowerIsLost => {
                self.lose_power(node);
                self.agent_comes_back(node, 500, 20_000);
            }
        }
    }

    /// Asks the database how it stands; the answer may be out of date when it is heard.
    pub(crate) fn observe(&mut self, node: usize, life: u64) {
        if self.nodes[node].life != life || self.nodes[node].agent.is_none() {
            return;
        }
        let (runs, fences) = {
            let view = &self.nodes[node].guard.view;
            (view.is_running(), view.fences)
        };
        let event = if runs {
            let seen = self.database_says(node);
            Event::Database { seen, fences }
        } else {
            Event::NoDatabase
        };
        let slow = self.mishap(20) || self.nodes[node].server.hangs;
        let took = if slow {
            self.rng.millis(20, 400)
        } else {
            self.rng.micros(200, 3_000)
        };
        let event = Box::new(event);
        self.plan_in(took, Happening::AgentHears { node, life, event });
        let between = match self.nodes[node].pace {
            Pace::Calm => Duration::from_millis(200),
            Pace::Eager => Duration::from_millis(5),
        };
        self.plan_in(took + between, Happening::Observe { node, life });
    }
}
