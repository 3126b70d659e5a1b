//! The agent's end of the guard's socket: connects, starts a guard when none answers, asks in order,
//! and passes on what the guard tells of itself.
//!
//! A guard outlives its agent, and an agent outlives its guard: this task connects again for as long
//! as it lives. What it last heard is in [`GuardHandle::view`].

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use standfast_clock as clock;
use standfast_guard::protocol::{Event, LINE_BYTES_MAX, Message, Reply, Request};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, info, warn};

use crate::event::GuardFailure;
use crate::guard_view::GuardView;

/// How soon the guard is looked for again. A guard needs a few milliseconds to listen.
const CONNECT_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// How long a guard that was started may take until it listens, before another one is started. A
/// second one beside a living guard gives way to it by the lock.
const START_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Requests that may wait; the agent asks one or two at a time.
const REQUESTS_MAX: usize = 32;

type Ask = (Request, oneshot::Sender<Reply>);

/// A handle to the guard.
#[derive(Debug, Clone)]
pub(crate) struct GuardHandle {
    asks: mpsc::Sender<Ask>,
    view: watch::Receiver<GuardView>,
}

impl GuardHandle {
    /// Starts the task that keeps the connection.
    pub(crate) fn start(socket: PathBuf, command: Vec<String>) -> Self {
        let (asks, requests) = mpsc::channel(REQUESTS_MAX);
        let (view, watched) = watch::channel(GuardView::default());
        tokio::spawn(
            Keeper {
                socket,
                command,
                requests,
                view,
            }
            .run(),
        );
        Self {
            asks,
            view: watched,
        }
    }

    pub(crate) fn view(&self) -> watch::Receiver<GuardView> {
        self.view.clone()
    }

    pub(crate) fn now(&self) -> GuardView {
        self.view.borrow().clone()
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask(&self, request: Request) -> Result<Reply, GuardFailure> {
        let (sender, receiver) = oneshot::channel();
        self.asks
            .send((request, sender))
            .await
            .map_err(|_| GuardFailure::Gone)?;
        match receiver.await {
            Ok(Reply::Refused { reason }) => Err(GuardFailure::Refused(reason)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(GuardFailure::Gone),
        }
    }

    /// Kills the guard: for one that does not answer while a fence is due. The kernel then sends the
    /// database SIGQUIT, and the next guard makes certain that nothing remains before it is idle (P5).
    pub(crate) fn kill(&self) {
        let pid = self
            .now()
            .status
            .and_then(|status| i32::try_from(status.guard_pid).ok());
        let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else {
            return;
        };
        warn!(
            pid = pid.as_raw_nonzero().get(),
            "the guard does not answer and is killed"
        );
        if let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::KILL) {
            warn!(%error, "the guard cannot be killed");
        }
    }
}

struct Keeper {
    socket: PathBuf,
    command: Vec<String>,
    requests: mpsc::Receiver<Ask>,
    view: watch::Sender<GuardView>,
}

impl Keeper {
    async fn run(mut self) {
        let mut started_at = None;
        loop {
            match UnixStream::connect(&self.socket).await {
                Ok(stream) => {
                    started_at = None;
                    if self.converse(stream).await.is_none() {
                        return;
                    }
                    self.view.send_modify(GuardView::lose);
                    // What was asked meanwhile is answered by dropping it: the guard is gone.
                    while self.requests.try_recv().is_ok() {}
                }
                Err(error) => {
                    let now = clock::now();
                    if started_at.is_none_or(|at| now.since(at) > START_AGAIN_AFTER) {
                        debug!(%error, "no guard answers");
                        started_at = Some(now);
                        self.start_guard();
                    }
                }
            }
            if self.requests.is_closed() {
                return;
            }
            clock::sleep_until(clock::now().after(CONNECT_AGAIN_AFTER)).await;
        }
    }

    fn start_guard(&self) {
        let Some((program, arguments)) = self.command.split_first() else {
            return;
        };
        let child = tokio::process::Command::new(program)
            .args(arguments)
            .arg0("standfast")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .kill_on_drop(false)
            .spawn();
        match child {
            Ok(mut child) => {
                info!(pid = child.id(), "guard started");
                tokio::spawn(async move {
                    match child.wait().await {
                        Ok(status) => info!(%status, "guard ended"),
                        Err(error) => warn!(%error, "the guard cannot be waited for"),
                    }
                });
            }
            Err(error) => warn!(%error, program, "the guard cannot be started"),
        }
    }

    /// `None` when the agent is ending; otherwise the connection was lost.
    async fn converse(&mut self, stream: UnixStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let mut pending: VecDeque<Option<oneshot::Sender<Reply>>> = VecDeque::new();
        if writer
            .write_all(Request::Hello.encode().as_bytes())
            .await
            .is_err()
        {
            return Some(());
        }
        pending.push_back(None);
        let mut line = Vec::new();
        loop {
            tokio::select! {
                // Cancel-safe: what was read so far stays in `line`.
                read = reader.read_until(b'\n', &mut line) => {
                    if !matches!(read, Ok(bytes) if bytes > 0) || line.len() > LINE_BYTES_MAX {
                        return Some(());
                    }
                    if line.last() != Some(&b'\n') {
                        continue;
                    }
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    match Message::parse(text.trim_end()) {
                        Ok(message) => self.take(message, &mut pending),
                        Err(error) => {
                            warn!(%error, "the guard sent what cannot be read");
                            return Some(());
                        }
                    }
                    // After each end and start the details (process id, deadline) are asked for anew.
                    if self.view.borrow().status.is_none() && pending.is_empty() {
                        pending.push_back(None);
                        if writer.write_all(Request::Status.encode().as_bytes()).await.is_err() {
                            return Some(());
                        }
                    }
                }
                ask = self.requests.recv() => {
                    let (request, reply_to) = ask?;
                    // The question was given up, perhaps since another guard lived: not to be done now.
                    if reply_to.is_closed() {
                        continue;
                    }
                    let mut lines = request.encode();
                    pending.push_back(Some(reply_to));
                    if matches!(request, Request::Start(_)) {
                        lines.push_str(&Request::Status.encode());
                        pending.push_back(None);
                    }
                    if writer.write_all(lines.as_bytes()).await.is_err() {
                        return Some(());
                    }
                    // No news: the agent asked for it.
                    self.view.send_if_modified(|view| {
                        view.asked(&request);
                        false
                    });
                }
            }
        }
    }

    fn take(&self, message: Message, pending: &mut VecDeque<Option<oneshot::Sender<Reply>>>) {
        let tells = match &message {
            Message::Reply(reply) => matches!(reply, Reply::State(_)),
            Message::Event(Event::Exited { pid, status }) => {
                info!(pid, %status, "database ended");
                true
            }
            Message::Event(Event::Fenced {
                reason,
                took,
                killed,
            }) => {
                info!(%reason, took_ms = took.as_millis(), killed, "no process of the data folder remains");
                true
            }
        };
        if tells {
            self.view.send_modify(|view| view.hear(&message));
        }
        if let Message::Reply(reply) = message
            && let Some(Some(reply_to)) = pending.pop_front()
        {
            // The question may have been given up meanwhile.
            let _ = reply_to.send(reply);
        }
    }
}
