//! The words scenarios are told in; those for what the store holds are in `records.rs`.

use std::sync::Arc;
use std::time::Duration;

use standfast_agent::{Effect, EngineAnswer, EngineCall, EngineFailure, Event, GuardFailure};
use standfast_guard::protocol::{
    Ended, Event as Told, Message, PROTOCOL, Phase, Reason, Reply, Status,
};
use standfast_record::{Connection, Fork, Revision, Unanswered, View};
use standfast_replication::{
    DataFolder, FolderState, LogDirection, LogEnd, Promotion, ServerObservation, Shutdown,
    StartCommand, Surplus,
};
use standfast_units::{Epoch, Lsn, Timeline, Timestamp, parse_duration};

use super::stage::Stage;

const PID_GUARD: u32 = 6;
const PID_DATABASE: u32 = 7;

impl Stage {
    pub(super) fn say(&mut self, words: &[&str]) {
        match words {
            ["agent", name] => self.begin(name),
            ["given", "standby", name] => self.given_standby(name),
            ["given", "primary"] => self.given_primary(),
            ["wait", span] => self.wait(duration(span)),
            ["renewing", span] => self.renew(duration(span)),
            ["freeze", span] => self.freeze(duration(span)),
            ["tick"] => self.step(Event::Tick),
            ["shutdown"] => self.step(Event::Shutdown),
            ["routine"] => self.routine = true,
            ["no", "routine"] => self.routine = false,
            ["seen"] => self.show(Connection::Connected),
            ["lost"] => self.show(Connection::Lost),
            ["nothing", "seen"] => {
                let view = View::new(Revision(0), Connection::Lost, []);
                self.step(Event::View(Arc::new(view)));
            }
            ["guard", rest @ ..] => self.guard_tells(rest),
            ["database", "before", "the", "fence", rest @ ..] => {
                let fences = self.guard.fences - 1;
                self.database_answers(rest, fences);
            }
            ["database", rest @ ..] => self.database_answers(rest, self.guard.fences),
            ["no", "database"] => self.step(Event::NoDatabase),
            ["answer", rest @ ..] => {
                let text = rest.join(" ");
                let (name, result) = text.split_once(" with ").unwrap_or((&text, ""));
                let effect = self.take(name);
                let event = self.answer(effect, result);
                self.conclude(event);
            }
            ["fail", rest @ ..] => {
                let text = rest.join(" ");
                let (name, reason) = text.split_once(" because ").unwrap();
                let event = fail(&self.take(name), reason.to_owned());
                self.conclude(event);
            }
            // The store did it, and its answer is lost.
            ["unknown", name @ ..] => {
                let effect = self.take(&name.join(" "));
                let event = self.unknown(effect);
                self.conclude(event);
            }
            // The time that it was given is over.
            ["late", name @ ..] => {
                let event = late(&self.take(&name.join(" ")));
                self.conclude(event);
            }
            // The engine's answer is one to something else.
            ["confuse", name @ ..] => {
                let event = confuse(&self.take(&name.join(" ")));
                self.conclude(event);
            }
            // The last answer comes a second time.
            ["again"] => {
                let event = self.last.clone().unwrap();
                self.step(event);
            }
            _ => self.record(words),
        }
    }

    /// Beside a standby of east-1, which serves under epoch 3 on timeline 1.
    fn given_standby(&mut self, name: &str) {
        self.routine = true;
        self.begin(name);
        self.quietly(&[
            "guard running",
            "lease east-1 epoch 3 renewal 10 timeline 1 at 0/1000",
            "member east-1 primary epoch 3 timeline 1 at 0/1000",
            "controller east",
            "controller west",
            "seen",
            "database standby 1 0/1000 streaming",
            "answer engine: follow",
        ]);
    }

    /// Beside east-1, which serves under epoch 3 on timeline 1, with two standbys behind it.
    fn given_primary(&mut self) {
        self.routine = true;
        self.begin("east-1");
        self.quietly(&[
            "guard running until 4600ms label m3",
            "lease east-1 epoch 3 renewal 10 timeline 1 at 0/1000",
            "member east-2 standby timeline 1 at 0/1000 streaming",
            "member west-1 standby timeline 1 at 0/1000 streaming",
            "seen",
            "wait 1ms",
            "answer write lease",
            "answer guard: deadline",
            "seen",
            "database primary 1 0/1000",
            "answer engine: admit sessions",
            "answer engine: keep the log",
            "answer engine: provision",
            "answer engine: checkpoint",
        ]);
        assert!(self.open.is_empty(), "{:#?}", self.open);
    }

    fn show(&mut self, connection: Connection) {
        let view = self.shelf.view(connection);
        self.step(Event::View(Arc::new(view)));
    }

    fn guard_tells(&mut self, words: &[&str]) {
        let message = match words {
            ["idle"] => self.standing(Phase::Idle, None, ""),
            ["running"] => self.standing(Phase::Running, None, ""),
            ["running", "until", span, "label", label] => {
                let deadline = self.now.at.after(duration(span));
                self.standing(Phase::Running, Some(deadline), label)
            }
            ["exited"] => Message::Event(Told::Exited {
                pid: PID_DATABASE,
                status: Ended::Exit(0),
            }),
            ["fenced", reason] => Message::Event(Told::Fenced {
                reason: match *reason {
                    "asked" => Reason::Asked("by the agent".to_owned()),
                    "ended" => Reason::Ended,
                    "late-stop" => Reason::StopTimeout,
                    "deadline" => Reason::Deadline,
                    _ => panic!("no guard fences for {reason}"),
                },
                took: Duration::from_millis(11),
                killed: 0,
            }),
            ["lost"] => {
                self.guard.lose();
                return self.step(Event::Guard(self.guard.clone()));
            }
            // The agent does not look before the guard has said something again.
            ["lost", "unnoticed"] => return self.guard.lose(),
            _ => panic!("no guard is {words:?}"),
        };
        self.hear(&message);
    }

    fn standing(&self, state: Phase, deadline: Option<Timestamp>, label: &str) -> Message {
        let runs = state == Phase::Running;
        Message::Reply(Reply::State(Status {
            state,
            pid: runs.then_some(PID_DATABASE),
            started_at: runs.then_some(self.now.at),
            deadline,
            label: label.to_owned(),
            last_exit: None,
            last_fence: None,
            guard_pid: PID_GUARD,
            protocol: PROTOCOL,
        }))
    }

    fn database_answers(&mut self, words: &[&str], fences: u64) {
        let seen = match words {
            ["silent"] => ServerObservation::Silent {
                reason: "it does not answer".to_owned(),
            },
            ["busy"] => ServerObservation::Busy {
                reason: "it recovers".to_owned(),
            },
            ["standby", number, at, rest @ ..] => ServerObservation::Standby {
                timeline: timeline(number),
                received: lsn(at),
                replayed: lsn(at),
                streaming: rest.contains(&"streaming"),
            },
            ["primary", number, at] => ServerObservation::Primary {
                timeline: timeline(number),
                position: lsn(at),
                followers: Vec::new(),
            },
            _ => panic!("no database is {words:?}"),
        };
        self.step(Event::Database { seen, fences });
    }

    /// It is carried out, and comes to `result` where there is a choice.
    fn answer(&mut self, effect: Effect, result: &str) -> Event {
        match effect {
            Effect::Read { ticket, key } => Event::Read {
                ticket,
                read: Ok(self.shelf.read(&key)),
            },
            Effect::Transact {
                ticket,
                transaction,
            } => Event::Transacted {
                ticket,
                transacted: Ok(self.shelf.transact(&transaction)),
            },
            Effect::AskGuard {
                ticket, request, ..
            } => {
                self.guard.asked(&request);
                let answer = Ok(Reply::Ok);
                Event::GuardAnswered { ticket, answer }
            }
            Effect::AskEngine { ticket, call, .. } => Event::EngineAnswered {
                ticket,
                answer: Ok(engine_answer(&call, result)),
            },
            Effect::KillGuard | Effect::Abandon(_) | Effect::Observe(_) | Effect::Exit => {
                panic!("{effect:?} has no answer")
            }
        }
    }

    /// It is carried out, and comes to nothing in particular.
    pub(super) fn carry_out(&mut self, effect: Effect) -> Event {
        self.answer(effect, "")
    }

    fn unknown(&mut self, effect: Effect) -> Event {
        let Effect::Transact {
            ticket,
            transaction,
        } = effect
        else {
            panic!("only of a transaction it is not known whether it was done");
        };
        self.shelf.transact(&transaction);
        let reason = "no answer came".to_owned();
        Event::Transacted {
            ticket,
            transacted: Err(Unanswered::Unknown { reason }),
        }
    }
}

fn fail(effect: &Effect, reason: String) -> Event {
    match effect {
        Effect::Read { ticket, .. } => Event::Read {
            ticket: *ticket,
            read: Err(Unanswered::NotDone { reason }),
        },
        Effect::Transact { ticket, .. } => Event::Transacted {
            ticket: *ticket,
            transacted: Err(Unanswered::NotDone { reason }),
        },
        Effect::AskGuard { ticket, .. } => Event::GuardAnswered {
            ticket: *ticket,
            answer: Err(GuardFailure::Refused(reason)),
        },
        Effect::AskEngine { ticket, .. } => Event::EngineAnswered {
            ticket: *ticket,
            answer: Err(EngineFailure::Failed { reason }),
        },
        Effect::KillGuard | Effect::Abandon(_) | Effect::Observe(_) | Effect::Exit => {
            panic!("{effect:?} has no answer")
        }
    }
}

fn late(effect: &Effect) -> Event {
    match effect {
        Effect::AskGuard { ticket, .. } => Event::GuardAnswered {
            ticket: *ticket,
            answer: Err(GuardFailure::Gone),
        },
        Effect::AskEngine {
            ticket,
            within: Some(_),
            ..
        } => Event::EngineAnswered {
            ticket: *ticket,
            answer: Err(EngineFailure::Late),
        },
        _ => panic!("{effect:?} is waited for as long as it takes"),
    }
}

fn confuse(effect: &Effect) -> Event {
    let Effect::AskEngine { ticket, .. } = effect else {
        panic!("only the engine's answers are mixed up");
    };
    Event::EngineAnswered {
        ticket: *ticket,
        answer: Ok(EngineAnswer::Done),
    }
}

fn engine_answer(call: &EngineCall, result: &str) -> EngineAnswer {
    let words: Vec<&str> = result.split_whitespace().collect();
    match (call, &words[..]) {
        (EngineCall::Folder, words) => EngineAnswer::Folder(folder(words)),
        (EngineCall::LogEnd, [number, at]) => EngineAnswer::LogEnd(LogEnd {
            timeline: timeline(number),
            position: lsn(at),
        }),
        (EngineCall::SetUp(_), []) => EngineAnswer::Command(StartCommand {
            program: "/bin/database".into(),
            arguments: vec!["-D".to_owned(), "/data".to_owned()],
        }),
        (EngineCall::Promote { .. }, [at]) => {
            let at = fork(at);
            EngineAnswer::Promotion(Promotion {
                parent: at.parent,
                timeline: at.timeline,
                fork: at.position,
            })
        }
        (EngineCall::Surplus { fork, .. }, [end, count, "transactions"]) => {
            let end = lsn(end);
            EngineAnswer::Surplus(Surplus {
                end,
                bytes: end.since(*fork),
                transactions: count.parse().unwrap(),
                commits: Vec::new(),
            })
        }
        (
            EngineCall::Initialise
            | EngineCall::Provision
            | EngineCall::AdmitSessions
            | EngineCall::EndSessions
            | EngineCall::Checkpoint
            | EngineCall::Follow(_)
            | EngineCall::KeepLogFor(_)
            | EngineCall::Rewind(_)
            | EngineCall::Clone(_),
            [],
        ) => EngineAnswer::Done,
        _ => panic!("{call:?} does not come to {result:?}"),
    }
}

fn folder(words: &[&str]) -> DataFolder {
    let (set_up_as, number, checkpoint) = match words {
        ["absent"] => return DataFolder::Absent,
        ["incomplete"] => return DataFolder::Incomplete,
        ["primary", number, checkpoint] => (LogDirection::Primary, number, checkpoint),
        ["standby", number, checkpoint] => (LogDirection::Standby, number, checkpoint),
        _ => panic!("no folder is {words:?}"),
    };
    DataFolder::Ready(FolderState {
        system_identifier: 1,
        timeline: timeline(number),
        set_up_as,
        shutdown: Shutdown::Clean,
        checkpoint: lsn(checkpoint),
    })
}

/// `1>2@0/1000`: timeline 2 leaves timeline 1 at 0/1000.
pub(super) fn fork(text: &str) -> Fork {
    let (timelines, position) = text.split_once('@').unwrap();
    let (parent, child) = timelines.split_once('>').unwrap();
    Fork {
        parent: timeline(parent),
        timeline: timeline(child),
        position: lsn(position),
    }
}

pub(super) fn duration(text: &str) -> Duration {
    parse_duration(text).unwrap()
}

pub(super) fn epoch(text: &str) -> Epoch {
    Epoch::new(text.parse().unwrap())
}

pub(super) fn timeline(text: &str) -> Timeline {
    text.parse().unwrap()
}

pub(super) fn lsn(text: &str) -> Lsn {
    text.parse().unwrap()
}
