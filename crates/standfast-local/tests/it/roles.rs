//! Processes that tests start: this test program again, with a role in its environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use standfast_local::layout::Layout;
use standfast_local::session::{self, OWN_PROGRAM};
use standfast_local::supervisor::{Launcher, ProcessSpec, Supervisor, interrupted};
use standfast_local::up::Lock;
use tokio::sync::mpsc;

use crate::support::{Started, shell, sleeper, up_file};

const ROLE: &str = "STANDFAST_TEST_ROLE";
const STATE: &str = "STANDFAST_TEST_STATE";
const RUN: &str = "STANDFAST_TEST_RUN";
const ARGUMENTS: [&str; 3] = ["roles::a_process_plays_its_role", "--exact", "--nocapture"];

#[test]
fn a_process_plays_its_role() {
    match std::env::var(ROLE).as_deref() {
        Ok("supervisor") => supervisor(),
        Ok("session") => begin_session(),
        // Run as a test among others it has none.
        _ => {}
    }
}

/// The launcher for processes given by [`launched`].
pub(crate) fn launcher() -> Launcher {
    Launcher {
        program: PathBuf::from(OWN_PROGRAM),
        arguments: ARGUMENTS.map(OsString::from).to_vec(),
    }
}

/// Prepares a process to be started by [`launcher`]. The test harness would read arguments beginning
/// with a hyphen as its own, so the script goes through the environment.
pub(crate) fn launched(mut spec: ProcessSpec) -> ProcessSpec {
    let script = spec.arguments.pop().unwrap();
    spec.environment = vec![(ROLE.into(), "session".into()), ("SCRIPT".into(), script)];
    spec.arguments = Vec::new();
    spec
}

fn begin_session() {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let program = arguments.last().unwrap();
    let script = std::env::var_os("SCRIPT").unwrap();
    let error = session::exec(program, [OsString::from("-c"), script]);
    panic!("cannot become {}: {error}", program.display());
}

/// Starts a process that supervises [`processes`] below `layout`.
pub(crate) fn start_supervisor(layout: &Layout) -> Started {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(ARGUMENTS)
        .env(ROLE, "supervisor")
        .env(STATE, layout.state())
        .env(RUN, layout.run())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Started(child.unwrap())
}

/// What that process supervises: one of them starts another that leaves its family and outlives it.
pub(crate) fn processes(layout: &Layout) -> Vec<ProcessSpec> {
    let agent = "setsid sleep 1001 & exec sleep 1000";
    vec![
        launched(sleeper(layout, "store", 2)),
        launched(shell(layout, "agent/one", 1, agent)),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn supervisor() {
    let folder = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let layout = Layout::new(folder(STATE), folder(RUN)).unwrap();
    let lock = Lock::acquire(&layout).unwrap();
    let (events, _) = mpsc::channel(1);
    Supervisor::new(layout.clone(), &lock, up_file())
        .with_launcher(launcher())
        .run(processes(&layout), interrupted().unwrap(), events)
        .await
        .unwrap();
}
