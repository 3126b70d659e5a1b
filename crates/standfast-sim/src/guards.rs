//! The guards: the real machine over a model of a process tree, and the agent's connection to it.

use std::time::Duration;

use standfast_agent::{Event, GuardFailure, Ticket};
use standfast_guard::protocol::{Ended, Message, Reply, Request};
use standfast_guard::{Exit, Machine, QUIT_TO_KILL};

use crate::happening::Happening;
use crate::node::ToGuard;
use crate::server::{Asked, Does};
use crate::world::World;

/// What agents ask of their guards, by the name it is counted under. The rest of the protocol is for those who
/// look after one by hand.
pub(crate) const REQUESTS: &[&str] = &["hello", "start", "deadline", "stop", "fence", "quit"];

fn name(request: &Request) -> &'static str {
    match request {
        Request::Hello => "hello",
        Request::Start(_) => "start",
        Request::Deadline { .. } => "deadline",
        Request::Disarm => "disarm",
        Request::Stop { .. } => "stop",
        Request::Fence { .. } => "fence",
        Request::Status => "status",
        Request::Recheck => "recheck",
        Request::Quit => "quit",
    }
}

impl World {
    /// The guard's process begins: it makes certain that nothing is left of a former life.
    pub(crate) fn guard_starts(&mut self, node: usize) {
        if self.nodes[node].guard.machine.is_some() {
            return;
        }
        let now = self.now;
        let own = &mut self.nodes[node];
        own.guard.life += 1;
        own.guard.pid += 1;
        own.guard.frozen_until = 0;
        own.guard.wake_planned = 0;
        let at = own.clock.at(now);
        own.guard.machine = Some(Machine::new(at, QUIT_TO_KILL, own.guard.pid));
        self.step_guard(node);
    }

    /// The agent looks for its guard, and starts one where none answers.
    pub(crate) fn guard_connects(&mut self, node: usize, life: u64) {
        let own = &mut self.nodes[node];
        if own.life != life || own.agent.is_none() || own.guard.connected {
            return;
        }
        if own.guard.machine.is_none() {
            let after = self.rng.millis(5, 60);
            self.plan_in(after, Happening::GuardStarts { node });
            let again = after + Duration::from_millis(10);
            return self.plan_in(again, Happening::GuardConnects { node, life });
        }
        own.guard.connected = true;
        own.guard.connection += 1;
        let mut requests: Vec<ToGuard> = vec![(None, Request::Hello)];
        requests.append(&mut own.guard.waiting);
        for request in requests {
            self.guard_is_told(node, request);
        }
    }

    /// A request leaves for the guard.
    pub(crate) fn guard_is_told(&mut self, node: usize, request: ToGuard) {
        self.trace.count("guard", name(&request.1));
        let guard = &self.nodes[node].guard;
        let (guard_life, connection) = (guard.life, guard.connection);
        let after = if self.mishap(10) {
            self.rng.micros(500, 40_000)
        } else {
            self.rng.micros(20, 300)
        };
        let request = Box::new(request);
        let hears = Happening::GuardHears {
            node,
            guard_life,
            connection,
            request,
        };
        self.plan_in(after, hears);
    }

    pub(crate) fn guard_hears(
        &mut self,
        node: usize,
        guard_life: u64,
        connection: u64,
        (ticket, request): ToGuard,
    ) {
        // Whatever woke the guard, the clock comes first (P4).
        self.step_guard(node);
        let now = self.now;
        let own = &mut self.nodes[node];
        // An agent that is gone has sent it all the same; only its answer is lost.
        if own.guard.life != guard_life {
            return;
        }
        let Some(machine) = own.guard.machine.as_mut() else {
            return;
        };
        let start = matches!(request, Request::Start(_));
        let at = own.clock.at(now);
        let reply = machine.handle(at, request, &mut own.server);
        self.guard_tells(node);
        self.guard_says(node, connection, ticket, Message::Reply(reply));
        if start {
            // The agent's connection asks for the details after each start.
            self.guard_answers_status(node, connection);
        }
        self.tree_was_told(node);
        self.guard_goes_on(node);
    }

    fn guard_answers_status(&mut self, node: usize, connection: u64) {
        let now = self.now;
        let own = &mut self.nodes[node];
        if let Some(machine) = own.guard.machine.as_mut() {
            let at = own.clock.at(now);
            let reply = machine.handle(at, Request::Status, &mut own.server);
            self.guard_says(node, connection, None, Message::Reply(reply));
        }
    }

    pub(crate) fn guard_wakes(&mut self, node: usize, guard_life: u64, at: u64) {
        let guard = &self.nodes[node].guard;
        if guard.life == guard_life && guard.wake_planned == at {
            self.step_guard(node);
        }
    }

    /// Lets the guard look at its clock and at its children.
    pub(crate) fn step_guard(&mut self, node: usize) {
        let now = self.now;
        if self.nodes[node].guard_deaf_until() > now {
            return;
        }
        let own = &mut self.nodes[node];
        let at = own.clock.at(now);
        if let Some(machine) = own.guard.machine.as_mut() {
            machine.step(at, &mut own.server);
            self.guard_tells(node);
            self.tree_was_told(node);
            self.guard_goes_on(node);
        }
    }

    fn guard_tells(&mut self, node: usize) {
        let guard = &mut self.nodes[node].guard;
        let connection = guard.connection;
        let events = guard
            .machine
            .as_mut()
            .map(Machine::take_events)
            .unwrap_or_default();
        for event in events {
            if self.trace.tells_everything() {
                self.note(format_args!("guard {node}: {event:?}"));
            }
            self.guard_says(node, connection, None, Message::Event(event));
        }
    }

    fn guard_goes_on(&mut self, node: usize) {
        let now = self.now;
        let own = &mut self.nodes[node];
        let Some(machine) = own.guard.machine.as_ref() else {
            return;
        };
        if let Some(Exit::Asked | Exit::Terminated) = machine.exit() {
            own.guard.machine = None;
            own.guard.life += 1;
            return self.guard_is_gone(node);
        }
        let guard_life = own.guard.life;
        let Some(wake_at) = machine.wake_at() else {
            return;
        };
        let at = own.clock.when(wake_at).max(now + 1);
        if own.guard.wake_planned <= now || at < own.guard.wake_planned {
            own.guard.wake_planned = at;
            let wakes = Happening::GuardWakes {
                node,
                guard_life,
                at,
            };
            self.plan_at(at, wakes);
        }
    }

    /// What the guard ordered of its processes gets under way.
    fn tree_was_told(&mut self, node: usize) {
        let Some(asked) = self.nodes[node].server.asked.take() else {
            return;
        };
        let server_life = self.nodes[node].server.life;
        match asked {
            Asked::Start => self.server_begins(node, server_life),
            Asked::Stop => self.server_is_asked_to_stop(node, server_life),
        }
    }

    fn guard_says(
        &mut self,
        node: usize,
        connection: u64,
        ticket: Option<Ticket>,
        message: Message,
    ) {
        let own = &mut self.nodes[node];
        let life = own.life;
        if own.agent.is_none() {
            return;
        }
        let delay = self.rng.micros(20, 300);
        let now = self.now;
        let guard = &mut self.nodes[node].guard;
        guard.arrives_at = (guard.arrives_at + 1).max(now + crate::clock::nanos(delay));
        let at = guard.arrives_at;
        let says = Happening::GuardSays {
            node,
            life,
            connection,
            ticket,
            message: Box::new(message),
        };
        self.plan_at(at, says);
    }

    pub(crate) fn agent_hears_guard(
        &mut self,
        node: usize,
        life: u64,
        connection: u64,
        ticket: Option<Ticket>,
        message: &Message,
    ) {
        let own = &mut self.nodes[node];
        if own.life != life || own.guard.connection != connection || !own.guard.connected {
            return;
        }
        let tells = match message {
            Message::Reply(Reply::State(_)) | Message::Event(_) => true,
            Message::Reply(Reply::Ok | Reply::Refused { .. }) => false,
        };
        if tells {
            own.guard.view.hear(message);
            let view = own.guard.view.clone();
            self.step_agent(node, Event::Guard(view));
        }
        let (Some(ticket), Message::Reply(reply)) = (ticket, message) else {
            return;
        };
        let own = &mut self.nodes[node];
        if own.life == life && own.guard.asked.remove(&ticket) {
            let answer = match reply {
                Reply::Refused { reason } => Err(GuardFailure::Refused(reason.clone())),
                Reply::Ok | Reply::State(_) => Ok(reply.clone()),
            };
            self.step_agent(node, Event::GuardAnswered { ticket, answer });
        }
    }

    /// The guard dies: the kernel ends what it had started, and the agent starts another one.
    pub(crate) fn lose_guard(&mut self, node: usize) {
        let held = self.armed(node);
        let own = &mut self.nodes[node];
        own.guard.held = held;
        if own.guard.machine.take().is_none() {
            return;
        }
        own.guard.life += 1;
        // The parent-death signal (P5).
        own.server.quit();
        self.guard_is_gone(node);
    }

    /// The agent's connection to the guard breaks.
    pub(crate) fn guard_is_gone(&mut self, node: usize) {
        let own = &mut self.nodes[node];
        if own.agent.is_none() || !own.guard.connected {
            return;
        }
        own.guard.connected = false;
        own.guard.connection += 1;
        own.guard.view.lose();
        let asked = std::mem::take(&mut own.guard.asked);
        let (life, view) = (own.life, own.guard.view.clone());
        let event = Box::new(Event::Guard(view));
        self.plan_in(
            Duration::from_micros(50),
            Happening::AgentHears { node, life, event },
        );
        for ticket in asked {
            let answer = Err(GuardFailure::Gone);
            let event = Box::new(Event::GuardAnswered { ticket, answer });
            self.plan_in(
                Duration::from_micros(60),
                Happening::AgentHears { node, life, event },
            );
        }
        let after = self.rng.millis(1, 20);
        self.plan_in(after, Happening::GuardConnects { node, life });
    }

    /// The machine is gone: nothing runs on it, and nothing of what ran is heard of.
    pub(crate) fn lose_power(&mut self, node: usize) {
        self.stop_agent(node);
        let own = &mut self.nodes[node];
        own.guard.machine = None;
        own.guard.life += 1;
        own.guard.view = standfast_agent::GuardView::default();
        own.frozen_until = 0;
        own.agent_frozen_until = 0;
        own.guard.frozen_until = 0;
        let led = own.server.does == Does::Leads;
        own.server.vanish();
        if own.disk_lies || !led {
            own.folder.lose_unsynced();
        }
        own.folder.unsynced = 0;
    }

    /// The server's processes end by themselves.
    pub(crate) fn crash_server(&mut self, node: usize) {
        if self.nodes[node].server.runs() {
            self.nodes[node].server.crash(Ended::Signal(11));
            self.step_guard(node);
        }
    }
}
