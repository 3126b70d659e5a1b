//! A guard to test, an agent to talk to it, and helpers that wait for states.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as MaskSignal};
use rustix::process::{Pid, Signal, getuid, kill_process};
use rustix::time::{ClockId, clock_gettime};
use standfast_guard::protocol::{Event, Message, Phase, Reply, Request, Start, Status};
use standfast_units::Timestamp;
use tempfile::TempDir;

use crate::roles::GUARD_FOLDER;

/// Nothing here takes a hundredth of it on an idle machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// `nobody`: `PostgreSQL` does not run as root, and the permit opens for the guard's own user only.
const NOBODY: u32 = 65_534;

pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Boottime);
    Timestamp::from_nanos(
        u64::try_from(time.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap(),
    )
}

pub(crate) fn from_now(ms: u64) -> Timestamp {
    now().after(Duration::from_millis(ms))
}

/// Waits for a state.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that pauses between two looks at a state"
)]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = now().after(PATIENCE);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(now() < end, "never came about: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The state letter in `/proc/<pid>/stat`; `None` for a process that is no more, or only waits to be reaped.
pub(crate) fn state_of(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    (state != 'Z').then_some(state)
}

pub(crate) fn lives(pid: u32) -> bool {
    state_of(pid).is_some()
}

pub(crate) fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// The number in a file, once a whole line of it is there.
pub(crate) fn number_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path)
        .ok()?
        .strip_suffix('\n')?
        .parse()
        .ok()
}

/// Makes a command run as the user that the tests run databases as.
pub(crate) fn as_user(command: &mut Command) -> &mut Command {
    if getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// A folder for one node; everything in it ends with the test.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in [".", "data", "run"] {
            let path = place.path(name);
            fs::create_dir_all(&path).unwrap();
            if getuid().is_root() {
                chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("database.log")).unwrap_or_default()
    }

    /// Starts a guard process, whatever comes of it.
    pub(crate) fn spawn_guard(&self) -> Child {
        // The guard blocks signals in its own thread; in this binary that is not the only one, so all
        // threads of the child begin with them blocked.
        let mask: SigSet = [MaskSignal::SIGCHLD, MaskSignal::SIGTERM, MaskSignal::SIGHUP]
            .into_iter()
            .collect();
        let usual = mask.thread_swap_mask(SigmaskHow::SIG_BLOCK).unwrap();
        let child = as_user(&mut Command::new("/proc/self/exe"))
            .args(["roles::guard_process", "--exact", "--nocapture"])
            .env(GUARD_FOLDER, self.folder.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        usual.thread_set_mask().unwrap();
        child
    }

    /// Starts a guard and connects to it.
    pub(crate) fn guard(&self) -> (Guard<'_>, Agent) {
        let guard = Guard {
            child: self.spawn_guard(),
            place: self,
        };
        let agent = guard.connect();
        (guard, agent)
    }
}

/// A guard process. Dropped, it is told to fence and end.
pub(crate) struct Guard<'a> {
    pub(crate) child: Child,
    place: &'a Place,
}

impl Guard<'_> {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn send(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    pub(crate) fn connect(&self) -> Agent {
        let socket = self.place.path("run/guard.sock");
        let stream = until("a guard that listens", || UnixStream::connect(&socket).ok());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut agent = Agent {
            lines: BufReader::new(stream.try_clone().unwrap()),
            stream,
            events: VecDeque::new(),
        };
        until("an idle or running guard", || {
            (agent.status().state != Phase::Fencing).then_some(())
        });
        agent.events.clear();
        agent
    }

    /// Waits until the process has ended; what it printed.
    pub(crate) fn ended(&mut self) -> String {
        finished(&mut self.child)
    }
}

/// Waits until a process has ended; what it printed.
pub(crate) fn finished(child: &mut Child) -> String {
    let status = until("the end of a process", || child.try_wait().unwrap());
    let output = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    format!("{status}: {output}")
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.send(Signal::TERM);
            self.send(Signal::CONT);
            until("the end of the guard", || self.child.try_wait().unwrap());
        }
    }
}

/// The agent's end of the connection.
pub(crate) struct Agent {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
    events: VecDeque<Event>,
}

impl Agent {
    /// The next message; `None` when the guard closed the connection.
    fn receive(&mut self) -> Option<Message> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(Message::parse(&line).unwrap()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the guard says nothing: {error}"),
        }
    }

    pub(crate) fn post(&mut self, request: &Request) {
        self.post_text(&request.encode());
    }

    pub(crate) fn post_text(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn reply(&mut self) -> Reply {
        loop {
            match self.receive().expect("the connection was closed") {
                Message::Reply(reply) => return reply,
                Message::Event(event) => self.events.push_back(event),
            }
        }
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Reply {
        self.post(request);
        self.reply()
    }

    pub(crate) fn event(&mut self) -> Event {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        match self.receive().expect("the connection was closed") {
            Message::Event(event) => event,
            Message::Reply(reply) => panic!("no request asks for {reply:?}"),
        }
    }

    /// The next `fenced`; the events before it are dropped.
    pub(crate) fn fenced(&mut self) -> Event {
        loop {
            let event = self.event();
            if matches!(event, Event::Fenced { .. }) {
                return event;
            }
        }
    }

    pub(crate) fn is_closed(&mut self) -> bool {
        self.receive().is_none()
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(&Request::Status) {
            Reply::State(status) => status,
            other => panic!("{other:?} is no state"),
        }
    }

    pub(crate) fn start(
        &mut self,
        program: &str,
        arguments: &[&str],
        deadline: Option<Timestamp>,
    ) -> Reply {
        self.ask(&Request::Start(Start {
            program: program.to_owned(),
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            deadline,
            label: "7/first".to_owned(),
        }))
    }

    pub(crate) fn push(&mut self, at: Timestamp) -> Reply {
        self.ask(&Request::Deadline {
            at,
            label: "7/first".to_owned(),
        })
    }
}

pub(crate) fn is_refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused { .. })
}
