//! The controller: one per region and one in the witness.
//!
//! It watches what agents publish, asks [`standfast_failover::RegionCore`] whether a new primary is to
//! be verified and the writer name moved, carries that out, serves names from the result, and
//! publishes what it can reach from its place. It never promotes, fences or renews: only agents touch
//! databases, and the right to write is theirs.

mod clock;
mod names;
mod peers;
mod probe;
mod settings;
mod steps;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use standfast_coordination::record::{LeaseState, Role};
use standfast_coordination::trim_events;
use standfast_coordination::{
    Connection, Durability, Mirror, Store, Transaction, View, key, record,
};
use standfast_failover::{RegionAction, RegionCore, RegionInput, RegionSettings, WriterView};
use standfast_replication::WriteCheck;
use standfast_units::{Database, Epoch, Node, Timestamp};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info};

pub use settings::{Names, NodePlace, Notify, Settings};

use names::NameKeeper;
use peers::Peers;
use steps::{Redirect, Steps};

/// Outcomes that may wait; each database has at most two steps under way.
const OUTCOMES_MAX: usize = 64;

/// Entries the journal keeps: years of changes of primary, about 5 MiB of the store.
const EVENTS_MAX: usize = 10_000;

/// Publications between two looks at the length of the journal: some minutes at the default lease. A store
/// that is full takes no new records, and every change of primary makes some.
const TRIM_EVERY: u64 = 256;

/// Runs until `shutdown` resolves.
pub async fn run<S: Store, W: WriteCheck, N: Notify>(
    settings: Settings,
    store: S,
    check: W,
    names: impl Names,
    notify: N,
    shutdown: impl Future<Output = ()>,
) {
    let settings = Arc::new(settings);
    let mut controller = Controller::start(settings, store, check, notify);
    tokio::pin!(shutdown);
    loop {
        let wake_at = controller.wake_at.min(controller.publish_at);
        tokio::select! {
            view = controller.mirror.changed() => controller.look(&view, &names),
            outcome = controller.outcomes.recv() => {
                if let Some((database, input)) = outcome {
                    controller.step(&database, input);
                }
            }
            () = clock::sleep_until(wake_at) => controller.tick(&names),
            () = &mut shutdown => break,
        }
    }
    info!("controller ended");
}

struct Controller<S, W, N> {
    settings: Arc<Settings>,
    store: S,
    steps: Steps<S, W, N>,
    mirror: Mirror,
    peers: Peers,
    names: NameKeeper,
    cores: BTreeMap<Database, RegionCore>,
    outcomes: mpsc::Receiver<(Database, RegionInput)>,
    outcome_sender: mpsc::Sender<(Database, RegionInput)>,
    reachable: watch::Receiver<BTreeMap<Node, bool>>,
    publishing: Option<tokio::task::JoinHandle<()>>,
    published: u64,
    publish_at: Timestamp,
    wake_at: Timestamp,
}

impl<S: Store, W: WriteCheck, N: Notify> Controller<S, W, N> {
    fn start(settings: Arc<Settings>, store: S, check: W, notify: N) -> Self {
        let (outcome_sender, outcomes) = mpsc::channel(OUTCOMES_MAX);
        let (probed, reachable) = watch::channel(BTreeMap::new());
        tokio::spawn(probe::run(Arc::clone(&settings), check.clone(), probed));
        let core = RegionCore::new(RegionSettings {
            region: settings.region.clone(),
            regions: settings.regions.clone(),
        });
        let now = clock::now();
        Self {
            mirror: Mirror::start(store.clone(), key::system(&settings.system)),
            steps: Steps {
                settings: Arc::clone(&settings),
                store: store.clone(),
                check,
                notify,
            },
            cores: settings
                .databases
                .keys()
                .map(|each| (each.clone(), core.clone()))
                .collect(),
            settings,
            store,
            peers: Peers::default(),
            names: NameKeeper::default(),
            outcomes,
            outcome_sender,
            reachable,
            publishing: None,
            published: 0,
            publish_at: now,
            wake_at: now,
        }
    }

    fn look(&mut self, view: &View, names: &impl Names) {
        let now = clock::now();
        self.peers.update(&self.settings, view, now);
        self.names
            .update(&self.settings, view, &self.peers, now, names);
        if view.connection == Connection::Lost {
            return;
        }
        let databases: Vec<Database> = self.settings.databases.keys().cloned().collect();
        for database in databases {
            let writer_key = key::writer(&self.settings.system, &database);
            if let Ok(Some((writer, _))) = view.get::<record::Writer>(&writer_key) {
                let view = WriterView {
                    epoch: writer.epoch,
                };
                self.step(&database, RegionInput::Writer(view));
            }
            let input = self.serving(view, &database, now);
            self.step(&database, input);
        }
    }

    /// Who serves: the holder of a held lease whose agent says that it serves under that very epoch.
    fn serving(&self, view: &View, database: &Database, now: Timestamp) -> RegionInput {
        let lease_key = key::lease(&self.settings.system, database);
        let Ok(Some((lease, _))) = view.get::<record::Lease>(&lease_key) else {
            return RegionInput::NotServing;
        };
        self.peers
            .of(database, now, self.settings.fresh_for)
            .find(|member| {
                lease.state == LeaseState::Held
                    && member.node == lease.holder
                    && member.role == Role::Primary
                    && member.epoch == Some(lease.epoch)
            })
            .map_or(RegionInput::NotServing, |member| RegionInput::Serving {
                epoch: lease.epoch,
                node: member.node.clone(),
                region: member.region.clone(),
            })
    }

    fn step(&mut self, database: &Database, input: RegionInput) {
        let now = clock::now();
        let Some(core) = self.cores.get_mut(database) else {
            return;
        };
        if let RegionInput::NotVerified { epoch, reason } = &input {
            debug!(%database, epoch = epoch.get(), reason, "not verified");
        }
        let (action, wake_at) = core.step(now, input);
        if let Some(at) = wake_at {
            self.wake_at = self.wake_at.min(at);
        }
        if let Some(action) = action {
            self.begin(database.clone(), action);
        }
    }

    fn begin(&mut self, database: Database, action: RegionAction) {
        let steps = self.steps.clone();
        let sender = self.outcome_sender.clone();
        tokio::spawn(async move {
            let (input, redirected) = match action {
                RegionAction::Verify { epoch, node } => {
                    match steps.verify(&database, epoch, &node).await {
                        Ok(()) => (RegionInput::Verified(epoch), None),
                        Err(reason) => (RegionInput::NotVerified { epoch, reason }, None),
                    }
                }
                RegionAction::Redirect { epoch, node } => {
                    match steps.redirect(&database, epoch, &node).await {
                        Ok(Redirect::Moved) => {
                            (RegionInput::Redirected(epoch), Some((epoch, node)))
                        }
                        Ok(Redirect::AlreadyThere) => (RegionInput::Redirected(epoch), None),
                        Err(error) => {
                            debug!(error = steps::chain(&error), "not redirected");
                            (RegionInput::NotRedirected(epoch), None)
                        }
                    }
                }
            };
            // The controller is ending when nobody listens.
            let _ = sender.send((database.clone(), input)).await;
            if let Some((epoch, node)) = redirected {
                steps.conclude(&database, epoch, &node).await;
            }
        });
    }

    fn tick(&mut self, names: &impl Names) {
        let now = clock::now();
        if now >= self.publish_at {
            self.publish(now);
            // Ages have changed although no record has: a silent standby leaves the reader name.
            let view = self.mirror.view();
            self.names
                .update(&self.settings, &view, &self.peers, now, names);
        }
        if now >= self.wake_at {
            self.wake_at = self.publish_at;
            let databases: Vec<Database> = self.cores.keys().cloned().collect();
            for database in databases {
                self.step(&database, RegionInput::Tick);
            }
        }
    }

    fn publish(&mut self, now: Timestamp) {
        self.publish_at = now.after(self.settings.publish_every);
        if self
            .publishing
            .as_ref()
            .is_some_and(|task| !task.is_finished())
        {
            return;
        }
        self.published += 1;
        if self.published % TRIM_EVERY == 1 {
            self.trim_journal();
        }
        let view = self.mirror.view();
        let diagnosis = self
            .settings
            .databases
            .keys()
            .map(|database| (database.clone(), self.diagnosis(&view, database, now)))
            .collect();
        let controller = record::Controller {
            region: self.settings.region.clone(),
            published: self.published,
            published_at: clock::wall(),
            pid: std::process::id(),
            address: self.settings.address.clone(),
            port_dns: self.settings.port_dns,
            port_proxy: self.settings.port_proxy.clone(),
            reachable: self.reachable.borrow().clone(),
            diagnosis,
        };
        let key = key::controller(&self.settings.system, &self.settings.region);
        let store = self.store.clone();
        self.publishing = Some(tokio::spawn(async move {
            let transaction =
                match Transaction::new().put_record(key, &controller, Durability::Volatile) {
                    Ok(transaction) => transaction,
                    Err(error) => return debug!(%error, "not published"),
                };
            if let Err(error) = store.transact(transaction).await {
                debug!(%error, "not published");
            }
        }));
    }

    /// Any controller may: what another has removed already is not there to be removed.
    fn trim_journal(&self) {
        let (store, system) = (self.store.clone(), self.settings.system.clone());
        tokio::spawn(async move {
            match trim_events(&store, &system, EVENTS_MAX).await {
                Ok(0) => {}
                Ok(removed) => info!(removed, "the journal was trimmed"),
                Err(error) => debug!(%error, "the journal was not trimmed"),
            }
        });
    }

    fn diagnosis(&self, view: &View, database: &Database, now: Timestamp) -> String {
        match self.serving(view, database, now) {
            RegionInput::Serving { epoch, node, .. } => {
                let writer_key = key::writer(&self.settings.system, database);
                let named = view
                    .get::<record::Writer>(&writer_key)
                    .ok()
                    .flatten()
                    .map_or(Epoch::ZERO, |(writer, _)| writer.epoch);
                if named == epoch {
                    format!("healthy: {node} serves under epoch {epoch}")
                } else {
                    format!(
                        "{node} serves under epoch {epoch}, the writer name does not mean it yet"
                    )
                }
            }
            _ => "nobody serves".to_owned(),
        }
    }
}
