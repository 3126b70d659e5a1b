//! The steps that scenarios are told in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use standfast_controller::Event;
use standfast_record::{
    Connection, Lease, LeaseState, Member, Request, RequestKind, RequestState, Role, Step,
    Succession, SuccessionKind, Writer, key,
};
use standfast_units::{Epoch, Timeline, parse_duration};

use super::stage::{Ending, Stage, address, database, node, region, system};

impl Stage {
    pub(super) fn say(&mut self, words: &[&str]) {
        match words {
            ["controller", name] => self.begin(name),
            ["given", "controller", name] => self.given(name),
            ["wait", span] => self.wait(duration(span)),
            ["seen"] => self.show(Connection::Connected),
            ["lost"] => self.show(Connection::Lost),
            ["probed", rest @ ..] => self.probed(rest),
            ["answer", "all"] => self.end_all(),
            ["answer", name @ ..] => self.end(&name.join(" "), Ending::Answered),
            ["unknown", name @ ..] => self.end(&name.join(" "), Ending::Unknown),
            ["fail", rest @ ..] => {
                let text = rest.join(" ");
                let (name, reason) = text.split_once(": ").unwrap();
                self.end(name, Ending::Failed(reason));
            }
            ["routine"] => self.routine = true,
            ["again"] => self.again(),
            _ => self.record(words),
        }
    }

    /// East-1 serves under epoch 3, west-1 follows, and the writer name means east-1.
    fn given(&mut self, name: &str) {
        self.routine = true;
        self.begin(name);
        self.quietly(&[
            "lease east-1 epoch 3",
            "member east-1 primary epoch 3",
            "member west-1 standby streaming",
            "writer east-1 epoch 3",
            "seen",
        ]);
    }

    fn show(&mut self, connection: Connection) {
        let view = self.shelf.view(connection);
        self.step(Event::View(Arc::new(view)));
    }

    fn probed(&mut self, words: &[&str]) {
        let reachable: BTreeMap<_, _> = words
            .chunks(2)
            .map(|pair| (node(pair[0]), pair[1] == "yes"))
            .collect();
        self.step(Event::Probed(reachable));
    }

    /// The store holds a record from now on; the mirror shows it with `seen`.
    fn record(&mut self, words: &[&str]) {
        match words {
            ["lease", holder, "epoch", epoch, rest @ ..] => {
                let key = key::lease(&system(), &database());
                self.shelf.set(key, &lease(holder, epoch, rest));
            }
            ["member", name, rest @ ..] => {
                let key = key::member(&system(), &database(), &node(name));
                self.shelf.set(key, &self.member(name, rest));
            }
            ["member-gone", name] => {
                let key = key::member(&system(), &database(), &node(name));
                self.shelf.remove(&key);
            }
            ["published"] => self.shelf.touch(&key::members(&system(), &database())),
            ["writer", name, "epoch", number] => {
                let writer = Writer {
                    epoch: epoch(number),
                    node: node(name),
                    address: address(10, name),
                    port: 5432,
                };
                let key = key::writer(&system(), &database());
                self.shelf.set(key, &writer);
            }
            ["succession", number, name, kind, rest @ ..] => {
                let succession = self.succession(number, name, kind, rest);
                let key = key::succession(&system(), &database(), epoch(number));
                self.shelf.set(key, &succession);
            }
            ["request", kind, to, rest @ ..] => {
                let request = self.request(kind, to, rest);
                let key = key::request(&system(), &database());
                self.shelf.set(key, &request);
            }
            ["broken", "lease"] => self.break_at(key::lease(&system(), &database())),
            ["broken", "writer"] => self.break_at(key::writer(&system(), &database())),
            ["broken", "request"] => self.break_at(key::request(&system(), &database())),
            ["broken", "member", name] => {
                self.break_at(key::member(&system(), &database(), &node(name)));
            }
            ["stands", "request"] => {
                let key = key::request(&system(), &database());
                let request: Request = self.shelf.record(&key).unwrap();
                self.tell(&format!("the request stands as {:?}", request.state));
            }
            _ => panic!("no word means {words:?}"),
        }
    }

    fn break_at(&mut self, key: String) {
        self.shelf.set(key, &"not a record");
    }

    fn member(&self, name: &str, words: &[&str]) -> Member {
        let (role, epoch) = match words {
            ["primary", "epoch", number] => (Role::Primary, Some(epoch(number))),
            ["standby", ..] => (Role::Standby, None),
            ["none"] => (Role::None, None),
            _ => panic!("no member is {words:?}"),
        };
        Member {
            node: node(name),
            region: region(name.split('-').next().unwrap()),
            zone: "a".to_owned(),
            address: address(10, name),
            port: 5432,
            published: 1,
            published_at: self.now.wall,
            role,
            state: "leading".to_owned(),
            epoch,
            timeline: Some(Timeline::FIRST),
            position: None,
            replayed: None,
            lag_bytes: None,
            lag_time: None,
            streaming: words.contains(&"streaming"),
            pid_agent: 1,
            pid_guard: None,
            pid_database: None,
            holds: Vec::new(),
        }
    }

    fn succession(&self, number: &str, name: &str, kind: &str, words: &[&str]) -> Succession {
        let loss_max = match words {
            ["losing", span] => Some(duration(span)),
            _ => None,
        };
        Succession {
            epoch: epoch(number),
            node: node(name),
            region: region(name.split('-').next().unwrap()),
            kind: match kind {
                "switchover" => SuccessionKind::Switchover,
                "failover" => SuccessionKind::Failover,
                _ => panic!("no succession is a {kind}"),
            },
            cause: "region lost".to_owned(),
            evidence: Vec::new(),
            loss_max,
            fork: None,
            steps: BTreeMap::from([(Step::Fenced, self.now.wall)]),
        }
    }

    fn request(&self, kind: &str, to: &str, words: &[&str]) -> Request {
        let to = region(to);
        Request {
            id: "r1".to_owned(),
            kind: match kind {
                "switchover" => RequestKind::Switchover { to },
                "failover" => RequestKind::Failover {
                    to,
                    accept_loss: None,
                },
                _ => panic!("no request is a {kind}"),
            },
            asked_by: "ann@desk".to_owned(),
            asked_at: self.now.wall,
            expires_at: self.now.wall,
            state: match words {
                [] => RequestState::Open,
                ["begun"] => RequestState::Begun,
                _ => panic!("no request is {words:?}"),
            },
        }
    }
}

fn lease(holder: &str, number: &str, words: &[&str]) -> Lease {
    Lease {
        epoch: epoch(number),
        holder: node(holder),
        incarnation: format!("m{number}"),
        renewal: 1,
        state: match words {
            [] => LeaseState::Held,
            ["released"] => LeaseState::Released {
                position: None,
                to: None,
            },
            _ => panic!("no lease is {words:?}"),
        },
        timeline: Timeline::FIRST,
        timeline_reserved: Timeline::FIRST,
        position: None,
    }
}

fn epoch(number: &str) -> Epoch {
    Epoch::new(number.parse().unwrap())
}

fn duration(text: &str) -> Duration {
    parse_duration(text).unwrap()
}
