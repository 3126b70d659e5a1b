//! The supervisor within the test's own process.

use std::time::Duration;

use rustix::process::Signal;
use standfast_local::holds::HoldTarget;
use standfast_local::processes::{Process, ProcessId};
use standfast_local::stale::leftovers;
use standfast_local::supervisor::{
    Ending, Launcher, ProcessSpec, ShutdownReport, Supervisor, SupervisorEvent,
};
use standfast_local::up::{EntryState, Lock};
use standfast_units::Region;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::roles;
use crate::support::{Sandbox, in_region, read, shell, sleeper, until, up_file};

struct Supervised {
    sandbox: Sandbox,
    events: mpsc::Receiver<SupervisorEvent>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<ShutdownReport>,
}

impl Supervised {
    fn start(specs: impl FnOnce(&Sandbox) -> Vec<ProcessSpec>, launcher: Option<Launcher>) -> Self {
        let sandbox = Sandbox::new();
        let specs = specs(&sandbox);
        let layout = sandbox.layout.clone();
        let (events, received) = mpsc::channel(100);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let lock = Lock::acquire(&layout).unwrap();
            let mut supervisor = Supervisor::new(layout.clone(), &lock, up_file())
                .with_stop_wait(Duration::from_millis(300));
            if let Some(launcher) = launcher {
                supervisor = supervisor.with_launcher(launcher);
            }
            let stopped = async {
                let _ = stopped.await;
            };
            supervisor.run(specs, stopped, events).await.unwrap()
        });
        Self {
            sandbox,
            events: received,
            stop,
            task,
        }
    }

    async fn running(&self, name: &str) -> ProcessId {
        until("it runs", || {
            let state = self.sandbox.entry(name)?.state;
            (state == EntryState::Running).then(|| self.sandbox.running(name))?
        })
        .await
    }

    async fn state(&self, name: &str, state: EntryState) {
        until("its state is written", || {
            (self.sandbox.entry(name)?.state == state).then_some(())
        })
        .await;
    }

    /// Stops everything; returns the report and all events, in order.
    async fn stop(mut self) -> (Sandbox, ShutdownReport, Vec<SupervisorEvent>) {
        self.stop.send(()).unwrap();
        let report = self.task.await.unwrap();
        let mut events = Vec::new();
        while let Some(event) = self.events.recv().await {
            events.push(event);
        }
        assert_eq!(leftovers(&self.sandbox.layout).unwrap(), []);
        (self.sandbox, report, events)
    }
}

#[tokio::test]
async fn a_killed_process_is_started_again_at_once() {
    let up = Supervised::start(|sandbox| vec![sleeper(&sandbox.layout, "store", 0)], None);
    let first = up.running("store").await;
    first.signal(Signal::KILL).unwrap();
    let second = until("another runs", || {
        up.sandbox.running("store").filter(|now| *now != first)
    })
    .await;
    assert_ne!(first.pid, second.pid);
    assert_eq!(up.sandbox.entry("store").unwrap().restarts, 1);

    let (_, report, events) = up.stop().await;
    assert_eq!(report, ShutdownReport::default());
    let waits: Vec<Duration> = events
        .iter()
        .filter_map(|event| match event {
            SupervisorEvent::Exited { restart_in, .. } => Some(*restart_in),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [Duration::ZERO]);
}

#[tokio::test]
async fn a_process_that_keeps_dying_is_slowed_down_and_its_output_kept() {
    let up = Supervised::start(
        |sandbox| {
            vec![shell(
                &sandbox.layout,
                "agent/a",
                0,
                "echo alive; echo dying >&2",
            )]
        },
        None,
    );
    until("it was started again and again", || {
        (up.sandbox.entry("agent/a")?.restarts >= 3).then_some(())
    })
    .await;
    let (sandbox, _, events) = up.stop().await;
    let waits: Vec<u128> = events
        .iter()
        .filter_map(|event| match event {
            SupervisorEvent::Exited { restart_in, .. } => Some(restart_in.as_millis()),
            _ => None,
        })
        .take(3)
        .collect();
    assert_eq!(waits, [0, 100, 200]);
    let log = read(&sandbox.layout.log("agent/a"));
    assert!(log.starts_with("alive\ndying\nalive\ndying\n"), "{log}");
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_reported_and_does_not_stop_the_others() {
    let up = Supervised::start(
        |sandbox| {
            let mut missing = sleeper(&sandbox.layout, "agent/a", 0);
            missing.program = "/nonexistent".into();
            vec![missing, sleeper(&sandbox.layout, "store", 1)]
        },
        None,
    );
    up.running("store").await;
    let (_, _, events) = up.stop().await;
    assert!(events.iter().any(
        |event| matches!(event, SupervisorEvent::StartFailed { name, .. } if name == "agent/a")
    ));
}

/// Kills a process that is held and checks that it starts only after the hold is lifted.
async fn check_hold(target: &HoldTarget) {
    let region = Region::new("us-east-1").unwrap();
    let name = "agent/main-us-east-1-1";
    let up = Supervised::start(
        |sandbox| {
            vec![
                in_region(sleeper(&sandbox.layout, name, 0), &region),
                sleeper(&sandbox.layout, "store", 1),
            ]
        },
        None,
    );
    let layout = up.sandbox.layout.clone();
    let first = up.running(name).await;
    target.place(&layout).unwrap();
    assert!(first.is_running(), "a hold stops nothing");
    first.signal(Signal::KILL).unwrap();
    up.state(name, EntryState::Held).await;

    // Meanwhile others are started again as ever: that this one is not is no accident.
    let store = up.running("store").await;
    store.signal(Signal::KILL).unwrap();
    until("the store is back", || {
        up.sandbox.running("store").filter(|now| *now != store)
    })
    .await;
    assert_eq!(up.sandbox.running(name), None);

    target.lift(&layout).unwrap();
    let second = up.running(name).await;
    assert_ne!(first, second);
    up.stop().await;
}

#[tokio::test]
async fn a_held_process_is_not_started_until_the_hold_is_lifted() {
    check_hold(&HoldTarget::Process("agent/main-us-east-1-1".to_owned())).await;
}

#[tokio::test]
async fn a_held_region_is_not_started_until_the_hold_is_lifted() {
    check_hold(&HoldTarget::Region(Region::new("us-east-1").unwrap())).await;
}

#[tokio::test]
async fn ranks_are_stopped_in_order_and_who_ignores_it_is_killed() {
    let stubborn = "sleep 1000 & trap '' TERM; echo ready; wait";
    let up = Supervised::start(
        |sandbox| {
            vec![
                sleeper(&sandbox.layout, "store", 9),
                shell(&sandbox.layout, "agent/a", 1, stubborn),
                sleeper(&sandbox.layout, "relay/a", 5),
            ]
        },
        None,
    );
    for name in ["store", "agent/a", "relay/a"] {
        up.running(name).await;
    }
    let log = up.sandbox.layout.log("agent/a");
    until("it ignores SIGTERM", || {
        read(&log).contains("ready").then_some(())
    })
    .await;
    let (_, report, events) = up.stop().await;
    assert_eq!(report.killed.iter().collect::<Vec<_>>(), ["agent/a"]);
    let stopped: Vec<(&str, Ending)> = events
        .iter()
        .filter_map(|event| match event {
            SupervisorEvent::Stopped { name, ending } => Some((name.as_str(), *ending)),
            _ => None,
        })
        .collect();
    assert_eq!(
        stopped,
        [
            ("agent/a", Ending::Killed),
            ("relay/a", Ending::Willing),
            ("store", Ending::Willing)
        ]
    );
    // Its child outlived it and was found by its mark.
    assert_eq!(report.leftovers.ended.len(), 1);
}

#[tokio::test]
async fn a_frozen_process_can_be_stopped() {
    let up = Supervised::start(|sandbox| vec![sleeper(&sandbox.layout, "store", 0)], None);
    let store = up.running("store").await;
    store.signal(Signal::STOP).unwrap();
    let (_, report, _) = up.stop().await;
    assert_eq!(report, ShutdownReport::default());
}

#[tokio::test]
async fn a_launched_process_leads_its_own_session() {
    let up = Supervised::start(
        |sandbox| vec![roles::launched(sleeper(&sandbox.layout, "store", 0))],
        Some(roles::launcher()),
    );
    let store = up.running("store").await;
    let process = until("it has become its program", || {
        Process::read(store.pid)
            .ok()
            .filter(|process| process.name == "sleep")
    })
    .await;
    assert_eq!(process.id, store, "neither forked nor restarted");
    assert_eq!(process.session, store.pid);
    assert!(!process.on_terminal);
    up.stop().await;
}
