//! The words scenarios are told in.

use std::time::Duration;

use standfast_failover::{
    Database, DatabaseOutcome, Folder, Guard, Input, Mode, Observation, OperatorRequest, Outcome,
    Peer, RedirectInput, RightOutcome, Serving, Store,
};
use standfast_record::{
    Fork, Lease, LeaseState, Position, RequestKind, RequestState, Revision, Role,
};
use standfast_units::{Epoch, Lsn, Timeline, parse_duration};

use super::stage::{Stage, node, region};

impl Stage {
    pub(super) fn say(&mut self, words: &[&str]) {
        match words {
            ["setting", name, value] => self.setting(name, value),
            ["nodes", ..] => {
                let known = ["east-1", "east-2", "west-1", "west-2"];
                self.nodes = known
                    .into_iter()
                    .filter(|each| words[1..].contains(each))
                    .collect();
            }
            ["member", name] => self.begin_member(name),
            ["region", name] => self.begin_region(name),
            ["given", "standby", name] => self.given_standby(name),
            ["given", "primary"] => self.given_primary(),
            ["wait", span] => self.wait(duration(span)),
            ["served", span] => self.served(duration(span)),
            ["renewing", span] => self.renewing(duration(span)),
            ["done", rest @ ..] => {
                let outcome = self.outcome(rest);
                self.step(Input::Done(outcome));
            }
            ["no", "lease"] => self.see_lease(None),
            ["lease", "mine"] => {
                let mut lease = self.wanted.clone().unwrap();
                if lease.incarnation.is_empty() {
                    lease.incarnation = format!("m{}", lease.epoch);
                }
                self.see_lease(Some(lease));
            }
            ["lease", rest @ ..] => {
                let lease = self.lease_of(rest);
                self.see_lease(Some(lease));
            }
            [
                "serving" | "not-serving" | "writer" | "verified" | "not-verified" | "redirected"
                | "not-redirected" | "tick",
                ..,
            ] => self.region_word(words),
            _ => {
                let seen = self.observation(words);
                self.step(Input::Observed(seen));
            }
        }
    }

    fn setting(&mut self, name: &str, value: &str) {
        let timings = &mut self.timings;
        match name {
            "hold-down" => timings.hold_down = duration(value),
            "cool-down" => timings.cool_down = duration(value),
            "max-loss" => timings.max_loss = duration(value),
            "mode" => {
                self.mode = match value {
                    "automatic" => Mode::Automatic,
                    "approve" => Mode::Approve,
                    _ => Mode::Manual,
                }
            }
            _ => panic!("there is no setting {name}"),
        }
    }

    /// A member that follows east-1, which serves under epoch 3 on timeline 1.
    fn given_standby(&mut self, name: &str) {
        self.begin_member(name);
        self.quietly(&[
            "store reached",
            "guard running",
            "controller east",
            "controller west",
            "peer east-1 primary epoch 3 timeline 1 at 0/1000",
            "lease east-1 epoch 3 timeline 1 renewal 10 at 0/1000",
            "database standby 1 0/1000 streaming",
            "done completed",
            "database standby 1 0/1000 streaming",
        ]);
    }

    /// East-1, which serves under epoch 3 on timeline 1, with two standbys behind it.
    fn given_primary(&mut self) {
        self.begin_member("east-1");
        self.quietly(&[
            "store reached",
            "lease east-1 epoch 3 timeline 1 renewal 10 at 0/1000",
            "guard running until 4600ms label m3",
            "wait 1ms",
            "done renewed",
            "lease mine",
            "database primary 1 0/1000",
            "done completed",
            "peer east-2 standby timeline 1 at 0/1000 streaming",
            "peer west-1 standby timeline 1 at 0/1000 streaming",
        ]);
    }

    /// East-1 renews and says that it serves, for so long.
    fn served(&mut self, span: Duration) {
        for _ in 0..span.as_secs() {
            self.wait(Duration::from_secs(1));
            self.say(&["lease", "renewed"]);
            self.say(&["peer", "east-1", "primary", "epoch", "3", "timeline", "1"]);
        }
    }

    /// Every renewal that is asked for is granted, for so long.
    fn renewing(&mut self, span: Duration) {
        let end = self.now.after(span);
        self.renewing = true;
        while self.now < end {
            self.wait(Duration::from_millis(100));
            if std::mem::take(&mut self.renewal_asked) {
                self.say(&["done", "renewed"]);
                self.revision += 1;
            }
        }
        self.renewing = false;
    }

    fn lease_of(&self, words: &[&str]) -> Lease {
        let mut lease = self.last_lease();
        let mut words = words.iter().copied().peekable();
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
                "renewed" => {
                    lease.renewal += 1;
                    if let Some(position) = &mut lease.position {
                        position.renewal = lease.renewal;
                    }
                }
                // The holder renews, but its server does not answer it.
                "renewed-unasked" => lease.renewal += 1,
                "timeline" => {
                    lease.timeline = timeline(value());
                    lease.timeline_reserved = lease.timeline_reserved.max(lease.timeline);
                }
                "at" => {
                    let lsn = lsn(value());
                    lease.position = Some(Position {
                        timeline: lease.timeline,
                        lsn,
                        renewal: lease.renewal,
                    });
                }
                "unpublished" => lease.position = None,
                "released" => {
                    lease.state = LeaseState::Released {
                        position: None,
                        to: None,
                    }
                }
                "end" | "to" => {
                    let LeaseState::Released { position, to } = &mut lease.state else {
                        panic!("only a released lease has an end and a successor");
                    };
                    if word == "end" {
                        *position = Some(lsn(words.next().unwrap()));
                    } else {
                        *to = Some(node(words.next().unwrap()));
                    }
                }
                "touched" => {}
                holder => lease.holder = node(holder),
            }
        }
        lease
    }

    fn observation(&mut self, words: &[&str]) -> Observation {
        match words {
            ["store", "reached"] => Observation::Store(Store::Reached),
            ["store", "lost"] => Observation::Store(Store::Lost),
            ["guard", "idle"] => Observation::Guard(Guard::Idle),
            ["guard", "running"] => Observation::Guard(Guard::Running { armed: None }),
            ["guard", "running", "until", span, "label", label] => {
                let armed = Some((self.now.after(duration(span)), (*label).to_owned()));
                Observation::Guard(Guard::Running { armed })
            }
            ["database", rest @ ..] => Observation::Database(database(rest)),
            ["peer", name, rest @ ..] => Observation::Peer(self.peer(name, rest)),
            ["controller", name, rest @ ..] => Observation::Controller {
                region: region(name),
                unreachable: rest.iter().skip(1).map(|each| node(each)).collect(),
            },
            ["forks", rest @ ..] => {
                Observation::Forks(rest.iter().map(|each| fork(each)).collect())
            }
            ["last", "failover", span, "ago"] => {
                Observation::LastFailover(Some(self.now.before(duration(span))))
            }
            ["request", "none"] => Observation::Request(None),
            ["request", rest @ ..] => Observation::Request(Some(self.request(rest))),
            ["paused"] => Observation::Paused(true),
            ["resumed"] => Observation::Paused(false),
            ["shutdown"] => Observation::Shutdown,
            _ => panic!("nobody understands `{}`", words.join(" ")),
        }
    }

    fn peer(&mut self, name: &str, words: &[&str]) -> Peer {
        self.published += 1;
        let mut peer = Peer {
            node: node(name),
            published: self.published,
            role: Role::None,
            epoch: None,
            timeline: None,
            position: None,
            streaming: false,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            match word {
                "primary" => peer.role = Role::Primary,
                "standby" => peer.role = Role::Standby,
                "epoch" => peer.epoch = words.next().map(epoch),
                "timeline" => peer.timeline = words.next().map(timeline),
                "at" => peer.position = words.next().map(lsn),
                "streaming" => peer.streaming = true,
                "down" => {}
                _ => panic!("a peer knows no `{word}`"),
            }
        }
        peer
    }

    fn request(&mut self, words: &[&str]) -> OperatorRequest {
        let begun = words.last() == Some(&"begun");
        if !begun {
            self.requests += 1;
        }
        let words = words.strip_suffix(&["begun"]).unwrap_or(words);
        let kind = match words {
            ["switchover", to] => RequestKind::Switchover { to: region(to) },
            ["failover", to] => RequestKind::Failover {
                to: region(to),
                accept_loss: None,
            },
            ["failover", to, "accept-loss", span] => RequestKind::Failover {
                to: region(to),
                accept_loss: Some(duration(span)),
            },
            _ => panic!("nobody asks for `{}`", words.join(" ")),
        };
        OperatorRequest {
            id: format!("r{}", self.requests),
            kind,
            state: if begun {
                RequestState::Begun
            } else {
                RequestState::Open
            },
            // As the command asks for it.
            expires_at: self.now.after(Duration::from_secs(90)),
        }
    }

    fn outcome(&mut self, words: &[&str]) -> Outcome {
        // The answer is late: the deadline counts from when the request was sent (P2).
        let (words, sent_at) = match words {
            [rest @ .., "sent", span, "ago"] => (rest, self.now.before(duration(span))),
            _ => (words, self.now),
        };
        let deadline = sent_at.after(self.timings.self_fence_after);
        Outcome::Right(match words {
            ["acquired"] => {
                let epoch = self.wanted.as_ref().map(|lease| lease.epoch).unwrap();
                RightOutcome::Acquired {
                    incarnation: format!("m{epoch}"),
                    revision: Revision(self.revision + 1),
                    deadline,
                }
            }
            ["not-acquired"] => RightOutcome::NotAcquired,
            ["nobody", "knows"] => RightOutcome::AcquisitionUnknown,
            ["renewed"] => RightOutcome::Renewed {
                revision: Revision(self.revision + 1),
                renewal: self.wanted.as_ref().map(|lease| lease.renewal).unwrap(),
                deadline,
            },
            ["not-renewed"] => RightOutcome::NotRenewed,
            ["released"] => RightOutcome::Released,
            ["not-released"] => RightOutcome::NotReleased,
            _ => return Outcome::Database(database_outcome(words)),
        })
    }

    fn region_word(&mut self, words: &[&str]) {
        let input = match words {
            ["tick"] => RedirectInput::Tick,
            ["serving", name, "epoch", number] => RedirectInput::Serving(Some(Serving {
                epoch: epoch(number),
                node: node(name),
                region: region(name.split('-').next().unwrap()),
            })),
            ["not-serving"] => RedirectInput::Serving(None),
            ["writer", number] => RedirectInput::Writer(epoch(number)),
            ["verified", number] => RedirectInput::Verified(epoch(number)),
            ["not-verified", number] => RedirectInput::NotVerified {
                epoch: epoch(number),
                reason: "no write was accepted".to_owned(),
            },
            ["redirected", number] => RedirectInput::Redirected(epoch(number)),
            ["not-redirected", number] => RedirectInput::NotRedirected(epoch(number)),
            _ => panic!("a region does not understand `{}`", words.join(" ")),
        };
        if words == ["tick"] {
            self.now = self.now.after(Duration::from_secs(1));
        }
        self.step_region(input);
    }
}

fn database_outcome(words: &[&str]) -> DatabaseOutcome {
    match words {
        ["inspected", rest @ ..] => DatabaseOutcome::Inspected(folder(rest)),
        ["completed"] => DatabaseOutcome::Completed,
        ["promoted", at] => DatabaseOutcome::Promoted { fork: fork(at) },
        ["stepped-down", at] => DatabaseOutcome::SteppedDown { position: lsn(at) },
        ["fenced"] => DatabaseOutcome::Fenced,
        ["failed", why @ ..] => DatabaseOutcome::Failed {
            reason: why.join(" "),
        },
        _ => panic!("nothing ends with `{}`", words.join(" ")),
    }
}

fn database(words: &[&str]) -> Database {
    match words {
        ["silent"] => Database::Silent,
        ["busy"] => Database::Busy,
        ["standby", number, at, rest @ ..] => Database::Standby {
            timeline: timeline(number),
            received: lsn(at),
            streaming: rest.contains(&"streaming"),
        },
        ["primary", number, at] => Database::Primary {
            timeline: timeline(number),
            position: lsn(at),
        },
        _ => panic!("no database is `{}`", words.join(" ")),
    }
}

fn folder(words: &[&str]) -> Folder {
    match words {
        ["absent"] => Folder::Absent,
        ["incomplete"] => Folder::Incomplete,
        ["primary", number, at] => Folder::Primary {
            timeline: timeline(number),
            end: lsn(at),
        },
        ["standby", number, at] => Folder::Standby {
            timeline: timeline(number),
            end: lsn(at),
        },
        _ => panic!("no folder is `{}`", words.join(" ")),
    }
}

/// `1>2@0/1000`: timeline 2 leaves timeline 1 at 0/1000.
fn fork(text: &str) -> Fork {
    let (timelines, position) = text.split_once('@').unwrap();
    let (parent, child) = timelines.split_once('>').unwrap();
    Fork {
        parent: timeline(parent),
        timeline: timeline(child),
        position: lsn(position),
    }
}

fn duration(text: &str) -> Duration {
    parse_duration(text).unwrap()
}

fn epoch(text: &str) -> Epoch {
    Epoch::new(text.parse().unwrap())
}

fn timeline(text: &str) -> Timeline {
    text.parse().unwrap()
}

fn lsn(text: &str) -> Lsn {
    text.parse().unwrap()
}
