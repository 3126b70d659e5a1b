//! Carries out what the core decided. No choice is made here: each action is done or it is not, and
//! the outcome goes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use standfast_coordination::record::{self, Step};
use standfast_coordination::{Durability, Error as StoreError, Revision, Store, Transaction, key};
use standfast_failover::{Acquisition, Action, Folder, Lease, Outcome, RequestOutcome};
use standfast_guard::protocol::{Reason, Request, Start};
use standfast_replication::{
    Engine, Error as EngineError, Folder as EngineFolder, StartAs, Stream, Upstream,
};
use standfast_units::{Epoch, Node, Timestamp};
use tracing::{info, warn};

use crate::clock;
use crate::guard::{GuardError, GuardHandle};
use crate::journal::Journal;
use crate::records;
use crate::settings::Settings;

/// How long promotion may take until the core is told; it asks again.
const PROMOTE_WITHIN: Duration = Duration::from_secs(30);

/// The orderly stop of a standby; nobody waits for it.
const STOP_STANDBY_WITHIN: Duration = Duration::from_secs(10);

/// Commits a record of the loss ledger lists; it says how many there are, and the log itself is kept.
/// About 20 KiB of the store, which has to hold every loss there ever was.
const LOSS_COMMITS_MAX: usize = 200;

/// How long a guard may take to take an order: it may have to open a log and fork, on a disk that is slow.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long a guard may take to take the order to fence. It answers in well under a millisecond unless it
/// is stopped or starved; a fence that it does not begin is begun without it, and both together have to
/// fit between the deadline and the end of the lease (P2).
const FENCE_ANSWER_WITHIN: Duration = Duration::from_millis(100);

/// How long the checkpoint before a clean stop may take. Clients are still served; when it takes
/// longer the stop would too, and the switchover is given up before anybody notices.
const CHECKPOINT_WITHIN: Duration = Duration::from_mins(1);

/// The parts every action needs. Cloned into each action's task.
#[derive(Debug, Clone)]
pub(crate) struct Executor<S, E> {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: S,
    pub(crate) engine: E,
    pub(crate) guard: GuardHandle,
    pub(crate) journal: Journal<S>,
    /// The epoch after whose promotion a checkpoint was last asked for.
    pub(crate) checkpointed: Arc<AtomicU64>,
}

impl<S: Store, E: Engine> Executor<S, E> {
    /// Carries out one action. Those about the lease are safe to run beside one about the database.
    pub(crate) async fn carry_out(&self, action: Action) -> Option<Outcome> {
        Some(match action {
            Action::Acquire(acquisition) => self.acquire(*acquisition).await,
            Action::Renew { revision, lease } => self.renew(revision, lease).await,
            Action::Release { revision, lease } => self.release(revision, lease).await,
            Action::Answer { id, outcome } => {
                self.answer(&id, outcome).await;
                return None;
            }
            Action::Exit => return None,
            Action::Fence { reason } => self.fence(reason).await,
            Action::InspectFolder => outcome(self.inspect().await.map(Outcome::Inspected)),
            Action::Initialise { epoch } => {
                self.journal
                    .note(Some(epoch), "initialising", "a new database is created")
                    .await;
                completed(self.engine.initialise().await.map_err(Failure::from))
            }
            Action::StartPrimary {
                epoch: _,
                incarnation,
                deadline,
            } => completed(
                self.start(StartAs::Primary, Some((deadline, incarnation)))
                    .await,
            ),
            Action::StartStandby { upstream } => {
                let upstream = upstream.and_then(|node| self.upstream(&node));
                completed(self.start(StartAs::Standby { upstream }, None).await)
            }
            Action::Follow { upstream } => completed(self.follow(&upstream).await),
            Action::Promote {
                epoch,
                timeline,
                incarnation,
                deadline,
            } => outcome(self.promote(epoch, timeline, incarnation, deadline).await),
            Action::Prepare { epoch, standbys } => completed(self.prepare(epoch, &standbys).await),
            Action::StepDown { epoch, within } => outcome(self.step_down(epoch, within).await),
            Action::StopStandby => completed(self.stop_standby().await),
            Action::RecordSurplus { epoch, fork } => completed(
                self.record_surplus(epoch, records::fork_to_record(fork))
                    .await,
            ),
            Action::Rewind { source } => completed(self.rewind(&source).await),
            Action::Clone { source } => completed(self.clone_from(&source).await),
        })
    }

    fn lease_key(&self) -> String {
        key::lease(&self.settings.system, &self.settings.database)
    }

    /// P1: compare-and-swap on the revision seen. The reason is in the journal by the same transaction:
    /// before any action leaves this process.
    async fn acquire(&self, acquisition: Acquisition) -> Outcome {
        let incarnation = uuid::Uuid::now_v7().to_string();
        let mut lease = acquisition.lease.clone();
        lease.incarnation.clone_from(&incarnation);
        let transition = self.transition(&acquisition);
        let transition_key =
            key::transition(&self.settings.system, &self.settings.database, lease.epoch);
        let (event_key, event) = self.journal.event(
            Some(lease.epoch),
            "right to write taken",
            &format!("{}; {}", transition.cause, transition.evidence.join("; ")),
        );
        let transaction = Transaction::new()
            .if_modified_at(self.lease_key(), Revision(acquisition.revision))
            .put(
                self.lease_key(),
                json(&records::lease_to_record(lease.clone())),
                Durability::Durable,
            )
            .put(transition_key, json(&transition), Durability::Durable)
            .put(event_key, json(&event), Durability::Durable);
        let sent_at = clock::now();
        match self.store.transact(transaction).await {
            Ok(done) if done.succeeded => {
                let deadline = sent_at.after(self.settings.core.timings.self_fence_after);
                info!(
                    epoch = lease.epoch.get(),
                    cause = transition.cause,
                    "right to write taken"
                );
                match self.arm(deadline, &incarnation).await {
                    Ok(()) => Outcome::Acquired {
                        incarnation,
                        revision: done.revision.0,
                        deadline,
                    },
                    Err(error) => {
                        warn!(%error, "the guard did not take the deadline");
                        Outcome::AcquisitionUnknown
                    }
                }
            }
            Ok(_) | Err(StoreError::Unreachable { .. }) => Outcome::NotAcquired,
            Err(error) => {
                warn!(%error, "nobody knows whether the right to write is ours");
                Outcome::AcquisitionUnknown
            }
        }
    }

    fn transition(&self, acquisition: &Acquisition) -> record::Transition {
        let instants = acquisition.instants;
        let steps = [
            (Step::LastSeen, instants.last_seen_at),
            (Step::Detected, instants.detected_at),
            (Step::Decided, instants.decided_at),
            (Step::Fenced, instants.fenced_at),
        ];
        record::Transition {
            epoch: acquisition.lease.epoch,
            node: self.settings.node.clone(),
            region: self.settings.region.clone(),
            kind: records::kind_to_record(acquisition.kind),
            cause: acquisition.diagnosis.to_string(),
            evidence: acquisition.evidence.clone(),
            loss_max_ms: acquisition.loss_max.map(millis),
            fork: None,
            steps: steps
                .into_iter()
                .map(|(step, at)| (step, clock::wall_at(at)))
                .collect(),
        }
    }

    /// P4: counts only once the guard has the deadline; with no server running there is nothing to guard.
    async fn arm(&self, deadline: Timestamp, label: &str) -> Result<(), GuardError> {
        if self.guard.now().is_idle() {
            return Ok(());
        }
        let request = Request::Deadline {
            at: deadline,
            label: label.to_owned(),
        };
        let within = deadline.since(clock::now());
        self.guard.ask_within(request, within).await.map(|_| ())
    }

    async fn renew(&self, revision: u64, lease: Lease) -> Outcome {
        let renewal = lease.renewal;
        let label = lease.incarnation.clone();
        let transaction = Transaction::new()
            .if_modified_at(self.lease_key(), Revision(revision))
            .put(
                self.lease_key(),
                json(&records::lease_to_record(lease)),
                Durability::Volatile,
            );
        // P2: the deadline counts from before the request left.
        let sent_at = clock::now();
        match self.store.transact(transaction).await {
            Ok(done) if done.succeeded => {
                let deadline = sent_at.after(self.settings.core.timings.self_fence_after);
                match self.arm(deadline, &label).await {
                    Ok(()) => Outcome::Renewed {
                        revision: done.revision.0,
                        renewal,
                        deadline,
                    },
                    Err(error) => {
                        info!(%error, "a renewal does not count: the guard has not taken the deadline");
                        Outcome::NotRenewed
                    }
                }
            }
            Ok(_) => Outcome::NotRenewed,
            Err(error) => {
                info!(%error, "renewal failed");
                Outcome::NotRenewed
            }
        }
    }

    async fn release(&self, revision: u64, lease: Lease) -> Outcome {
        let epoch = lease.epoch;
        let record = records::lease_to_record(lease);
        let detail = match &record.state {
            record::LeaseState::Released {
                position: Some(at),
                to: Some(to),
            } => {
                format!("handed to {to}; the log ends at {at}")
            }
            record::LeaseState::Released {
                position: Some(at),
                to: None,
            } => {
                format!("the log ends at {at}")
            }
            record::LeaseState::Released { position: None, .. } | record::LeaseState::Held => {
                "the end of the log is not known".to_owned()
            }
        };
        let (event_key, event) =
            self.journal
                .event(Some(epoch), "right to write released", &detail);
        let transaction = Transaction::new()
            .if_modified_at(self.lease_key(), Revision(revision))
            .put(self.lease_key(), json(&record), Durability::Durable)
            .put(event_key, json(&event), Durability::Durable);
        match self.store.transact(transaction).await {
            Ok(done) if done.succeeded => {
                info!(epoch = epoch.get(), detail, "right to write released");
                Outcome::Released
            }
            Ok(_) => Outcome::NotReleased,
            Err(error) => {
                warn!(%error, "the right to write could not be released; it will run out");
                Outcome::NotReleased
            }
        }
    }

    async fn answer(&self, id: &str, outcome: RequestOutcome) {
        let request_key = key::request(&self.settings.system, &self.settings.database);
        let state = match outcome {
            RequestOutcome::Begun => record::RequestState::Begun,
            RequestOutcome::Refused(reason) => {
                self.journal.note(None, "request refused", &reason).await;
                record::RequestState::Refused { reason }
            }
        };
        let result = async {
            let read = self.store.get(&request_key).await?;
            let Some(entry) = read.entry else {
                return Ok(());
            };
            let Ok(mut request) = serde_json::from_str::<record::Request>(&entry.value) else {
                return Ok(());
            };
            // What is done or refused stays so, however late we are.
            let open = matches!(request.state, record::RequestState::Open)
                || matches!(
                    (&request.state, &state),
                    (
                        record::RequestState::Begun,
                        record::RequestState::Refused { .. }
                    )
                );
            if request.id == id && open {
                request.state = state;
                let transaction = Transaction::new()
                    .if_modified_at(&request_key, entry.modified)
                    .put(&request_key, json(&request), Durability::Durable);
                self.store.transact(transaction).await?;
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = result.await {
            warn!(%error, "the operator could not be answered");
        }
    }

    async fn fence(&self, reason: &'static str) -> Outcome {
        info!(reason, "fencing");
        let request = Request::Fence {
            reason: reason.to_owned(),
        };
        match self
            .guard
            .until_nothing_remains(request, FENCE_ANSWER_WITHIN)
            .await
        {
            Ok(_) => Outcome::Fenced,
            Err(error) => {
                // The next guard ends what this one left; that it is idle tells us so.
                self.guard.kill();
                Outcome::Failed {
                    reason: error.to_string(),
                }
            }
        }
    }

    async fn inspect(&self) -> Result<Folder, Failure> {
        let state = match self.engine.folder().await? {
            EngineFolder::Absent => return Ok(Folder::Absent),
            EngineFolder::Incomplete => return Ok(Folder::Incomplete),
            EngineFolder::Ready(state) => state,
        };
        let end = self.engine.log_end().await;
        Ok(match (state.set_up_as, end) {
            (Stream::Primary, end) => {
                let end = end?;
                Folder::Primary {
                    timeline: end.timeline,
                    end: end.position,
                }
            }
            (Stream::Standby, Ok(end)) => Folder::Standby {
                timeline: end.timeline,
                end: end.position,
            },
            // What a standby lacks it receives again; its last checkpoint is certain.
            (Stream::Standby, Err(error)) => {
                info!(
                    error = chain(&error),
                    "the standby's log cannot be read to its end"
                );
                Folder::Standby {
                    timeline: state.timeline,
                    end: state.checkpoint,
                }
            }
        })
    }

    async fn start(
        &self,
        start_as: StartAs,
        right: Option<(Timestamp, String)>,
    ) -> Result<(), Failure> {
        let command = self.engine.set_up(&start_as).await?;
        let (deadline, label) = match right {
            Some((deadline, label)) => (Some(deadline), label),
            None => (None, String::new()),
        };
        let start = Start {
            program: command.program.to_string_lossy().into_owned(),
            arguments: command.arguments,
            deadline,
            label,
        };
        self.guard
            .ask_within(Request::Start(start), ANSWER_WITHIN)
            .await?;
        Ok(())
    }

    fn upstream(&self, node: &Node) -> Option<Upstream> {
        let (address, port) = self.settings.peers.get(node)?;
        Some(Upstream {
            node: node.clone(),
            address: address.clone(),
            port: *port,
        })
    }

    fn known_upstream(&self, node: &Node) -> Result<Upstream, Failure> {
        self.upstream(node)
            .ok_or_else(|| Failure(format!("{node} is no node of this database")))
    }

    async fn follow(&self, upstream: &Node) -> Result<(), Failure> {
        let upstream = self.known_upstream(upstream)?;
        self.engine.follow(&upstream).await?;
        info!(upstream = upstream.node.as_str(), "following");
        Ok(())
    }

    async fn promote(
        &self,
        epoch: Epoch,
        timeline: standfast_units::Timeline,
        incarnation: String,
        deadline: Timestamp,
    ) -> Result<Outcome, Failure> {
        // The guard must hold a deadline before the server accepts its first write. A renewal may
        // have pushed it further already; an older one is refused then, which is as good.
        let armed = self.guard.now().status.is_some_and(|status| {
            status.label == incarnation && status.deadline.is_some_and(|at| at >= deadline)
        });
        if !armed {
            self.guard
                .ask(Request::Deadline {
                    at: deadline,
                    label: incarnation,
                })
                .await?;
        }
        let promotion = self.engine.promote(timeline, PROMOTE_WITHIN).await?;
        let fork = record::Fork {
            parent: promotion.parent,
            timeline: promotion.timeline,
            position: promotion.fork,
        };
        info!(epoch = epoch.get(), timeline = timeline.get(), fork = %fork.position, "promoted");
        // Known to the store before anybody hears that we serve: followers judge themselves by it.
        self.complete_transition(epoch, Step::Promoted, Some(fork))
            .await?;
        Ok(Outcome::Promoted {
            fork: standfast_failover::Fork {
                parent: fork.parent,
                timeline: fork.timeline,
                position: fork.position,
            },
        })
    }

    async fn complete_transition(
        &self,
        epoch: Epoch,
        step: Step,
        fork: Option<record::Fork>,
    ) -> Result<(), Failure> {
        let at = clock::wall();
        let key = key::transition(&self.settings.system, &self.settings.database, epoch);
        standfast_coordination::complete(&self.store, &key, step, at, fork)
            .await
            .map_err(|error| Failure(chain(&error)))
    }

    async fn prepare(&self, epoch: Epoch, standbys: &[Node]) -> Result<(), Failure> {
        // An agent that ended in the middle of a switchover may have left the door closed (P8).
        self.engine.admit_sessions().await?;
        self.engine.keep_log_for(standbys).await?;
        self.engine.provision().await?;
        // Until the first checkpoint on the new timeline nobody can be rewound to it (P14), and a crash
        // leaves a folder that cannot follow. It may take minutes, for which nobody waits.
        if self.checkpointed.swap(epoch.get(), Ordering::Relaxed) != epoch.get() {
            let engine = self.engine.clone();
            tokio::spawn(async move {
                if let Err(error) = engine.checkpoint().await {
                    info!(error = chain(&error), "no checkpoint after promotion");
                }
            });
        }
        Ok(())
    }

    /// P8. Everything before the stop can be taken back; after it the core restores the primary.
    async fn step_down(&self, epoch: Epoch, within: Duration) -> Result<Outcome, Failure> {
        let checkpoint = tokio::time::timeout(CHECKPOINT_WITHIN, self.engine.checkpoint());
        checkpoint
            .await
            .map_err(|_| Failure("the checkpoint takes too long".to_owned()))??;
        self.journal
            .note(
                Some(epoch),
                "stepping down",
                "clients' sessions end, the server stops",
            )
            .await;
        let stopped = self.close_and_stop(within).await;
        if stopped.is_err() && self.guard.now().is_running() {
            // It serves on: with its door open, whatever else failed.
            self.engine.admit_sessions().await?;
        }
        stopped?;
        let end = self.engine.log_end().await?;
        Ok(Outcome::SteppedDown {
            position: end.position,
        })
    }

    async fn close_and_stop(&self, within: Duration) -> Result<(), Failure> {
        self.engine.end_sessions().await?;
        let request = Request::Stop { within };
        match self
            .guard
            .until_nothing_remains(request, ANSWER_WITHIN)
            .await?
        {
            Some(Reason::Ended) | None => Ok(()),
            Some(reason) => Err(Failure(format!(
                "the server did not stop in order: {reason}"
            ))),
        }
    }

    async fn stop_standby(&self) -> Result<(), Failure> {
        let request = Request::Stop {
            within: STOP_STANDBY_WITHIN,
        };
        self.guard
            .until_nothing_remains(request, ANSWER_WITHIN)
            .await?;
        Ok(())
    }

    async fn record_surplus(&self, epoch: Epoch, fork: record::Fork) -> Result<(), Failure> {
        let folder = self.settings.lost_folder.join(format!("epoch-{epoch}"));
        let surplus = self
            .engine
            .surplus(fork.parent, fork.position, &folder)
            .await?;
        let commits = surplus
            .commits
            .into_iter()
            .take(LOSS_COMMITS_MAX)
            .map(|commit| record::LostCommit {
                transaction: commit.transaction,
                position: commit.position,
                committed_at: commit.committed_at,
            })
            .collect();
        let loss = record::Loss {
            epoch,
            node: self.settings.node.clone(),
            fork,
            end: surplus.end,
            surplus: surplus.bytes,
            transactions: surplus.transactions,
            commits,
            kept_in: Some(folder.to_string_lossy().into_owned()),
            recorded_at: clock::wall(),
        };
        let key = key::loss(
            &self.settings.system,
            &self.settings.database,
            epoch,
            &self.settings.node,
        );
        let detail = format!(
            "{} transactions in {} past {} on timeline {}; the log is kept in {}",
            loss.transactions,
            loss.surplus,
            fork.position,
            fork.parent,
            folder.display()
        );
        let (event_key, event) = self.journal.event(Some(epoch), "surplus recorded", &detail);
        let transaction = Transaction::new()
            .put(key, json(&loss), Durability::Durable)
            .put(event_key, json(&event), Durability::Durable);
        self.store
            .transact(transaction)
            .await
            .map_err(|error| Failure(chain(&error)))?;
        info!(transactions = loss.transactions, surplus = %loss.surplus, "surplus recorded");
        Ok(())
    }

    async fn rewind(&self, source: &Node) -> Result<(), Failure> {
        let upstream = self.known_upstream(source)?;
        if let Err(error) = self.engine.rewind(&upstream).await {
            // Expected where rewinding cannot be trusted; the core clones instead.
            info!(error = chain(&error), "not rewound");
            return Err(error.into());
        }
        self.journal
            .note(None, "rewound", &format!("to what {source} has"))
            .await;
        Ok(())
    }

    async fn clone_from(&self, source: &Node) -> Result<(), Failure> {
        let upstream = self.known_upstream(source)?;
        info!(source = source.as_str(), "cloning");
        self.engine.clone_from(&upstream).await?;
        self.journal
            .note(None, "cloned", &format!("from {source}"))
            .await;
        Ok(())
    }
}

/// Why an action failed, said so that an operator can act on it: the whole chain of causes.
struct Failure(String);

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self(chain(&error))
    }
}

impl From<GuardError> for Failure {
    fn from(error: GuardError) -> Self {
        Self(chain(&error))
    }
}

fn completed(result: Result<(), Failure>) -> Outcome {
    outcome(result.map(|()| Outcome::Completed))
}

fn outcome(result: Result<Outcome, Failure>) -> Outcome {
    result.unwrap_or_else(|failure| Outcome::Failed { reason: failure.0 })
}

/// An error with all its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A record as the store keeps it. Our records hold nothing that JSON cannot.
pub(crate) fn json<T: serde::Serialize>(record: &T) -> String {
    serde_json::to_string(record).unwrap_or_default()
}
