//! P5 and P6 with the real `PostgreSQL`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::process::Signal;
use standfast_guard::protocol::{Ended, Event, Phase, Reason, Reply, Request};

use crate::support::{
    Agent, Place, as_user, from_now, is_refused, lives, number_in, send, state_of, until,
};
use crate::wire::Session;

/// Where Debian and its descendants keep the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The programs of the newest version there is.
fn programs() -> Option<PathBuf> {
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    fs::read_dir(VERSIONS)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bin/postgres").exists())
        .max_by_key(|path| version(path))
        .map(|path| path.join("bin"))
}

/// A cluster whose configuration lies outside its data folder and includes the permit.
struct Server {
    place: Place,
}

impl Server {
    /// `None`, loudly, where `PostgreSQL` is not installed.
    fn new() -> Option<Self> {
        if programs().is_none() {
            assert!(
                std::env::var_os("STANDFAST_REQUIRE_POSTGRES").is_none_or(|value| value != "1"),
                "STANDFAST_REQUIRE_POSTGRES=1, but there is no server in {VERSIONS}"
            );
            println!("SKIPPED: there is no server in {VERSIONS}");
            return None;
        }
        let place = Place::new();
        let initialised = as_user(&mut Command::new(program("initdb")))
            .args(["--username=postgres", "--auth=trust", "--no-sync", "-D"])
            .arg(place.path("data"))
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            initialised.status.success(),
            "{}",
            String::from_utf8_lossy(&initialised.stderr)
        );
        let configuration = format!(
            "include '{}'\nlisten_addresses = ''\nunix_socket_directories = '{}'\n\
             hba_file = '{}'\nident_file = '{}'\nshared_buffers = 16MB\nfsync = off\n",
            place.path("run/permit.conf").display(),
            place.path("run").display(),
            place.path("data/pg_hba.conf").display(),
            place.path("data/pg_ident.conf").display(),
        );
        fs::write(place.path("server.conf"), configuration).unwrap();
        Some(Self { place })
    }

    fn arguments(&self) -> [String; 4] {
        [
            "-D".to_owned(),
            self.place.path("data").display().to_string(),
            "-c".to_owned(),
            format!("config_file={}", self.place.path("server.conf").display()),
        ]
    }

    fn start(&self, agent: &mut Agent) {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let reply = agent.start(program("postgres").to_str().unwrap(), &arguments, None);
        assert_eq!(reply, Reply::Ok);
    }

    fn session(&self) -> Session {
        let socket = self.place.path("run/.s.PGSQL.5432");
        until("a server that answers", || {
            let session = Session::open(&socket, "postgres");
            let log = self.place.log();
            assert!(
                session.is_some() || !log.contains("FATAL:  lock file"),
                "{log}"
            );
            session
        })
    }

    /// The ids of all processes of the running server.
    fn processes(&self) -> Vec<u32> {
        let first = self.first();
        let mut all = vec![first];
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            let parent = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            if parent.contains(&format!("PPid:\t{first}\n")) {
                all.push(pid);
            }
        }
        assert!(all.len() > 3, "{all:?}");
        all
    }

    fn first(&self) -> u32 {
        let file = fs::read_to_string(self.place.path("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }
}

fn program(name: &str) -> PathBuf {
    programs().unwrap().join(name)
}

fn assert_none_lives(processes: &[u32]) {
    for pid in processes {
        assert!(!lives(*pid), "process {pid} lives");
    }
}

/// Starts the server, keeps it busy with a pipelining client, does something terrible, and checks that after
/// `fenced` nothing is acknowledged any more and everything acknowledged is there after a restart.
fn nothing_is_acknowledged_after(terrible: impl FnOnce(&mut Agent, u32)) {
    let Some(server) = Server::new() else { return };
    let (_guard, mut agent) = server.place.guard();
    server.start(&mut agent);
    let mut session = server.session();
    session.query("create table written (at timestamptz default clock_timestamp())");
    let backend: u32 = session.query("select pg_backend_pid()").parse().unwrap();
    let count = AtomicU64::new(0);
    let (processes, acknowledged) = thread::scope(|scope| {
        let mut answers = session.another();
        let count = &count;
        let reader = scope
            .spawn(move || answers.acknowledged(|so_far| count.store(so_far, Ordering::Relaxed)));
        scope.spawn(move || while session.post("insert into written default values") {});
        until("a busy client", || {
            (count.load(Ordering::Relaxed) > 100).then_some(())
        });
        let processes = server.processes();
        assert!(processes.contains(&backend));
        terrible(&mut agent, server.first());
        agent.fenced();
        // `fenced` says it all: no process, so none that could acknowledge.
        assert_none_lives(&processes);
        (processes, reader.join().unwrap())
    });
    println!(
        "{} processes, {acknowledged} acknowledgements",
        processes.len()
    );
    server.start(&mut agent);
    let rows: u64 = server
        .session()
        .query("select count(*) from written")
        .parse()
        .unwrap();
    assert!(
        rows >= acknowledged,
        "{rows} rows, {acknowledged} acknowledged"
    );
}

#[test]
fn killing_the_postmaster_alone_leaves_no_backend_that_acknowledges() {
    nothing_is_acknowledged_after(|agent, postmaster| {
        send(postmaster, Signal::KILL);
        assert_eq!(
            agent.event(),
            Event::Exited {
                pid: postmaster,
                status: Ended::Signal(9)
            }
        );
    });
}

#[test]
fn an_agent_that_falls_silent_leaves_no_backend_that_acknowledges() {
    nothing_is_acknowledged_after(|agent, postmaster| {
        assert_eq!(agent.push(from_now(100)), Reply::Ok);
        let Event::Exited { pid, .. } = agent.event() else {
            panic!("the server did not end");
        };
        assert_eq!(pid, postmaster);
    });
}

#[test]
fn a_fence_does_not_wait_for_a_stopped_backend() {
    let Some(server) = Server::new() else { return };
    let (_guard, mut agent) = server.place.guard();
    server.start(&mut agent);
    let backend: u32 = server
        .session()
        .query("select pg_backend_pid()")
        .parse()
        .unwrap();
    let mut session = server.session();
    let stopped: u32 = session.query("select pg_backend_pid()").parse().unwrap();
    assert_ne!(backend, stopped);
    let processes = server.processes();
    send(stopped, Signal::STOP);
    until("a stopped backend", || {
        (state_of(stopped) == Some('T')).then_some(())
    });
    let fence = Request::Fence {
        reason: "test".to_owned(),
    };
    assert_eq!(agent.ask(&fence), Reply::Ok);
    let event = agent.fenced();
    println!("{event:?}");
    assert!(
        matches!(
            event,
            Event::Fenced {
                reason: Reason::Asked(_),
                killed: 1..,
                ..
            }
        ),
        "{event:?}"
    );
    assert_none_lives(&processes);
}

#[test]
fn an_orderly_stop_needs_no_kill() {
    let Some(server) = Server::new() else { return };
    let (_guard, mut agent) = server.place.guard();
    server.start(&mut agent);
    let _session = server.session();
    let processes = server.processes();
    let stop = Request::Stop {
        within: std::time::Duration::from_mins(1),
    };
    assert_eq!(agent.ask(&stop), Reply::Ok);
    let exited = agent.event();
    assert!(
        matches!(
            exited,
            Event::Exited {
                status: Ended::Exit(0),
                ..
            }
        ),
        "{exited:?}"
    );
    let fenced = agent.event();
    assert!(
        matches!(
            fenced,
            Event::Fenced {
                reason: Reason::Ended,
                killed: 0,
                ..
            }
        ),
        "{fenced:?}"
    );
    assert_none_lives(&processes);
}

#[test]
fn a_start_by_hand_fails_while_no_guard_runs() {
    let Some(server) = Server::new() else { return };
    let by_hand = || {
        as_user(&mut Command::new(program("postgres")))
            .args(server.arguments())
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let assert_refused = |output: &std::process::Output| {
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{words}");
        assert!(words.contains("permit.conf"), "{words}");
    };
    assert_refused(&by_hand());

    // The same after a guard was killed while its server ran, which ends with it.
    let (mut guard, mut agent) = server.place.guard();
    server.start(&mut agent);
    let _session = server.session();
    let processes = server.processes();
    guard.send(Signal::KILL);
    guard.ended();
    for pid in processes {
        until("the end of the server", || (!lives(pid)).then_some(()));
    }
    assert_refused(&by_hand());
}

#[test]
fn a_frozen_agent_and_a_killed_guard_leave_a_folder_that_the_next_guard_starts() {
    let Some(server) = Server::new() else { return };
    let (mut guard, mut agent) = server.place.guard();
    server.start(&mut agent);
    let mut session = server.session();
    let stopped: u32 = session.query("select pg_backend_pid()").parse().unwrap();
    // One backend outlives its postmaster and the guard, as a stopped process does.
    send(stopped, Signal::STOP);
    let postmaster = server.first();
    send(postmaster, Signal::STOP);
    guard.send(Signal::KILL);
    guard.ended();
    assert!(lives(stopped) && lives(postmaster));

    let (_guard, mut agent) = server.place.guard();
    assert!(!lives(stopped) && !lives(postmaster));
    assert_eq!(agent.status().state, Phase::Idle);
    assert!(is_refused(&agent.ask(&Request::Stop {
        within: std::time::Duration::ZERO
    })));
    // The process that inherited the postmaster may be slow to reap it, and to a new postmaster it looks alive.
    until("a postmaster that is gone for good", || {
        (!Path::new(&format!("/proc/{postmaster}")).exists()).then_some(())
    });
    server.start(&mut agent);
    assert_eq!(server.session().query("select 1"), "1");
    assert!(number_in(&server.place.path("run/guard.lock")).is_some());
}
