//! What tests share: folders of their own, processes to supervise, and waiting for a state.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use rustix::process::Signal;
use rustix::time::{ClockId, clock_gettime};
use standfast_local::layout::{Layout, Owner};
use standfast_local::processes::ProcessId;
use standfast_local::stale::leftovers;
use standfast_local::supervisor::ProcessSpec;
use standfast_local::up::{Entry, UpFile};
use standfast_units::{Region, System, Timestamp};
use tempfile::TempDir;

/// Folders of one test; nothing of it survives.
pub(crate) struct Sandbox {
    pub(crate) layout: Layout,
    _state: TempDir,
    _run: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let state = TempDir::new().unwrap();
        let run = TempDir::new_in("/dev/shm").unwrap();
        let layout = Layout::new(state.path().join("state"), run.path().join("run")).unwrap();
        layout.prepare(Owner::own()).unwrap();
        Self {
            layout,
            _state: state,
            _run: run,
        }
    }

    /// The entry of a process in `up.json`.
    pub(crate) fn entry(&self, name: &str) -> Option<Entry> {
        UpFile::read(&self.layout)
            .unwrap()?
            .processes
            .get(name)
            .cloned()
    }

    /// The process of that name, when it runs.
    pub(crate) fn running(&self, name: &str) -> Option<ProcessId> {
        self.entry(name)?
            .process
            .filter(|process| process.is_running())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        while let Ok(left) = leftovers(&self.layout)
            && !left.is_empty()
        {
            for process in left {
                let _ = process.id.signal(Signal::KILL);
            }
        }
    }
}

/// A process a test started itself; killed when the test ends, however it ends. Declared after the
/// sandbox it works in, a supervisor is gone before the sandbox kills what it would start again.
pub(crate) struct Started(pub(crate) Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn system() -> System {
    System::new(&format!("local-test-{}", std::process::id())).unwrap()
}

pub(crate) fn up_file() -> UpFile {
    UpFile::new(system(), 1, std::collections::BTreeMap::new()).unwrap()
}

/// A process that runs a shell script.
pub(crate) fn shell(layout: &Layout, name: &str, rank: u8, script: &str) -> ProcessSpec {
    ProcessSpec {
        name: name.to_owned(),
        region: None,
        program: PathBuf::from("/bin/sh"),
        arguments: ["-c", script].map(OsString::from).to_vec(),
        environment: Vec::new(),
        log: layout.log(name),
        stop_rank: rank,
    }
}

/// A process that does nothing for longer than any test.
pub(crate) fn sleeper(layout: &Layout, name: &str, rank: u8) -> ProcessSpec {
    shell(layout, name, rank, "exec sleep 1000")
}

pub(crate) fn in_region(mut spec: ProcessSpec, region: &Region) -> ProcessSpec {
    spec.region = Some(region.clone());
    spec
}

pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Boottime);
    let nanos = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Timestamp::from_nanos(nanos.try_into().unwrap())
}

/// Waits until `probe` finds something.
#[expect(clippy::disallowed_methods, reason = "polls a state under a deadline")]
pub(crate) async fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = now().after(Duration::from_secs(30));
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
