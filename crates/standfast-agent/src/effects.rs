//! Carries out what the agent wants done. No choice is made here: each effect is done or it is not, and
//! its answer goes back.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use standfast_coordination::Store;
use standfast_failover::Pace;
use standfast_guard::protocol::Request;
use standfast_record::Unanswered;
use standfast_replication::{Engine, Error};
use standfast_units::chain;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::effect::{Effect, EngineCall};
use crate::event::{EngineAnswer, EngineFailure, Event, GuardFailure};
use crate::guard::GuardHandle;
use crate::observer;
use crate::ticket::Ticket;

/// Answers that may wait for the agent: each source has at most a few under way.
const ANSWERS_MAX: usize = 64;

/// How long an agent that ends waits for what it has asked for last, and its guard to end. It ends without.
const PUT_DOWN_WITHIN: Duration = Duration::from_secs(1);

/// Whether the agent goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    GoesOn,
    Ends,
}

/// Everything effects are carried out with.
#[derive(Debug)]
pub(crate) struct Hands<S, E> {
    store: S,
    engine: E,
    guard: GuardHandle,
    answers: mpsc::Sender<Event>,
    pace: watch::Sender<Pace>,
    tasks: JoinSet<()>,
    /// The tasks that run, so that they can be cut off.
    running: BTreeMap<Ticket, AbortHandle>,
}

impl<S: Store, E: Engine> Hands<S, E> {
    /// Begins to observe the database.
    pub(crate) fn new(store: S, engine: E, guard: GuardHandle) -> (Self, mpsc::Receiver<Event>) {
        let (answers, heard) = mpsc::channel(ANSWERS_MAX);
        let (pace, paced) = watch::channel(Pace::Calm);
        tokio::spawn(observer::run(
            engine.clone(),
            guard.clone(),
            paced,
            answers.clone(),
        ));
        let hands = Self {
            store,
            engine,
            guard,
            answers,
            pace,
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
        };
        (hands, heard)
    }

    pub(crate) fn carry_out(&mut self, effects: Vec<Effect>) -> Life {
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, task| !task.is_finished());
        let mut life = Life::GoesOn;
        for effect in effects {
            if effect == Effect::Exit {
                life = Life::Ends;
            } else {
                self.begin(effect);
            }
        }
        life
    }

    fn begin(&mut self, effect: Effect) {
        match effect {
            Effect::Read { ticket, key } => {
                let store = self.store.clone();
                self.start(ticket, async move {
                    let read = store.get(&key).await;
                    let read = read.map_err(|error| Unanswered::from(&error));
                    Event::Read { ticket, read }
                });
            }
            Effect::Transact {
                ticket,
                transaction,
            } => {
                let store = self.store.clone();
                self.start(ticket, async move {
                    let transacted = store.transact(transaction).await;
                    let transacted = transacted.map_err(|error| Unanswered::from(&error));
                    Event::Transacted { ticket, transacted }
                });
            }
            Effect::AskGuard {
                ticket,
                request,
                within,
            } => {
                let guard = self.guard.clone();
                self.start(ticket, async move {
                    let asked = bounded(within, guard.ask(request)).await;
                    let answer = asked.unwrap_or(Err(GuardFailure::Gone));
                    Event::GuardAnswered { ticket, answer }
                });
            }
            Effect::KillGuard => self.guard.kill(),
            Effect::AskEngine {
                ticket,
                call,
                within,
            } => {
                let engine = self.engine.clone();
                self.start(ticket, async move {
                    let answer = match bounded(within, ask(&engine, call)).await {
                        Some(Ok(answer)) => Ok(answer),
                        Some(Err(error)) => Err(EngineFailure::Failed {
                            reason: chain(&error),
                        }),
                        None => Err(EngineFailure::Late),
                    };
                    Event::EngineAnswered { ticket, answer }
                });
            }
            Effect::Abandon(ticket) => {
                if let Some(task) = self.running.remove(&ticket) {
                    task.abort();
                }
            }
            Effect::Observe(pace) => {
                self.pace.send_replace(pace);
            }
            Effect::Exit => {}
        }
    }

    fn start(&mut self, ticket: Ticket, asked: impl Future<Output = Event> + Send + 'static) {
        let answers = self.answers.clone();
        let task = self.tasks.spawn(async move {
            let answer = asked.await;
            // The agent is ending when it does not listen.
            let _ = answers.send(answer).await;
        });
        self.running.insert(ticket, task);
    }

    /// What was asked of the store last is let through, and the guard, which runs nothing any more, ends.
    pub(crate) async fn put_down(self) {
        let quit = timeout(PUT_DOWN_WITHIN, self.guard.ask(Request::Quit));
        let _ = quit.await;
        let mut tasks = self.tasks;
        let rest = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(PUT_DOWN_WITHIN, rest).await;
    }
}

async fn bounded<F: Future>(within: Option<Duration>, future: F) -> Option<F::Output> {
    match within {
        Some(within) => timeout(within, future).await.ok(),
        None => Some(future.await),
    }
}

async fn ask<E: Engine>(engine: &E, call: EngineCall) -> Result<EngineAnswer, Error> {
    match call {
        EngineCall::Folder => engine.folder().await.map(EngineAnswer::Folder),
        EngineCall::LogEnd => engine.log_end().await.map(EngineAnswer::LogEnd),
        EngineCall::Initialise => done(engine.initialise().await),
        EngineCall::Provision => done(engine.provision().await),
        EngineCall::AdmitSessions => done(engine.admit_sessions().await),
        EngineCall::EndSessions => done(engine.end_sessions().await),
        EngineCall::Checkpoint => done(engine.checkpoint().await),
        EngineCall::SetUp(start_as) => engine.set_up(&start_as).await.map(EngineAnswer::Command),
        EngineCall::Follow(upstream) => done(engine.follow(&upstream).await),
        EngineCall::KeepLogFor(standbys) => done(engine.keep_log_for(&standbys).await),
        EngineCall::Promote { timeline, within } => engine
            .promote(timeline, within)
            .await
            .map(EngineAnswer::Promotion),
        EngineCall::Surplus {
            timeline,
            fork,
            keep_in,
        } => engine
            .surplus(timeline, fork, &keep_in)
            .await
            .map(EngineAnswer::Surplus),
        EngineCall::Rewind(upstream) => done(engine.rewind(&upstream).await),
        EngineCall::Clone(upstream) => done(engine.clone_from(&upstream).await),
    }
}

fn done(result: Result<(), Error>) -> Result<EngineAnswer, Error> {
    result.map(|()| EngineAnswer::Done)
}
