//! The loop: feeds events to the machine and starts what it asks for.

use std::future::Future;

use standfast_coordination::{Mirror, Store};
use standfast_record::{Ids, key};
use standfast_replication::WriteCheck;
use tokio::sync::mpsc;
use tracing::info;

use crate::controller::Controller;
use crate::effects::{Effects, Names, Notify};
use crate::event::Event;
use crate::probe;
use crate::settings::Settings;

/// Events that may wait; each database has few effects under way.
const EVENTS_QUEUED_MAX: usize = 64;

/// Runs until `shutdown` resolves. Must be called within a tokio runtime.
pub async fn run(
    settings: Settings,
    store: impl Store,
    check: impl WriteCheck,
    names: impl Names,
    notify: impl Notify,
    shutdown: impl Future<Output = ()>,
) {
    let (sender, mut events) = mpsc::channel(EVENTS_QUEUED_MAX);
    let mut mirror = Mirror::start(store.clone(), key::system(&settings.system));
    tokio::spawn(probe::run(settings.clone(), check.clone(), sender.clone()));
    let system = settings.system.clone();
    let effects = Effects::new(system, store, check, names, notify, sender);
    let ids = Ids::new(rand::random());
    let mut controller = Controller::new(settings, ids, standfast_clock::moment());
    tokio::pin!(shutdown);
    loop {
        let event = tokio::select! {
            view = mirror.changed() => Event::View(view),
            Some(event) = events.recv() => event,
            () = standfast_clock::sleep_until(controller.wake_at()) => Event::Tick,
            () = &mut shutdown => break,
        };
        for effect in controller.step(standfast_clock::moment(), event) {
            effects.begin(effect);
        }
    }
    info!("controller ended");
}
