//! What `up` shows: progress until the system serves, and then each change.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_clock as clock;
use standfast_local::layout::Layout;
use standfast_local::supervisor::SupervisorEvent;
use tokio::sync::{mpsc, oneshot};

use crate::deployment::MovedPort;
use crate::outputs;
use crate::print::{self, Format};
use crate::status::{self, SystemStatus};
use crate::system::{self, Located};

/// How often the live view looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Who reads what a running `up` tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Audience {
    /// The operator who started it: a screen for a person, lines for a log, and how every node stands.
    Operator(Format),
    /// The log of a background half: only what becomes of processes.
    Log,
}

/// Says which of the usual ports were taken.
pub(crate) fn tell_ports(moved: &[MovedPort]) {
    for port in moved {
        print::say(&format!(
            "{}: the usual port {} is taken, using {}",
            port.endpoint, port.usual, port.settled
        ));
    }
}

/// Tells each node's state once, as it changes.
pub(crate) struct Narrator {
    format: Format,
    told: BTreeMap<String, String>,
}

impl Narrator {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            told: BTreeMap::new(),
        }
    }

    /// Looks, tells what is new, and says whether everything serves and follows.
    pub(crate) async fn look(&mut self, located: &Located) -> bool {
        let Ok(status) = status::read(located).await else {
            return false;
        };
        self.tell(&status);
        !status.databases.is_empty()
            && status
                .databases
                .iter()
                .all(status::DatabaseStatus::is_complete)
    }

    fn tell(&mut self, status: &SystemStatus) {
        if self.format == Format::Json {
            return;
        }
        for database in &status.databases {
            for node in &database.nodes {
                let now = format!("{} ({})", node.role, node.state);
                if self.told.get(node.node.as_str()) != Some(&now) {
                    print::say(&format!("  {}: {now}", node.node));
                    self.told.insert(node.node.to_string(), now);
                }
            }
            let writer = database
                .writer
                .as_ref()
                .map(|writer| format!("writer is {} since epoch {}", writer.node, writer.epoch));
            if let Some(now) = writer
                && self.told.get(database.name.as_str()) != Some(&now)
            {
                print::say(&format!("  {}: {now}", database.name));
                self.told.insert(database.name.to_string(), now);
            }
        }
    }
}

/// Follows a running `up` until the supervisor is done.
pub(crate) async fn follow(
    layout: Layout,
    audience: Audience,
    mut news: mpsc::Receiver<SupervisorEvent>,
    mut done: oneshot::Sender<()>,
) {
    let mut view = match audience {
        Audience::Operator(format) => Some(View::new(layout, format)),
        Audience::Log => None,
    };
    loop {
        tokio::select! {
            event = news.recv() => match event {
                None => return,
                Some(event) => if let Some(line) = told(&event) {
                    print::say(&line);
                }
            },
            () = done.closed() => return,
            () = clock::pause(LOOK_EVERY) => if let Some(view) = &mut view {
                view.look().await;
            }
        }
    }
}

/// What an operator sees of a system: progress until it serves, then where it does, then a screen.
struct View {
    layout: Layout,
    format: Format,
    narrator: Narrator,
    ready: bool,
}

impl View {
    fn new(layout: Layout, format: Format) -> Self {
        Self {
            layout,
            format,
            narrator: Narrator::new(format),
            ready: false,
        }
    }

    async fn look(&mut self) {
        let Ok(located) = system::open(self.layout.clone()) else {
            return;
        };
        let screen = self.format == Format::Human && print::watched();
        if screen && self.ready {
            if let Ok(status) = status::read(&located).await {
                print::data(&format!("\x1b[2J\x1b[H{}", status::render(&status)));
            }
        } else if self.narrator.look(&located).await && !self.ready {
            self.ready = true;
            // The system serves whether or not this can be shown.
            let _ = outputs::print(&located, self.format);
        }
    }
}

/// What the supervisor tells, in one line.
fn told(event: &SupervisorEvent) -> Option<String> {
    match event {
        SupervisorEvent::Started { .. } | SupervisorEvent::Stopped { .. } => None,
        SupervisorEvent::StartFailed { name, error } => {
            Some(format!("{name} cannot be started: {error}"))
        }
        SupervisorEvent::Exited { name, status, .. } => {
            Some(format!("{name} ended ({status}); it is started again"))
        }
        SupervisorEvent::Held { name } => Some(format!("{name} is held down")),
    }
}
