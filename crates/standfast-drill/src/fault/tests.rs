//! Faults on processes of the test's own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// A shell with children and a grandchild, as a postmaster with backends: the grandchild in a session of
/// its own. It prints the ids of all four.
const SHELL: &str = "sleep 600 & a=$!; setsid sh -c 'sleep 600 & echo $$ $!; wait' & wait_for=$!; \
                     echo $$ $a; wait $wait_for $a";

/// Waits for a state of other processes, which come to it when they are next scheduled.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = clock::now().after(Duration::from_secs(10));
    while !holds() {
        assert!(clock::now() < deadline, "{what} did not come about");
        std::thread::yield_now();
    }
}

struct Tree {
    shell: Child,
    pids: Vec<u32>,
}

impl Tree {
    fn grow() -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", SHELL])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(shell.stdout.take().unwrap());
        let mut pids = Vec::new();
        for line in output.lines().take(2) {
            pids.extend(
                line.unwrap()
                    .split(' ')
                    .map(|pid| pid.parse::<u32>().unwrap()),
            );
        }
        assert_eq!(pids.len(), 4);
        Self { shell, pids }
    }

    fn victims(&self) -> Victims {
        Victims {
            region: Region::new("east").unwrap(),
            named: vec![NamedProcess {
                pid: self.shell.id(),
                what: "agent of main-east-1".to_owned(),
                published_at: clock::now(),
                kind: ProcessKind::Product,
            }],
            spared: BTreeSet::from([1, std::process::id()]),
        }
    }

    fn states(&self) -> Vec<Option<ProcessStat>> {
        self.pids
            .iter()
            .map(|pid| process::stat(*pid).unwrap())
            .collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Ok(children) = process::all() {
            for stat in children
                .iter()
                .filter(|stat| self.pids.contains(&stat.identity.pid))
            {
                if let Ok(Some(handle)) = Handle::open(stat.identity) {
                    let _ = handle.signal(Signal::KILL);
                }
            }
        }
        let _ = self.shell.wait();
    }
}

#[test]
fn killing_a_region_leaves_no_descendant_in_whatever_session() {
    let tree = Tree::grow();
    let struck = kill(&tree.victims()).unwrap();
    assert_eq!(struck.processes, 4);
    assert!(tree.states().iter().flatten().all(ProcessStat::has_ended));
}

#[test]
fn a_frozen_region_stands_still_as_a_whole_and_continues_when_let_go() {
    let tree = Tree::grow();
    let frozen = freeze(&tree.victims()).unwrap();
    assert_eq!(frozen.struck.processes, 4);
    wait_until("standstill", || stopped(&tree) == 4);
    drop(frozen);
    wait_until("going on", || stopped(&tree) == 0);
    assert!(
        tree.states()
            .iter()
            .all(|stat| stat.is_some_and(|stat| !stat.has_ended()))
    );
}

fn stopped(tree: &Tree) -> usize {
    let states = tree.states();
    let stopped = states.iter().flatten().filter(|stat| stat.is_stopped());
    stopped.count()
}

#[test]
fn what_is_starved_stands_still_and_runs_by_turns_and_runs_freely_when_let_go() {
    let tree = Tree::grow();
    let starved = starve(tree.victims()).unwrap();
    assert_eq!(starved.struck.processes, 4);
    for _ in 0..2 {
        wait_until("standstill", || stopped(&tree) == 4);
        wait_until("a turn", || stopped(&tree) == 0);
    }
    wait_until("standstill", || stopped(&tree) == 4);
    starved.relent().unwrap();
    wait_until("going on", || stopped(&tree) == 0);
}

#[test]
fn a_rhythm_that_is_dropped_lets_go() {
    let tree = Tree::grow();
    drop(starve(tree.victims()).unwrap());
    wait_until("going on", || stopped(&tree) == 0);
}

#[test]
fn what_is_gone_before_its_turn_ends_no_rhythm() {
    let mut tree = Tree::grow();
    let starved = starve(tree.victims()).unwrap();
    tree.shell.kill().unwrap();
    tree.shell.wait().unwrap();
    wait_until("a turn", || stopped(&tree) == 0);
    starved.relent().unwrap();
}

#[test]
fn a_process_started_after_the_report_that_names_it_is_left_alone() {
    let tree = Tree::grow();
    let mut victims = tree.victims();
    let started = process::stat(tree.shell.id())
        .unwrap()
        .unwrap()
        .started_at();
    victims.named[0].published_at = started.before(Duration::from_secs(1));
    assert!(matches!(kill(&victims), Err(Error::NotOurs { .. })));
    assert!(matches!(freeze(&victims), Err(Error::NotOurs { .. })));
    assert!(
        tree.states()
            .iter()
            .all(|stat| stat.is_some_and(|stat| !stat.has_ended()))
    );
}

#[test]
fn what_belongs_to_no_region_is_never_touched() {
    let tree = Tree::grow();
    let mut victims = tree.victims();
    victims.spared.insert(tree.shell.id());
    assert!(matches!(kill(&victims), Err(Error::NotOurs { .. })));
    let spared_child = Victims {
        spared: BTreeSet::from([tree.pids[0]]),
        ..tree.victims()
    };
    // The shell is named, one of its descendants is spared.
    if tree.pids[0] != tree.shell.id() {
        kill(&spared_child).unwrap();
        let stat = process::stat(tree.pids[0]).unwrap().unwrap();
        assert!(!stat.has_ended());
    }
}

#[test]
fn orphans_of_a_database_are_found_by_their_program_and_folder() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = |folder: &std::path::Path| {
        Command::new("sleep")
            .arg("600")
            .current_dir(folder)
            .spawn()
            .unwrap()
    };
    let mut first = spawn(folder.path());
    let mut orphan = spawn(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let mut stranger = spawn(elsewhere.path());
    // Until it has replaced itself by its program, a child runs ours.
    let sleeps =
        |pid| process::place(pid).is_some_and(|place| place == process::place(first.id()).unwrap());
    wait_until("the program", || sleeps(orphan.id()));
    let victims = Victims {
        region: Region::new("east").unwrap(),
        named: vec![NamedProcess {
            pid: first.id(),
            what: "database of main-east-1".to_owned(),
            published_at: clock::now(),
            kind: ProcessKind::Database,
        }],
        spared: BTreeSet::from([1, std::process::id()]),
    };
    let struck = kill(&victims).unwrap();
    let stranger_lives = process::stat(stranger.id())
        .unwrap()
        .is_some_and(|stat| !stat.has_ended());
    stranger.kill().unwrap();
    for child in [&mut first, &mut orphan, &mut stranger] {
        child.wait().unwrap();
    }
    assert_eq!(struck.processes, 2);
    assert!(stranger_lives);
}

/// What `status` says of a region with two servers, one of them a standby of another database.
fn status_of_two_servers(database: Option<u32>) -> PublishedStatus {
    let node = |name: &str, agent: u32, database: Option<u32>| {
        serde_json::json!({
            "node": name, "region": "east", "role": "primary", "address": "127.0.0.1", "port": 1,
            "pids": {"agent": agent, "guard": agent + 1, "database": database},
        })
    };
    let database_of = |name: &str, node: serde_json::Value| {
        serde_json::json!({
            "name": name, "engine": "postgres", "durability": "async", "nodes": [node],
        })
    };
    serde_json::from_value(serde_json::json!({
        "version": 1, "system": "drill-test", "at_ms": 1, "lease_ms": 500, "hold_down_ms": 200,
        "promise": {"rto_ms": 10_000, "rpo_ms": 3_000},
        "processes": {"up": 2, "store": {"pid": 3}},
        "regions": [{"region": "east", "controller": {"pid": 4}, "relay": {"pid": 5}}],
        "databases": [
            database_of("main", node("main-east-1", 10, database)),
            database_of("other", node("other-east-1", 20, Some(22))),
        ],
    }))
    .unwrap()
}

#[test]
fn a_server_is_aimed_at_alone_and_all_around_it_is_spared() {
    let (region, node) = (Region::new("east").unwrap(), "main-east-1".parse().unwrap());
    let clock = clock::ClockPair::take();
    let aimed =
        |database| Victims::server_of(&status_of_two_servers(database), &region, &node, &clock);
    let victims = aimed(Some(12)).unwrap();
    let pids: Vec<_> = victims.named.iter().map(|named| named.pid).collect();
    assert_eq!(pids, [12]);
    assert_eq!(victims.named[0].kind, ProcessKind::Database);
    let spared = [1, std::process::id(), 2, 3, 4, 5, 10, 11, 20, 21, 22];
    assert_eq!(victims.spared, BTreeSet::from(spared));
    let error = aimed(None).unwrap_err();
    assert!(matches!(error, Error::NotReady { .. }), "{error}");
}
