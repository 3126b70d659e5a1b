//! Carries effects out, each in a task of its own that ends with the effect's event. Decides nothing.

use std::future::Future;
use std::sync::Arc;

use standfast_coordination::{Store, trim_events};
use standfast_record::Unanswered;
use standfast_replication::WriteCheck;
use standfast_units::{System, chain};
use standfast_zone::DnsZone;
use tokio::sync::mpsc;

use crate::effect::Effect;
use crate::event::Event;

/// Where the controller puts the zone it has built. The name server behind it is joined by the caller.
pub trait Names: Send + Sync + 'static {
    /// Serves this zone from now on.
    ///
    /// # Errors
    /// When it would go back to something older; what was served stays.
    fn publish(&self, zone: Arc<DnsZone>) -> Result<(), String>;
}

/// Whom the controller tells about a change of primary.
pub trait Notify: Clone + Send + Sync + 'static {
    /// Tells; bounded in time.
    ///
    /// # Errors
    /// When people could not be told.
    fn tell(&self, text: &str) -> impl Future<Output = Result<(), String>> + Send;
}

/// What effects are carried out on.
#[derive(Debug)]
pub(crate) struct Effects<S, W, N, T> {
    shared: Arc<Outside<S, W, N, T>>,
    events: mpsc::Sender<Event>,
}

#[derive(Debug)]
struct Outside<S, W, N, T> {
    system: System,
    store: S,
    check: W,
    names: N,
    notify: T,
}

impl<S: Store, W: WriteCheck, N: Names, T: Notify> Effects<S, W, N, T> {
    pub(crate) fn new(
        system: System,
        store: S,
        check: W,
        names: N,
        notify: T,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let outside = Outside {
            system,
            store,
            check,
            names,
            notify,
        };
        Self {
            shared: Arc::new(outside),
            events,
        }
    }

    /// Begins an effect. Its event is lost only when the controller ends meanwhile.
    pub(crate) fn begin(&self, effect: Effect) {
        let (outside, events) = (Arc::clone(&self.shared), self.events.clone());
        tokio::spawn(async move {
            let event = outside.carry_out(effect).await;
            let _ = events.send(event).await;
        });
    }
}

impl<S: Store, W: WriteCheck, N: Names, T: Notify> Outside<S, W, N, T> {
    async fn carry_out(&self, effect: Effect) -> Event {
        match effect {
            Effect::Read { ticket, key } => {
                let read = self.store.get(&key).await;
                let read = read.map_err(|error| Unanswered::from(&error));
                Event::Read { ticket, read }
            }
            Effect::Transact {
                ticket,
                transaction,
            } => {
                let transacted = self.store.transact(transaction).await;
                let transacted = transacted.map_err(|error| Unanswered::from(&error));
                Event::Transacted { ticket, transacted }
            }
            Effect::Verify {
                ticket,
                node: _,
                server,
                epoch,
            } => {
                let result = self.check.verify(server, epoch).await;
                let result = result.map_err(|error| chain(&error));
                Event::Verified { ticket, result }
            }
            Effect::Serve(zone) => Event::Served(self.names.publish(zone)),
            Effect::Tell { ticket, text } => {
                let result = self.notify.tell(&text).await;
                Event::Told { ticket, result }
            }
            Effect::TrimJournal { keep } => {
                let result = trim_events(&self.store, &self.system, keep).await;
                let result = result.map_err(|error| chain(&error));
                Event::Trimmed { result }
            }
        }
    }
}
