//! What a scenario is played on: one agent, its clocks, what the store holds, its guard as it told of itself
//! last, and what the agent has asked for.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use standfast_agent::{Agent, Effect, Event, GuardView, Settings, Ticket};
use standfast_failover::{Mode, Settings as Core, Timings};
use standfast_guard::protocol::Message;
use standfast_record::Ids;
use standfast_scenarios::{Shelf, Stage as _};
use standfast_units::{
    Database, Moment, Node, Region, System, Timestamp, WallTime, format_duration,
};

use super::{print, warnings};

const NODES: [&str; 3] = ["east-1", "east-2", "west-1"];
const REGIONS: [&str; 2] = ["east", "west"];
/// Of a line of a transcript.
const COLUMNS_MAX: usize = 110;

pub(super) struct Stage {
    pub(super) now: Moment,
    began: Timestamp,
    agent: Option<Agent>,
    pub(super) shelf: Shelf,
    pub(super) guard: GuardView,
    /// In the order they were asked for, each with its words.
    pub(super) open: VecDeque<(String, Effect)>,
    pub(super) last: Option<Event>,
    /// Publications are carried out and not told of.
    pub(super) routine: bool,
    /// Renewals are granted, the guard takes their deadlines, and neither is told of.
    renewing: bool,
    out: String,
}

impl standfast_scenarios::Stage for Stage {
    fn perform(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.say(&words);
    }

    fn transcript(&mut self) -> String {
        let agent = self.agent.as_ref().unwrap();
        let mut standing = agent.state().to_string();
        let member = agent.member();
        if let (Some(epoch), Some(deadline)) = (member.epoch(), member.deadline()) {
            let left = format_duration(deadline.since(self.now.at));
            let _ = write!(standing, ", holds epoch {epoch} for {left}");
        }
        let holds: Vec<String> = agent.holds().iter().map(ToString::to_string).collect();
        self.tell(&standing);
        for hold in holds {
            self.tell(&format!("  holds: {hold}"));
        }
        std::mem::take(&mut self.out)
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        let now = Moment {
            at: Timestamp::from_millis(1_000_000),
            wall: WallTime::from_unix_ms(1_700_000_000_000),
        };
        Self {
            now,
            began: now.at,
            agent: None,
            shelf: Shelf::new(),
            guard: GuardView::default(),
            open: VecDeque::new(),
            last: None,
            routine: false,
            renewing: false,
            out: String::new(),
        }
    }

    pub(super) fn begin(&mut self, name: &str) {
        self.agent = Some(Agent::new(settings(name), Ids::new(7), self.now));
        self.step(Event::Tick);
    }

    /// Plays steps that need no telling.
    pub(super) fn quietly(&mut self, lines: &[&str]) {
        for line in lines {
            self.perform(line);
        }
        self.out.clear();
    }

    /// Lets time pass, stepping whenever the agent wants to be.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now.at.after(span);
        while let Some(wake_at) = self.agent.as_ref().map(Agent::wake_at)
            && wake_at < end
        {
            self.pass_until(wake_at.max(self.now.at.after(Duration::from_millis(1))));
            self.step(Event::Tick);
        }
        self.pass_until(end);
        self.step(Event::Tick);
    }

    /// Lets time pass without a step: the agent's process stands still.
    pub(super) fn freeze(&mut self, span: Duration) {
        self.pass_until(self.now.at.after(span));
    }

    /// Lets time pass in which every renewal is granted.
    pub(super) fn renew(&mut self, span: Duration) {
        self.renewing = true;
        self.wait(span);
        self.renewing = false;
    }

    fn is_routine(&self, words: &str) -> bool {
        let renewal = words.starts_with("write lease") && words.contains(", volatile")
            || words.starts_with("guard: deadline");
        self.routine && words.starts_with("publish") || self.renewing && renewal
    }

    fn pass_until(&mut self, at: Timestamp) {
        self.now = Moment {
            at,
            wall: self.now.wall_at(at),
        };
    }

    /// The guard tells of itself.
    pub(super) fn hear(&mut self, message: &Message) {
        self.guard.hear(message);
        self.step(Event::Guard(self.guard.clone()));
    }

    pub(super) fn step(&mut self, event: Event) {
        let agent = self.agent.as_mut().unwrap();
        // Equal state and equal events give equal effects.
        let mut twin = agent.clone();
        let expected = twin.step(self.now, event.clone());
        let (effects, warned) = warnings::while_heard(|| agent.step(self.now, event));
        assert_eq!(effects, expected, "the same step came out otherwise");
        assert_eq!(agent.wake_at(), twin.wake_at());
        let at = format_duration(self.now.at.since(self.began));
        for line in warned {
            self.tell(&format!("{at}: {line}"));
        }
        let mut routine = Vec::new();
        for effect in effects {
            let words = print::effect(&effect, self.now.at, |effect| self.words_of(effect));
            if self.is_routine(&words) {
                routine.push(effect);
                continue;
            }
            self.tell(&format!("{at}: {words}"));
            // No act waits for the note of a change of state.
            let note = words.contains("writes \"state changed\"");
            if ticket(&effect).is_some() && !note {
                self.open.push_back((words, effect));
            }
        }
        for effect in routine {
            let event = self.carry_out(effect);
            self.step(event);
        }
    }

    /// The words of what is to be abandoned.
    fn words_of(&self, effect: &Effect) -> String {
        let Effect::Abandon(abandoned) = effect else {
            panic!("only what is abandoned was asked for before");
        };
        let asked = self
            .open
            .iter()
            .find(|(_, effect)| ticket(effect) == Some(*abandoned));
        let (words, _) = asked.expect("what is abandoned was asked for and not answered yet");
        words.clone()
    }

    /// Takes the oldest open effect whose words begin so.
    pub(super) fn take(&mut self, name: &str) -> Effect {
        let at = self
            .open
            .iter()
            .position(|(words, _)| words.starts_with(name));
        let Some((_, effect)) = at.and_then(|at| self.open.remove(at)) else {
            let open: Vec<&str> = self.open.iter().map(|(words, _)| words.as_str()).collect();
            panic!(
                "nothing open is called {name:?}: {open:#?}, after\n{}",
                self.out
            );
        };
        effect
    }

    pub(super) fn conclude(&mut self, event: Event) {
        self.last = Some(event.clone());
        self.step(event);
    }

    /// Adds to the transcript; what is longer than a line goes on in the next one.
    pub(super) fn tell(&mut self, text: &str) {
        for line in text.lines() {
            let mut rest = line;
            let mut indent = "";
            while rest.len() > COLUMNS_MAX
                && let Some(at) = rest[..COLUMNS_MAX].rfind(' ')
            {
                let _ = writeln!(self.out, "{indent}{}", &rest[..at]);
                rest = &rest[at + 1..];
                indent = "    ";
            }
            let _ = writeln!(self.out, "{indent}{rest}");
        }
    }
}

/// What its answer is told apart by; none when it has no answer.
fn ticket(effect: &Effect) -> Option<Ticket> {
    match effect {
        Effect::Read { ticket, .. }
        | Effect::Transact { ticket, .. }
        | Effect::AskGuard { ticket, .. }
        | Effect::AskEngine { ticket, .. } => Some(*ticket),
        Effect::KillGuard | Effect::Abandon(_) | Effect::Observe(_) | Effect::Exit => None,
    }
}

fn settings(name: &str) -> Settings {
    let nodes = NODES.map(|each| (node(each), region_of(each)));
    let peers = NODES
        .iter()
        .filter(|each| **each != name)
        .map(|each| (node(each), SocketAddr::new(address(each), 5432)));
    let core = Core {
        node: node(name),
        nodes: BTreeMap::from(nodes),
        founder: node("east-1"),
        timings: Timings {
            lease: Duration::from_secs(5),
            self_fence_after: Duration::from_millis(4_600),
            renew_every: Duration::from_millis(1_150),
            hold_down: Duration::from_secs(5),
            cool_down: Duration::from_mins(15),
            max_loss: Duration::from_secs(5),
        },
        mode: Mode::Automatic,
    };
    Settings {
        system: system(),
        database: database(),
        node: node(name),
        region: region_of(name),
        zone: "a".to_owned(),
        address: address(name),
        port: 5432,
        pid: 42,
        peers: peers.collect(),
        lost_folder: "/lost".into(),
        core,
    }
}

/// The address of a node: `10.<region>.0.<ordinal>`, both counted from 1.
pub(super) fn address(name: &str) -> IpAddr {
    let (region, ordinal) = name.split_once('-').unwrap();
    let region = REGIONS.iter().position(|each| *each == region).unwrap();
    let region = u8::try_from(region).unwrap() + 1;
    IpAddr::V4(Ipv4Addr::new(10, region, 0, ordinal.parse().unwrap()))
}

pub(super) fn system() -> System {
    System::new("shop").unwrap()
}

pub(super) fn database() -> Database {
    Database::new("main").unwrap()
}

pub(super) fn node(name: &str) -> Node {
    Node::new(name).unwrap()
}

pub(super) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

pub(super) fn region_of(name: &str) -> Region {
    region(name.split('-').next().unwrap())
}
