//! The words for what other parties write to the store. The mirror shows it with `seen`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use standfast_record::{
    Controller, Lease, LeaseState, Member, Pause, Position, Request, RequestKind, RequestState,
    Role, Step, Succession, SuccessionKind, key,
};
use standfast_units::{Epoch, Timeline, WallTime};

use super::stage::{Stage, address, database, node, region, region_of, system};
use super::vocabulary::{epoch, fork, lsn, timeline};

/// As the command asks for it.
const REQUEST_LASTS: Duration = Duration::from_secs(90);

impl Stage {
    pub(super) fn record(&mut self, words: &[&str]) {
        match words {
            ["lease", rest @ ..] => {
                let lease = self.lease(rest);
                self.shelf.set(lease_key(), &lease);
            }
            ["member", name, rest @ ..] => {
                let member = self.member(name, rest);
                self.shelf.set(member_key(name), &member);
            }
            ["controller", name, rest @ ..] => {
                let controller = self.controller(name, rest);
                let key = key::controller(&system(), &region(name));
                self.shelf.set(key, &controller);
            }
            ["succession", number, name, kind, rest @ ..] => {
                let succession = self.succession(number, name, kind, rest);
                self.shelf.set(succession_key(number), &succession);
            }
            ["request", "none"] => self.shelf.remove(&request_key()),
            ["request", id, kind, to, rest @ ..] => {
                let request = self.request(id, kind, to, rest);
                self.shelf.set(request_key(), &request);
            }
            ["paused"] => {
                let pause = Pause {
                    asked_by: "ann@desk".to_owned(),
                    asked_at: self.now.wall,
                    reason: None,
                };
                self.shelf.set(key::pause(&system()), &pause);
            }
            ["resumed"] => self.shelf.remove(&key::pause(&system())),
            ["broken", "lease"] => self.break_at(lease_key()),
            ["broken", "request"] => self.break_at(request_key()),
            ["broken", "member", name] => self.break_at(member_key(name)),
            ["broken", "succession", number] => self.break_at(succession_key(number)),
            ["stands", "request"] => {
                let request: Request = self.shelf.record(&request_key()).unwrap();
                self.tell(&format!("{} stands as {:?}", request.id, request.state));
            }
            ["stands", "succession", number] => {
                let succession: Option<Succession> = self.shelf.record(&succession_key(number));
                let fork = succession.and_then(|each| each.fork);
                let fork = fork.map_or("no fork".to_owned(), |at| {
                    format!("fork {}>{}@{}", at.parent, at.timeline, at.position)
                });
                self.tell(&format!("succession {number} stands with {fork}"));
            }
            _ => panic!("no word means {words:?}"),
        }
    }

    fn break_at(&mut self, key: String) {
        self.shelf.set(key, &"not a record");
    }

    /// Changes the record of the right to write, or begins it.
    fn lease(&self, words: &[&str]) -> Lease {
        let mut lease = self.shelf.record(&lease_key()).unwrap_or(Lease {
            epoch: Epoch::new(3),
            holder: node("east-1"),
            incarnation: "m3".to_owned(),
            renewal: 0,
            state: LeaseState::Held,
            timeline: Timeline::FIRST,
            timeline_reserved: Timeline::FIRST,
            position: None,
        });
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap();
            match word {
                "epoch" => {
                    lease.epoch = epoch(value());
                    lease.incarnation = format!("m{}", lease.epoch);
                    lease.state = LeaseState::Held;
                    lease.renewal = 0;
                }
                "renewal" => lease.renewal = value().parse().unwrap(),
                "renewed" => lease.renewal += 1,
                "timeline" => {
                    lease.timeline = timeline(value());
                    lease.timeline_reserved = lease.timeline_reserved.max(lease.timeline);
                }
                "at" => {
                    lease.position = Some(Position {
                        timeline: lease.timeline,
                        lsn: lsn(value()),
                        renewal: lease.renewal,
                    });
                }
                "released" => {
                    lease.state = LeaseState::Released {
                        position: None,
                        to: None,
                    };
                }
                "end" | "to" => {
                    let LeaseState::Released { position, to } = &mut lease.state else {
                        panic!("only a released right has an end and a successor");
                    };
                    if word == "end" {
                        *position = Some(lsn(value()));
                    } else {
                        *to = Some(node(value()));
                    }
                }
                holder => lease.holder = node(holder),
            }
        }
        lease
    }

    fn member(&self, name: &str, words: &[&str]) -> Member {
        let mut member = Member {
            node: node(name),
            region: region_of(name),
            zone: "a".to_owned(),
            address: address(name),
            port: 5432,
            published: self.shelf.revision(),
            published_at: self.now.wall,
            role: Role::None,
            state: "following".to_owned(),
            epoch: None,
            timeline: None,
            position: None,
            replayed: None,
            lag_bytes: None,
            lag_time: None,
            streaming: false,
            pid_agent: 1,
            pid_guard: None,
            pid_database: None,
            holds: Vec::new(),
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            match word {
                "primary" => member.role = Role::Primary,
                "standby" => member.role = Role::Standby,
                "epoch" => member.epoch = words.next().map(epoch),
                "timeline" => member.timeline = words.next().map(timeline),
                "at" => member.position = words.next().map(lsn),
                "streaming" => member.streaming = true,
                "down" => {}
                _ => panic!("a member knows no {word}"),
            }
        }
        member
    }

    fn controller(&self, name: &str, words: &[&str]) -> Controller {
        let unreachable = words.strip_prefix(&["unreachable"]).unwrap_or(words);
        Controller {
            region: region(name),
            published: self.shelf.revision(),
            published_at: self.now.wall,
            pid: 1,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port_dns: 53,
            port_proxy: BTreeMap::new(),
            reachable: unreachable.iter().map(|each| (node(each), false)).collect(),
            diagnosis: BTreeMap::new(),
        }
    }

    fn succession(&self, number: &str, name: &str, kind: &str, words: &[&str]) -> Succession {
        Succession {
            epoch: epoch(number),
            node: node(name),
            region: region_of(name),
            kind: match kind {
                "switchover" => SuccessionKind::Switchover,
                "failover" => SuccessionKind::Failover,
                _ => panic!("no succession is a {kind}"),
            },
            cause: "region lost".to_owned(),
            evidence: Vec::new(),
            loss_max: None,
            fork: match words {
                ["fork", at] => Some(fork(at)),
                _ => None,
            },
            steps: BTreeMap::from([(Step::Fenced, self.now.wall)]),
        }
    }

    fn request(&self, id: &str, kind: &str, to: &str, words: &[&str]) -> Request {
        let to = region(to);
        let now = self.now.wall;
        Request {
            id: id.to_owned(),
            kind: match kind {
                "switchover" => RequestKind::Switchover { to },
                "failover" => RequestKind::Failover {
                    to,
                    accept_loss: None,
                },
                _ => panic!("no request is a {kind}"),
            },
            asked_by: "ann@desk".to_owned(),
            asked_at: now,
            expires_at: later(now, REQUEST_LASTS),
            state: match words {
                [] => RequestState::Open,
                ["begun"] => RequestState::Begun,
                ["done", number] => RequestState::Done {
                    epoch: epoch(number),
                },
                ["refused", reason @ ..] => RequestState::Refused {
                    reason: reason.join(" "),
                },
                _ => panic!("no request is {words:?}"),
            },
        }
    }
}

fn later(wall: WallTime, span: Duration) -> WallTime {
    let span = u64::try_from(span.as_millis()).unwrap();
    WallTime::from_unix_ms(wall.as_unix_ms() + span)
}

fn lease_key() -> String {
    key::lease(&system(), &database())
}

fn request_key() -> String {
    key::request(&system(), &database())
}

fn member_key(name: &str) -> String {
    key::member(&system(), &database(), &node(name))
}

fn succession_key(number: &str) -> String {
    key::succession(&system(), &database(), epoch(number))
}
