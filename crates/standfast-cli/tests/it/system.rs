//! A system of a test's own: two regions with one server each, and a witness. It is brought down and
//! removed when the test ends, however it ends, and must leave no process behind.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::history::{History, Row};
use crate::process;
use crate::status::{Node, Status};
use crate::time::until;
use crate::writer::{self, Credentials, Writer};

/// The regions: where a system is at home, where it stands by, and who only votes.
pub(crate) const HOME: &str = "east";
pub(crate) const STANDBY: &str = "west";
pub(crate) const WITNESS: &str = "north";

/// One system at a time, for runners that give each test a thread. (nextest gives each a process, and
/// its configuration says the same.)
static ONE: Mutex<()> = Mutex::new(());

/// What a command printed, and its exit status.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.status, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// It was refused with this exit status, and said all of these on standard error.
    #[track_caller]
    pub(crate) fn fails(self, status: i32, said: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.out, self.err);
        for piece in said {
            assert!(self.err.contains(piece), "no `{piece}` in: {}", self.err);
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// A system, up or down.
#[derive(Debug)]
pub(crate) struct System {
    name: String,
    folder: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl System {
    /// A blueprint of the given name, which nothing has brought up yet.
    pub(crate) fn described(name: &str) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("e2e-{name}-{}", std::process::id());
        let folder = TempDir::with_prefix(&name).unwrap();
        let system = Self {
            name,
            folder,
            _one: one,
        };
        system.write_blueprint("durability: async", "mode: automatic");
        system
    }

    /// Writes the blueprint, with further words about its database and its failover.
    pub(crate) fn write_blueprint(&self, database: &str, failover: &str) {
        let text = format!(
            "standfast: 1\n\
             name: {name}\n\
             environment: test\n\
             promise: {{ rto: 10s, rpo: 3s }}\n\
             regions: {{ {HOME}: {{ home: true }}, {STANDBY}: {{}}, {WITNESS}: {{ witness: true }} }}\n\
             databases:\n\
             \x20 main: {{ engine: postgres, database: app, nodes: {{ home: 1, standby: 1 }}, {database} }}\n\
             failover: {{ lease: 2s, hold_down: 1s, {failover} }}\n",
            name = self.name,
        );
        fs::write(self.blueprint(), text).unwrap();
    }

    pub(crate) fn blueprint(&self) -> PathBuf {
        self.folder.path().join("standfast.yaml")
    }

    /// Up and complete, with a table to write into.
    pub(crate) fn up(name: &str) -> Self {
        let system = Self::described(name);
        system.bring_up();
        system.create_table();
        system
    }

    /// Brings it up and waits until it is complete.
    pub(crate) fn bring_up(&self) -> Ran {
        let ran = self.run_up(&["--detach"]).succeeds();
        self.complete();
        ran
    }

    pub(crate) fn create_table(&self) {
        let create =
            "CREATE TABLE writes (writer text, number bigint, PRIMARY KEY (writer, number))";
        self.query(self.proxy(HOME), create).unwrap();
    }

    /// Runs a command about this system.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut program = self.program();
        program.args(arguments).arg("--file").arg(self.blueprint());
        ran(&program.output().unwrap())
    }

    /// Runs `up`, which takes the blueprint without a word before it.
    pub(crate) fn run_up(&self, arguments: &[&str]) -> Ran {
        let mut program = self.program();
        program.arg("up").arg(self.blueprint()).args(arguments);
        ran(&program.output().unwrap())
    }

    /// The program, with nothing in its environment that would lead it elsewhere. For an ordinary user the
    /// state of systems lies in the test's own folder; for root, where it always does.
    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_standfast"));
        program
            .env_remove("STANDFAST_FILE")
            .env_remove("STANDFAST_STATE")
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        program
    }

    /// One look, whatever the exit status.
    pub(crate) fn status(&self) -> Status {
        Status(self.run(&["status", "--format", "json"]).json())
    }

    pub(crate) fn outputs(&self) -> Value {
        let ran = self.run(&["outputs", "--format", "json"]).succeeds();
        ran.json()["databases"][0].clone()
    }

    /// The events in the journal with this name.
    pub(crate) fn events(&self, what: &str) -> Vec<Value> {
        let ran = self.run(&["events", "--format", "json"]).succeeds();
        let events = ran.json()["events"].as_array().unwrap().clone();
        events
            .into_iter()
            .filter(|event| event["what"] == what)
            .collect()
    }

    /// How many transactions the ledger says were lost.
    pub(crate) fn losses_recorded(&self) -> u64 {
        let ran = self
            .run(&["events", "--losses", "--format", "json"])
            .succeeds();
        let losses = ran.json()["losses"].as_array().unwrap().clone();
        losses
            .iter()
            .map(|loss| loss["transactions"].as_u64().unwrap())
            .sum()
    }

    /// Waits until its status is as wanted.
    #[track_caller]
    pub(crate) fn reaches(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        until(what, || Some(self.status()).filter(&wanted))
    }

    /// Waits until one node serves and every other one follows.
    #[track_caller]
    pub(crate) fn complete(&self) -> Status {
        self.reaches("there are a writer and a follower", Status::is_complete)
    }

    /// The same, under a later epoch.
    #[track_caller]
    pub(crate) fn complete_after(&self, epoch: u64) -> Status {
        self.reaches("there are a new writer and a follower", |status| {
            status.is_complete() && status.epoch() > epoch
        })
    }

    pub(crate) fn state(&self) -> PathBuf {
        PathBuf::from(
            self.run(&["status", "--format", "json"]).json()["folder"]
                .as_str()
                .unwrap(),
        )
    }

    /// Where a node's database keeps its data.
    pub(crate) fn data(&self, node: &Node) -> PathBuf {
        let regions = self.state().join("regions");
        regions.join(node.region()).join(node.name()).join("data")
    }

    /// The writer proxy of a region.
    pub(crate) fn proxy(&self, region: &str) -> SocketAddr {
        let outputs = self.outputs();
        let proxies = outputs["proxies"].as_array().unwrap();
        let found = proxies
            .iter()
            .find(|proxy| proxy["region"] == region)
            .unwrap();
        found["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let outputs = self.outputs();
        let text = |key: &str| outputs[key].as_str().unwrap().to_owned();
        Credentials {
            user: text("user"),
            database: text("database"),
            password: fs::read_to_string(text("password_file"))
                .unwrap()
                .trim()
                .to_owned(),
        }
    }

    /// A client that never stops writing to this address.
    pub(crate) fn writer(&self, name: &str, to: SocketAddr) -> Writer {
        Writer::start(name, to, self.credentials())
    }

    /// One statement on a connection of its own; each row's columns joined by a tab.
    pub(crate) fn query(&self, to: SocketAddr, statement: &str) -> Result<Vec<String>, String> {
        writer::query(to, &self.credentials(), statement)
    }

    /// Every row that writers left, as one node has them.
    pub(crate) fn rows(&self, node: &Node) -> BTreeSet<Row> {
        let lines = self
            .query(node.address(), "SELECT writer, number FROM writes")
            .unwrap();
        lines
            .iter()
            .map(|line| {
                let (writer, number) = line.split_once('\t').unwrap();
                (writer.to_owned(), number.parse().unwrap())
            })
            .collect()
    }

    /// Rows that were confirmed and are on no server any more are in the ledger, and all servers have
    /// the same rows.
    #[track_caller]
    pub(crate) fn accounts_for(&self, histories: &[History]) {
        let status = self.complete();
        let rows = self.rows(&status.primary());
        let lost: usize = histories
            .iter()
            .map(|history| history.lost(&rows).len())
            .sum();
        let recorded = self.losses_recorded();
        assert!(
            lost as u64 <= recorded,
            "{lost} are lost, the ledger says {recorded}"
        );
        until("the standby has all rows", || {
            (self.rows(&status.standby()) == self.rows(&status.primary())).then_some(())
        });
    }

    /// Brings it down, and checks that nothing of it runs any more.
    pub(crate) fn bring_down(&self, arguments: &[&str]) -> Ran {
        let state = self.state();
        let ran = self.run(&[&["down"], arguments].concat()).succeeds();
        assert_eq!(process::of_system(&state), [], "left behind by `down`");
        ran
    }

    /// Lines of any log that are warnings or errors.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let all = logs(&self.state()).into_iter().flat_map(|(log, text)| {
            let loud = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
            let lines = text.lines().filter(loud);
            lines
                .map(|line| format!("{}: {line}", log.display()))
                .collect::<Vec<_>>()
        });
        all.collect()
    }

    /// What a reader needs to find out why a test failed.
    fn tell(&self, state: &Path) {
        for arguments in [&["status"][..], &["events"], &["events", "--losses"]] {
            let ran = self.run(arguments);
            eprintln!("---- {arguments:?}\n{}{}", ran.out, ran.err);
        }
        for (log, text) in logs(state) {
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("---- {}\n{tail}", log.display());
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let status = self.run(&["status", "--format", "json"]);
        let status: Value = serde_json::from_str(&status.out).unwrap_or_default();
        let Some(state) = status["folder"].as_str().map(PathBuf::from) else {
            // It was never brought up, or is purged already.
            return;
        };
        if std::thread::panicking() {
            self.tell(&state);
        }
        let down = self.run(&["down", "--purge"]);
        let left = process::of_system(&state);
        for process in &left {
            process::signal(process.pid, rustix::process::Signal::KILL);
        }
        if std::thread::panicking() {
            eprintln!("---- down: {down:?}\n---- left: {left:?}");
        } else {
            assert_eq!(down.status, Some(0), "{}{}", down.out, down.err);
            assert_eq!(left, [], "left behind by `down --purge`");
            assert!(!state.exists(), "{} is left", state.display());
        }
    }
}

/// What is in a folder; nothing when it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

/// The logs of a system's processes, with their paths.
fn logs(state: &Path) -> Vec<(PathBuf, String)> {
    let regions = entries(&state.join("regions"));
    let nodes = regions.iter().flat_map(|region| entries(region));
    let databases = nodes.map(|node| node.join("database.log"));
    let paths = entries(&state.join("logs")).into_iter().chain(databases);
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_default();
            (path, text)
        })
        .collect()
}

fn ran(output: &std::process::Output) -> Ran {
    Ran {
        status: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
