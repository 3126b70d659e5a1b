//! The steps of a change of primary that are the region's: verify, redirect, tell. Each is journalled
//! and can be taken up by any controller where another left off.

use std::sync::Arc;

use standfast_coordination::record::{self, RequestState, Step, new_event_id};
use standfast_coordination::{Durability, Error, Store, Transaction, complete, key};
use standfast_replication::WriteCheck;
use standfast_units::{Database, Epoch, Node};
use tracing::{info, warn};

use crate::clock;
use crate::settings::{NodePlace, Notify, Settings};

/// What came of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// We moved the name: what follows is ours to do.
    Moved,
    /// Another controller had moved it, and does the rest.
    AlreadyThere,
}

/// What the steps need. Cloned into each step's task.
#[derive(Debug, Clone)]
pub(crate) struct Steps<S, W, N> {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: S,
    pub(crate) check: W,
    pub(crate) notify: N,
}

impl<S: Store, W: WriteCheck, N: Notify> Steps<S, W, N> {
    fn place(&self, database: &Database, node: &Node) -> Option<&NodePlace> {
        self.settings.databases.get(database)?.get(node)
    }

    /// P13: a write, read back through the path clients use, under the new epoch.
    pub(crate) async fn verify(
        &self,
        database: &Database,
        epoch: Epoch,
        node: &Node,
    ) -> Result<(), String> {
        let place = self
            .place(database, node)
            .ok_or_else(|| format!("{node} is not known"))?;
        self.check
            .verify(&place.address, place.port, epoch)
            .await
            .map_err(|error| chain(&error))?;
        let key = key::transition(&self.settings.system, database, epoch);
        let at = clock::wall();
        complete(&self.store, &key, Step::Verified, at, None)
            .await
            .map_err(|error| chain(&error))
    }

    /// Moves the writer name forward, never back: compare-and-swap on the record, and an older epoch
    /// finds a newer one there.
    pub(crate) async fn redirect(
        &self,
        database: &Database,
        epoch: Epoch,
        node: &Node,
    ) -> Result<Redirect, Error> {
        let system = &self.settings.system;
        let lease = self.store.get(&key::lease(system, database)).await?.entry;
        let lease: Option<record::Lease> = lease.map(|entry| entry.record()).transpose()?;
        if lease.is_none_or(|lease| lease.epoch != epoch) {
            return Err(Error::Refused {
                reason: format!("epoch {epoch} is over"),
            });
        }
        let writer_key = key::writer(system, database);
        let read = self.store.get(&writer_key).await?;
        let (revision, known) = match &read.entry {
            Some(entry) => (entry.modified, entry.record::<record::Writer>()?.epoch),
            None => (standfast_coordination::Revision::default(), Epoch::ZERO),
        };
        if known >= epoch {
            return Ok(Redirect::AlreadyThere);
        }
        let Some(member) = self.member(database, node).await? else {
            return Err(Error::Refused {
                reason: format!("{node} has not published its address"),
            });
        };
        let writer = record::Writer {
            epoch,
            node: node.clone(),
            address: member.address,
            port: member.port,
        };
        let detail = format!("{node} at {}:{}", writer.address, writer.port);
        let (event_key, event) = self.event(database, epoch, "writer name moved", &detail);
        let transaction = Transaction::new()
            .if_modified_at(&writer_key, revision)
            .put_record(&writer_key, &writer, Durability::Durable)?
            .put_record(event_key, &event, Durability::Durable)?;
        if !self.store.transact(transaction).await?.succeeded {
            return Err(Error::Refused {
                reason: "another controller moved the name".to_owned(),
            });
        }
        info!(%database, epoch = epoch.get(), node = node.as_str(), "writer name moved");
        Ok(Redirect::Moved)
    }

    /// What follows a redirect and holds nobody up: journal, operator, people.
    pub(crate) async fn conclude(&self, database: &Database, epoch: Epoch, node: &Node) {
        let at = clock::wall();
        let key = key::transition(&self.settings.system, database, epoch);
        if let Err(error) = complete(&self.store, &key, Step::Redirected, at, None).await {
            warn!(%error, "the redirect was not noted");
        }
        if let Err(error) = self.close_request(database, epoch).await {
            warn!(%error, "the operator's request was not closed");
        }
        let transition = match self.store.get(&key).await {
            Ok(read) => read
                .entry
                .and_then(|entry| entry.record::<record::Transition>().ok()),
            Err(_) => None,
        };
        let text = tidings(&self.settings, database, epoch, node, transition.as_ref());
        match self.notify.tell(&text).await {
            Ok(()) => {
                let at = clock::wall();
                if let Err(error) = complete(&self.store, &key, Step::Notified, at, None).await {
                    warn!(%error, "that people were told was not noted");
                }
            }
            Err(reason) => warn!(reason, "people could not be told"),
        }
    }

    async fn close_request(&self, database: &Database, epoch: Epoch) -> Result<(), Error> {
        let request_key = key::request(&self.settings.system, database);
        let Some(entry) = self.store.get(&request_key).await?.entry else {
            return Ok(());
        };
        let mut request: record::Request = entry.record()?;
        match request.state {
            RequestState::Open | RequestState::Begun => {}
            RequestState::Done { .. } | RequestState::Refused { .. } => return Ok(()),
        }
        let wanted = match &request.kind {
            record::RequestKind::Switchover { to } | record::RequestKind::Failover { to, .. } => to,
        };
        let transition_key = key::transition(&self.settings.system, database, epoch);
        let Some(transition) = self.store.get(&transition_key).await?.entry else {
            return Ok(());
        };
        let transition: record::Transition = transition.record()?;
        let began_at = transition.steps.get(&Step::Fenced);
        if began_at.is_none_or(|began_at| request.asked_at > *began_at) {
            // Asked after this epoch had begun: it is about the next one.
            return Ok(());
        }
        request.state = if transition.region == *wanted {
            RequestState::Done { epoch }
        } else {
            RequestState::Refused {
                reason: format!(
                    "the primary is {} in {} now; ask again when that is not what you want",
                    transition.node, transition.region
                ),
            }
        };
        let transaction = Transaction::new()
            .if_modified_at(&request_key, entry.modified)
            .put_record(&request_key, &request, Durability::Durable)?;
        // When somebody else changed it meanwhile, it was closed or replaced.
        self.store.transact(transaction).await.map(|_| ())
    }

    async fn member(
        &self,
        database: &Database,
        node: &Node,
    ) -> Result<Option<record::Member>, Error> {
        let key = key::member(&self.settings.system, database, node);
        match self.store.get(&key).await?.entry {
            Some(entry) => Ok(Some(entry.record()?)),
            None => Ok(None),
        }
    }

    fn event(
        &self,
        database: &Database,
        epoch: Epoch,
        what: &str,
        detail: &str,
    ) -> (String, record::Event) {
        let at = clock::wall();
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        let event = record::Event {
            at,
            by: format!("controller {}", self.settings.region),
            database: Some(database.clone()),
            epoch: Some(epoch),
            what: what.to_owned(),
            detail: detail.to_owned(),
        };
        (
            key::event(&self.settings.system, &new_event_id(at, high ^ low)),
            event,
        )
    }
}

/// What people are told.
fn tidings(
    settings: &Settings,
    database: &Database,
    epoch: Epoch,
    node: &Node,
    transition: Option<&record::Transition>,
) -> String {
    let why = transition.map_or(String::new(), |transition| {
        let loss = transition
            .loss_max_ms
            .map_or("nothing acknowledged is lost".to_owned(), |ms| {
                format!("at most {ms} ms of acknowledged writes are lost")
            });
        format!(" ({:?}: {}; {loss})", transition.kind, transition.cause).to_lowercase()
    });
    format!(
        "{}: {database} is written at {node} since epoch {epoch}{why}",
        settings.system
    )
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
