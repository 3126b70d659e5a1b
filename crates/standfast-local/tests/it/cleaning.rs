//! What is left of a supervisor that ended or was killed, and how it is found.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use standfast_local::processes::{Process, ProcessId, descendants};
use standfast_local::stale::{Down, DownError, clean_up, down, leftovers, purge};
use standfast_local::up::{EntryState, Lock, LockError, Running, UpFile};

use crate::roles::start_supervisor;
use crate::support::{Sandbox, Started, until, up_file};

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the supervisor's processes run as what they are, and returns them all, the one that
/// is written down nowhere included.
async fn all_up(sandbox: &Sandbox) -> BTreeSet<ProcessId> {
    until("all processes run", || {
        let file = Running::find(&sandbox.layout).unwrap()?;
        let running = file.running_processes().len() == 2;
        let all: Vec<Process> = leftovers(&sandbox.layout).unwrap();
        let sleeping = all.len() == 3 && all.iter().all(|process| process.name == "sleep");
        (running && sleeping).then(|| all.iter().map(|process| process.id).collect())
    })
    .await
}

fn bystander() -> Started {
    let child = Command::new("sleep")
        .arg("1000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Started(child.unwrap())
}

#[tokio::test]
async fn killing_the_supervisor_interrupts_nothing_and_the_next_finds_exactly_what_it_left() {
    let sandbox = Sandbox::new();
    let other = bystander();
    let supervisor = start_supervisor(&sandbox.layout);
    let all = all_up(&sandbox).await;
    let pid = supervisor.0.id();
    assert_eq!(descendants(&[pid]).unwrap().len(), 3);

    // A frozen one is the hard case: an orphaned process group would get SIGHUP.
    let store = sandbox.running("store").unwrap();
    store.signal(Signal::STOP).unwrap();
    drop(supervisor);
    assert!(all.iter().all(|process| process.is_running()));
    let file = Running::find(&sandbox.layout).unwrap().unwrap();
    assert_eq!(file.running_supervisor(), None);
    assert_eq!(file.supervisor.pid, pid);

    assert!(matches!(purge(&sandbox.layout), Err(DownError::Running(left)) if left.len() == 3));
    let lock = Lock::acquire(&sandbox.layout).unwrap();
    let report = clean_up(&sandbox.layout, &lock, PATIENCE).await.unwrap();
    let ended: BTreeSet<ProcessId> = report.ended.keys().copied().collect();
    assert_eq!(ended, all);
    assert!(report.killed.is_empty() && report.survived.is_empty());
    assert!(Running::find(&sandbox.layout).unwrap().is_none());
    assert!(ProcessId::of(other.0.id()).unwrap().is_running());
}

#[tokio::test]
async fn down_leaves_nothing_and_purge_removes_the_folders() {
    let sandbox = Sandbox::new();
    let mut supervisor = start_supervisor(&sandbox.layout);
    let all = all_up(&sandbox).await;
    let held = Lock::acquire(&sandbox.layout).unwrap_err();
    assert!(matches!(held, LockError::Held { pid: Some(pid) } if pid == supervisor.0.id()));
    assert!(matches!(
        purge(&sandbox.layout),
        Err(DownError::Busy(LockError::Held { .. }))
    ));

    assert_eq!(
        down(&sandbox.layout, PATIENCE).await.unwrap(),
        Down::Supervised
    );
    assert!(supervisor.0.wait().unwrap().success());
    assert!(!all.iter().any(|process| process.is_running()));
    let file = UpFile::read(&sandbox.layout).unwrap().unwrap();
    assert!(
        file.processes
            .values()
            .all(|entry| entry.state == EntryState::Stopped)
    );

    assert_eq!(
        down(&sandbox.layout, PATIENCE).await.unwrap(),
        Down::WasDown
    );
    purge(&sandbox.layout).unwrap();
    assert!(!sandbox.layout.state().exists());
    assert!(!sandbox.layout.run().exists());
    purge(&sandbox.layout).unwrap();
}

#[tokio::test]
async fn down_does_the_work_of_a_killed_supervisor() {
    let sandbox = Sandbox::new();
    let supervisor = start_supervisor(&sandbox.layout);
    let all = all_up(&sandbox).await;
    drop(supervisor);
    match down(&sandbox.layout, PATIENCE).await.unwrap() {
        Down::CleanedUp(report) => assert_eq!(report.ended.len(), all.len()),
        other => panic!("{other:?}"),
    }
    assert_eq!(leftovers(&sandbox.layout).unwrap(), []);
}

#[tokio::test]
async fn a_frozen_supervisor_does_not_keep_down_waiting_for_ever() {
    let sandbox = Sandbox::new();
    let mut supervisor = start_supervisor(&sandbox.layout);
    let all = all_up(&sandbox).await;
    // SIGTERM is followed by SIGCONT, so it goes down as if it had never been frozen.
    ProcessId::of(supervisor.0.id())
        .unwrap()
        .signal(Signal::STOP)
        .unwrap();
    down(&sandbox.layout, PATIENCE).await.unwrap();
    supervisor.0.wait().unwrap();
    assert!(!all.iter().any(|process| process.is_running()));
}

#[tokio::test]
async fn a_process_without_mark_is_found_by_its_working_directory() {
    let sandbox = Sandbox::new();
    let data = sandbox.layout.regions().join("us-east-1/main-1/data");
    fs::create_dir_all(&data).unwrap();
    let start = |folder: &std::path::Path| {
        // In a session of its own, as a database's processes are, and without the mark.
        let child = Command::new("setsid")
            .args(["sleep", "1000"])
            .env_clear()
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Started(child.unwrap())
    };
    let inside = start(&data);
    let outside = start(sandbox.layout.state());
    let sleeping = |child: &Started| {
        let process = Process::read(child.0.id()).ok()?;
        (process.name == "sleep").then_some(process.id)
    };
    let ours = until("it sleeps", || sleeping(&inside)).await;
    until("the other sleeps", || sleeping(&outside)).await;
    let found: Vec<ProcessId> = leftovers(&sandbox.layout)
        .unwrap()
        .iter()
        .map(|process| process.id)
        .collect();
    assert_eq!(found, [ours]);
}

#[test]
fn process_ids_of_another_boot_mean_nothing() {
    let sandbox = Sandbox::new();
    let mut file = up_file();
    file.write(&sandbox.layout).unwrap();
    assert!(Running::find(&sandbox.layout).unwrap().is_some());
    file.boot_id = "another".to_owned();
    file.write(&sandbox.layout).unwrap();
    assert!(Running::find(&sandbox.layout).unwrap().is_none());
}

#[test]
fn a_second_lock_is_refused_and_says_who_holds_the_first() {
    let sandbox = Sandbox::new();
    let first = Lock::acquire(&sandbox.layout).unwrap();
    match Lock::acquire(&sandbox.layout) {
        Err(LockError::Held { pid }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    drop(first);
    Lock::acquire(&sandbox.layout).unwrap();
}
