//! The loop: everything that reaches the agent becomes an event, everything it wants done an effect.

use std::future::Future;
use std::path::PathBuf;

use standfast_clock as clock;
use standfast_coordination::{Mirror, Store};
use standfast_record::{Ids, key};
use standfast_replication::Engine;
use tracing::info;

use crate::agent::Agent;
use crate::effects::{Hands, Life};
use crate::event::Event;
use crate::guard::GuardHandle;
use crate::settings::Settings;

/// Where the guard is found, or started.
#[derive(Debug, Clone)]
pub struct GuardPlace {
    /// Its socket.
    pub socket: PathBuf,
    /// How it is started when none answers: program and arguments.
    pub command: Vec<String>,
}

/// Runs until `shutdown` resolves and the database has been stopped in order.
pub async fn run<S: Store, E: Engine>(
    settings: Settings,
    guard: GuardPlace,
    store: S,
    engine: E,
    shutdown: impl Future<Output = ()>,
) {
    let mut mirror = Mirror::start(store.clone(), key::system(&settings.system));
    let guard = GuardHandle::start(guard.socket, guard.command);
    let mut guard_view = guard.view();
    let (mut hands, mut answers) = Hands::new(store, engine, guard);
    // The one random source of an agent: no two lives of any agent make the same ids.
    let ids = Ids::new(rand::random());
    let mut agent = Agent::new(settings, ids, clock::moment());
    tokio::pin!(shutdown);
    let mut ending = false;
    let mut event = Event::Tick;
    while hands.carry_out(agent.step(clock::moment(), event)) == Life::GoesOn {
        event = tokio::select! {
            // What the guard says comes first: answers are read in the light of it.
            biased;
            changed = guard_view.changed() => {
                if changed.is_err() {
                    return;
                }
                Event::Guard(guard_view.borrow_and_update().clone())
            }
            Some(answer) = answers.recv() => answer,
            view = mirror.changed() => Event::View(view),
            () = &mut shutdown, if !ending => {
                ending = true;
                Event::Shutdown
            }
            () = clock::sleep_until(agent.wake_at()) => Event::Tick,
        };
    }
    hands.put_down().await;
    info!("agent ended");
}
