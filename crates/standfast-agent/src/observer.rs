//! Asks the database how it stands, as often as the core wants to know.

use std::time::Duration;

use standfast_clock as clock;
use standfast_failover::Pace;
use standfast_replication::Engine;
use tokio::sync::{mpsc, watch};

use crate::event::Event;
use crate::guard::GuardHandle;

/// Between two questions while all is well. A crash is told by the guard at once; this only bounds the
/// age of the positions that are published.
const CALM: Duration = Duration::from_millis(200);

/// Between two questions while a change of primary waits for the answer.
const EAGER: Duration = Duration::from_millis(5);

/// Asks for as long as the agent listens. While no server runs there is none to ask.
pub(crate) async fn run<E: Engine>(
    engine: E,
    guard: GuardHandle,
    mut pace: watch::Receiver<Pace>,
    events: mpsc::Sender<Event>,
) {
    let mut view = guard.view();
    loop {
        if !view.borrow_and_update().is_running() {
            if events.send(Event::NoDatabase).await.is_err() || view.changed().await.is_err() {
                return;
            }
            continue;
        }
        let fences = guard.now().fences;
        let seen = engine.observe().await;
        if events.send(Event::Database { seen, fences }).await.is_err() {
            return;
        }
        let between = match *pace.borrow_and_update() {
            Pace::Calm => CALM,
            Pace::Eager => EAGER,
        };
        tokio::select! {
            () = clock::sleep_until(clock::now().after(between)) => {}
            changed = pace.changed() => if changed.is_err() { return },
            changed = view.changed() => if changed.is_err() { return },
        }
    }
}
