//! What a scenario is played on: one controller, its clocks, what the store holds, and what the
//! controller has asked for.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use standfast_controller::{Controller, Effect, Event, NodePlace, Settings};
use standfast_record::{Ids, Unanswered};
use standfast_scenarios::{Shelf, Stage as _};
use standfast_units::{
    Database, Moment, Node, Region, System, Timestamp, Ttl, WallTime, format_duration,
};
use standfast_zone::NameServer;

use super::{print, warnings};

const NODES: [&str; 3] = ["east-1", "east-2", "west-1"];
/// Of a line of a transcript, the indent of what goes on aside.
const COLUMNS_MAX: usize = 110;
const REGIONS: [&str; 3] = ["east", "west", "witness"];

/// How an effect ends.
#[derive(Clone, Copy)]
pub(super) enum Ending<'a> {
    /// Done, and the answer arrives.
    Answered,
    /// Not, for this reason.
    Failed(&'a str),
    /// Well, but the answer is lost.
    Unknown,
}

pub(super) struct Stage {
    pub(super) now: Moment,
    began: Timestamp,
    controller: Option<Controller>,
    pub(super) shelf: Shelf,
    /// In the order they were asked for, each with its words.
    open: VecDeque<(String, Effect)>,
    last: Option<Event>,
    /// Publications are carried out and not told of; zones are served, the journal is trimmed.
    pub(super) routine: bool,
    out: String,
}

impl standfast_scenarios::Stage for Stage {
    fn perform(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.say(&words);
    }

    fn transcript(&mut self) -> String {
        let text = std::mem::take(&mut self.out);
        if text.is_empty() {
            "nothing\n".to_owned()
        } else {
            text
        }
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
            controller: None,
            shelf: Shelf::new(),
            open: VecDeque::new(),
            last: None,
            routine: false,
            out: String::new(),
        }
    }

    pub(super) fn begin(&mut self, name: &str) {
        let settings = settings(name);
        self.controller = Some(Controller::new(settings, Ids::new(7), self.now));
        self.step(Event::Tick);
    }

    /// Plays steps that need no telling.
    pub(super) fn quietly(&mut self, lines: &[&str]) {
        for line in lines {
            self.perform(line);
        }
        self.out.clear();
    }

    /// Lets time pass, stepping whenever the controller wants to be.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now.at.after(span);
        while let Some(wake_at) = self.controller.as_ref().map(Controller::wake_at)
            && wake_at < end
        {
            self.pass_until(wake_at.max(self.now.at.after(Duration::from_millis(1))));
            self.step(Event::Tick);
        }
        self.pass_until(end);
        self.step(Event::Tick);
    }

    fn pass_until(&mut self, at: Timestamp) {
        self.now = Moment {
            at,
            wall: self.now.wall_at(at),
        };
    }

    pub(super) fn step(&mut self, event: Event) {
        let controller = self.controller.as_mut().unwrap();
        // Equal state and equal input give equal output.
        let expected = controller.clone().step(self.now, event.clone());
        let (effects, warned) = warnings::while_heard(|| controller.step(self.now, event));
        assert_eq!(effects, expected, "the same step came out otherwise");
        let at = format_duration(self.now.at.since(self.began));
        for line in warned {
            self.tell(&format!("{at}: {line}"));
        }
        let mut routine = Vec::new();
        for effect in effects {
            let words = print::effect(&effect);
            let publication = words.starts_with("publish");
            if !(publication && self.routine) {
                self.tell(&format!("{at}: {words}"));
            }
            let unticketed = matches!(effect, Effect::Serve(_) | Effect::TrimJournal { .. });
            if self.routine && (publication || unticketed) {
                routine.push(effect);
            } else {
                self.open.push_back((words, effect));
            }
        }
        for effect in routine {
            let event = self.carry_out(effect, Ending::Answered);
            self.step(event);
        }
    }

    /// Ends the oldest open effect whose words begin so.
    pub(super) fn end(&mut self, name: &str, ending: Ending<'_>) {
        let at = self
            .open
            .iter()
            .position(|(words, _)| words.starts_with(name));
        let Some((_, effect)) = at.and_then(|at| self.open.remove(at)) else {
            panic!("nothing open is called {name:?}: {:#?}", self.open);
        };
        let event = self.carry_out(effect, ending);
        self.last = Some(event.clone());
        self.step(event);
    }

    /// Ends all that is open well, and what follows from it.
    pub(super) fn end_all(&mut self) {
        while !self.open.is_empty() {
            self.end("", Ending::Answered);
        }
    }

    /// The last answer comes a second time.
    pub(super) fn again(&mut self) {
        let event = self.last.clone().unwrap();
        self.step(event);
    }

    fn carry_out(&mut self, effect: Effect, ending: Ending<'_>) -> Event {
        let unanswered = |reason: &str| Unanswered::NotDone {
            reason: reason.to_owned(),
        };
        let result = match ending {
            Ending::Answered => Ok(()),
            Ending::Failed(reason) => Err(reason.to_owned()),
            Ending::Unknown => Err("no answer came".to_owned()),
        };
        match effect {
            Effect::Read { ticket, key } => {
                let read = result.map(|()| self.shelf.read(&key));
                let read = read.map_err(|reason| unanswered(&reason));
                Event::Read { ticket, read }
            }
            Effect::Transact {
                ticket,
                transaction,
            } => {
                let transacted = match ending {
                    Ending::Answered => Ok(self.shelf.transact(&transaction)),
                    Ending::Failed(reason) => Err(unanswered(reason)),
                    Ending::Unknown => {
                        self.shelf.transact(&transaction);
                        let reason = "no answer came".to_owned();
                        Err(Unanswered::Unknown { reason })
                    }
                };
                Event::Transacted { ticket, transacted }
            }
            Effect::Verify { ticket, .. } => Event::Verified { ticket, result },
            Effect::Serve(_) => Event::Served(result),
            Effect::Tell { ticket, .. } => Event::Told { ticket, result },
            Effect::TrimJournal { .. } => Event::Trimmed {
                result: result.map(|()| 0),
            },
        }
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
                indent = "  ";
            }
            let _ = writeln!(self.out, "{indent}{rest}");
        }
    }
}

fn settings(name: &str) -> Settings {
    let nodes = NODES.map(|each| {
        let place = NodePlace {
            region: region(each.split('-').next().unwrap()),
            server: SocketAddr::new(address(192, each), 5432),
        };
        (node(each), place)
    });
    let name_servers = REGIONS.map(|each| NameServer {
        region: region(each),
        address: address(10, each),
    });
    Settings {
        system: system(),
        region: region(name),
        regions: REGIONS.map(region).to_vec(),
        pid: 42,
        address: address(10, name),
        port_dns: 53,
        port_proxy: BTreeMap::from([(database(), 6432)]),
        databases: BTreeMap::from([(database(), BTreeMap::from(nodes))]),
        zone: "shop.example".parse().unwrap(),
        ttl: Ttl::seconds(5).unwrap(),
        name_servers: name_servers.to_vec(),
        publish_every: Duration::from_secs(1),
        fresh_for: Duration::from_secs(5),
    }
}

/// `10.<region>.0.<ordinal>` is what agents publish; `192.<region>.0.<ordinal>` is where the controller
/// reaches the same server.
pub(super) fn address(network: u8, name: &str) -> IpAddr {
    let (region, ordinal) = name.split_once('-').unwrap_or((name, "53"));
    let region = REGIONS.iter().position(|each| *each == region).unwrap();
    let region = u8::try_from(region).unwrap() + 1;
    IpAddr::V4(Ipv4Addr::new(network, region, 0, ordinal.parse().unwrap()))
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
