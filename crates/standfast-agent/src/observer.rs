//! Asks the database how it stands, as often as the core wants to know.

use std::time::Duration;

use standfast_failover::{Database, Observation as Seen, Pace};
use standfast_replication::{Engine, Observation};
use tokio::sync::{mpsc, watch};

use crate::clock;
use crate::guard::GuardHandle;

/// Between two questions while all is well. A crash is told by the guard at once; this only bounds the
/// age of the positions that are published.
const CALM: Duration = Duration::from_millis(200);

/// Between two questions while somebody waits for the answer.
const EAGER: Duration = Duration::from_millis(5);

/// Asks for as long as anybody listens. While no server runs there is nobody to ask.
pub(crate) async fn run<E: Engine>(
    engine: E,
    guard: GuardHandle,
    mut pace: watch::Receiver<Pace>,
    latest: watch::Sender<Observation>,
    inputs: mpsc::Sender<Seen>,
) {
    let mut view = guard.view();
    loop {
        while !view.borrow_and_update().is_running() {
            // What an earlier server said is not said of the next one.
            latest.send_replace(Observation::Silent {
                reason: "no server runs".to_owned(),
            });
            if view.changed().await.is_err() {
                return;
            }
        }
        let fences = guard.now().fences;
        let seen = engine.observe().await;
        // An answer from before a fence says nothing about what came after it.
        if guard.now().fences == fences && guard.now().is_running() {
            let observation = to_core(&seen);
            latest.send_replace(seen);
            if inputs.send(Seen::Database(observation)).await.is_err() {
                return;
            }
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

fn to_core(seen: &Observation) -> Database {
    match seen {
        Observation::Silent { .. } => Database::Silent,
        Observation::Busy { .. } => Database::Busy,
        Observation::Standby {
            timeline,
            received,
            streaming,
            ..
        } => Database::Standby {
            timeline: *timeline,
            received: *received,
            streaming: *streaming,
        },
        Observation::Primary {
            timeline, position, ..
        } => Database::Primary {
            timeline: *timeline,
            position: *position,
        },
    }
}
