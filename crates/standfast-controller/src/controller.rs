//! The machine: what comes of each event.

use std::collections::BTreeMap;

use standfast_failover::{RedirectAction, RedirectInput, Redirector, RedirectorSettings};
use standfast_record::{Author, Connection, Durability, Ids, Transaction, View, key};
use standfast_units::{Database, Moment, Timestamp, chain};
use tracing::{debug, info};

use crate::diagnosis::diagnosis;
use crate::effect::Effect;
use crate::errands::{Errands, Reached};
use crate::event::Event;
use crate::names::{Afterwards, NameKeeper};
use crate::primary::NewPrimary;
use crate::publication::{Begun, Publications};
use crate::records::Records;
use crate::settings::Settings;

/// Entries the journal keeps: years of changes of primary, about 5 MiB of the store.
const EVENTS_MAX: usize = 10_000;

/// One region's controller, or the witness's.
///
/// What the caller owes: every effect is carried out and ends with its event, and
/// [`Controller::step`] is called no later than [`Controller::wake_at`].
#[derive(Debug, Clone)]
pub struct Controller {
    settings: Settings,
    redirectors: BTreeMap<Database, Redirector>,
    records: Records,
    names: NameKeeper,
    publications: Publications,
    errands: Errands,
    wake_at: Timestamp,
}

impl Controller {
    /// A controller that has seen nothing yet. `ids` differs from that of every other process.
    pub fn new(settings: Settings, ids: Ids, now: Moment) -> Self {
        let redirector = Redirector::new(RedirectorSettings {
            region: settings.region.clone(),
            regions: settings.regions.clone(),
        });
        let author = Author::controller(&settings.system, &settings.region);
        let databases = settings.databases.keys().cloned();
        Self {
            redirectors: databases.map(|each| (each, redirector.clone())).collect(),
            records: Records::new(&settings),
            names: NameKeeper::new(),
            publications: Publications::new(now.at),
            errands: Errands::new(&settings.system, author, ids),
            wake_at: now.at,
            settings,
        }
    }

    /// When to step at the latest.
    pub fn wake_at(&self) -> Timestamp {
        self.wake_at.min(self.publications.due_at())
    }

    /// One step: what to do, in this order.
    pub fn step(&mut self, now: Moment, event: Event) -> Vec<Effect> {
        match event {
            Event::Tick => self.tick(now),
            Event::View(view) => self.look(now, &view),
            Event::Probed(reachable) => self.publications.probed(reachable),
            Event::Verified { ticket, result } => {
                let reached = self.errands.verified(now.wall, ticket, result);
                self.reached(now, reached);
            }
            Event::Read { ticket, read } => {
                let reached = self.errands.read(now.wall, ticket, read);
                self.reached(now, reached);
            }
            Event::Transacted { ticket, transacted } => {
                let reached = self.errands.transacted(now.wall, ticket, transacted);
                self.reached(now, reached);
            }
            Event::Served(result) => match self.names.answered(result) {
                Afterwards::Rest => {}
                Afterwards::Update => self.serve(now),
            },
            Event::Told { ticket, result } => {
                let reached = self.errands.told(now.wall, ticket, result);
                self.reached(now, reached);
            }
            Event::Trimmed { result } => match result {
                Ok(0) => {}
                Ok(removed) => info!(removed, "the journal was trimmed"),
                Err(error) => debug!(error, "the journal was not trimmed"),
            },
        }
        self.errands.take_effects()
    }

    fn tick(&mut self, now: Moment) {
        if now.at >= self.publications.due_at() {
            self.publish(now);
            // Ages have changed although no record has: a silent standby leaves the reader name.
            self.serve(now);
        }
        if now.at >= self.wake_at {
            self.wake_at = self.publications.due_at();
            for database in self.databases() {
                self.advance(now, database, RedirectInput::Tick);
            }
        }
    }

    fn look(&mut self, now: Moment, view: &View) {
        self.records.update(view, now.at);
        self.serve(now);
        if view.connection == Connection::Lost {
            return;
        }
        for database in self.databases() {
            if let Some(writer) = self.records.writer(&database) {
                let input = RedirectInput::Writer(writer.epoch);
                self.advance(now, database.clone(), input);
            }
            let serving = self.records.serving(&self.settings, &database, now.at);
            self.advance(now, database, RedirectInput::Serving(serving));
        }
    }

    fn databases(&self) -> Vec<Database> {
        self.settings.databases.keys().cloned().collect()
    }

    fn serve(&mut self, now: Moment) {
        let zone = self.names.update(&self.settings, &self.records, now.at);
        if let Some(zone) = zone {
            self.errands.ask(Effect::Serve(zone));
        }
    }

    fn publish(&mut self, now: Moment) {
        match self.publications.begin(now.at, self.settings.publish_every) {
            // Any controller may trim: what another has removed already is not there to be removed.
            Some(Begun::WithTrimming) => self.errands.ask(Effect::TrimJournal { keep: EVENTS_MAX }),
            Some(Begun::Alone) => {}
            None => return,
        }
        let diagnosis = self.databases().into_iter().map(|database| {
            let serving = self.records.serving(&self.settings, &database, now.at);
            let words = diagnosis(serving.as_ref(), self.records.named(&database));
            (database, words)
        });
        let record = self
            .publications
            .record(&self.settings, now, diagnosis.collect());
        let key = key::controller(&self.settings.system, &self.settings.region);
        match Transaction::new().put_record(key, &record, Durability::Volatile) {
            Ok(transaction) => self.errands.publish(transaction),
            Err(error) => self.published(Err(chain(&error))),
        }
    }

    fn published(&mut self, result: Result<(), String>) {
        self.publications.ended();
        if let Err(error) = result {
            debug!(error, "not published");
        }
    }

    fn reached(&mut self, now: Moment, reached: Reached) {
        match reached {
            Reached::Nothing => {}
            Reached::Published(result) => self.published(result),
            Reached::Redirector(database, input) => self.advance(now, database, input),
        }
    }

    /// Steps the core of one database.
    fn advance(&mut self, now: Moment, database: Database, input: RedirectInput) {
        let Some(redirector) = self.redirectors.get_mut(&database) else {
            return;
        };
        if let RedirectInput::NotVerified { epoch, reason } = &input {
            debug!(%database, epoch = epoch.get(), reason, "not verified");
        }
        let (action, wake_at) = redirector.step(now.at, input);
        if let Some(at) = wake_at {
            self.wake_at = self.wake_at.min(at);
        }
        let primary = |epoch, node| NewPrimary {
            database,
            epoch,
            node,
        };
        let reached = match action {
            Some(RedirectAction::Verify { epoch, node }) => {
                self.errands.verify(&self.settings, primary(epoch, node))
            }
            Some(RedirectAction::Redirect { epoch, node }) => {
                self.errands.redirect(primary(epoch, node));
                Reached::Nothing
            }
            None => Reached::Nothing,
        };
        self.reached(now, reached);
    }
}
