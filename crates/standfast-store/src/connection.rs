//! The server's end of one connection: one task, one `select!` loop.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, timeout};

use super::defaults::{
    HELLO_WAIT, OUTGOING_BYTES_HIGH, REQUESTS_IN_FLIGHT_MAX, SILENCE_MAX,
    WATCHES_PER_CONNECTION_MAX,
};
use super::engine::{Answer, Asked, Reply};
use super::failure::Failure;
use super::transport::{Reading, Transport, TransportError};
use super::watchers::Events;
use super::wire::{PROTOCOL, ToClient, ToServer, WireAnswer, WireRequest};
use standfast_record::Batch;

/// Why a connection ended.
#[derive(Debug, Error)]
pub(super) enum Ended {
    #[error("the conversation broke off")]
    Transport(#[from] TransportError),
    #[error("the socket cannot be set up")]
    Socket(#[source] std::io::Error),
    #[error("the client does not begin with a hello")]
    Hello,
    #[error("the client speaks protocol {client}, the server {PROTOCOL}")]
    Protocol { client: u32 },
    #[error("the client was silent for {SILENCE_MAX:?}")]
    Silent,
    #[error("the server is ending")]
    Ending,
}

struct Conversation {
    transport: Transport,
    engine: mpsc::Sender<Asked>,
    answers: mpsc::Sender<(u64, Answer)>,
    in_flight: usize,
    /// Watches that run, by the number of their request.
    watches: BTreeMap<u64, Events>,
    /// Watches asked for, and whether they were cancelled before they ran.
    beginning: BTreeMap<u64, Wanted>,
    heard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Still,
    NoMore,
}

/// Speaks with one client until either side ends.
pub(super) async fn converse(stream: TcpStream, engine: mpsc::Sender<Asked>) -> Ended {
    match run(stream, engine).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn run(
    stream: TcpStream,
    engine: mpsc::Sender<Asked>,
) -> Result<std::convert::Infallible, Ended> {
    let mut transport = Transport::new(stream).map_err(Ended::Socket)?;
    greet(&mut transport).await?;
    let (answers, mut answered) = mpsc::channel(REQUESTS_IN_FLIGHT_MAX + 1);
    let mut conversation = Conversation {
        transport,
        engine,
        answers,
        in_flight: 0,
        watches: BTreeMap::new(),
        beginning: BTreeMap::new(),
        heard: true,
    };
    let mut silence = tokio::time::interval(SILENCE_MAX);
    silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
    silence.tick().await;
    loop {
        while conversation.takes_requests() {
            match conversation.transport.pop()? {
                Some(message) => conversation.receive(message).await?,
                None => break,
            }
        }
        let reading = if conversation.takes_requests() {
            Reading::On
        } else {
            Reading::Paused
        };
        let has_room = conversation.has_room();
        let Conversation {
            transport, watches, ..
        } = &mut conversation;
        tokio::select! {
            moved = transport.advance(reading) => moved?,
            Some((id, answer)) = answered.recv() => conversation.answer(id, answer)?,
            (id, event) = next_event(watches), if has_room => conversation.event(id, event)?,
            _ = silence.tick() => {
                if !std::mem::take(&mut conversation.heard) {
                    return Err(Ended::Silent);
                }
            }
        }
    }
}

async fn greet(transport: &mut Transport) -> Result<(), Ended> {
    let hello = timeout(HELLO_WAIT, transport.receive());
    let Ok(hello) = hello.await else {
        return Err(Ended::Hello);
    };
    let ToServer::Hello { protocol } = hello? else {
        return Err(Ended::Hello);
    };
    transport.push(&ToClient::Hello { protocol: PROTOCOL })?;
    if protocol == PROTOCOL {
        return Ok(());
    }
    let _ = timeout(HELLO_WAIT, transport.flush()).await;
    Err(Ended::Protocol { client: protocol })
}

impl Conversation {
    fn has_room(&self) -> bool {
        self.transport.outgoing_bytes() < OUTGOING_BYTES_HIGH
    }

    /// A client that does not read its answers is not listened to.
    fn takes_requests(&self) -> bool {
        // A client leaves one place free, so that its pings are heard however long the disk takes.
        self.in_flight <= REQUESTS_IN_FLIGHT_MAX && self.has_room()
    }

    async fn receive(&mut self, message: ToServer) -> Result<(), Ended> {
        self.heard = true;
        match message {
            ToServer::Hello { .. } => return Err(Ended::Hello),
            ToServer::Ping => self.transport.push(&ToClient::Pong)?,
            ToServer::Cancel { id } => {
                self.watches.remove(&id);
                if let Some(wanted) = self.beginning.get_mut(&id) {
                    *wanted = Wanted::NoMore;
                }
            }
            ToServer::Request { id, request } => {
                if matches!(request, WireRequest::Watch { .. }) {
                    if self.watches.len() + self.beginning.len() >= WATCHES_PER_CONNECTION_MAX {
                        let reason = format!(
                            "a connection may have {WATCHES_PER_CONNECTION_MAX} watches at most"
                        );
                        let failure = Failure::Refused { reason };
                        return self.push_answer(id, WireAnswer::Failed(failure));
                    }
                    self.beginning.insert(id, Wanted::Still);
                }
                self.in_flight += 1;
                let answers = self.answers.clone();
                let reply = Reply { id, answers };
                let asked = Asked { request, reply };
                self.engine.send(asked).await.map_err(|_| Ended::Ending)?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, id: u64, answer: Answer) -> Result<(), Ended> {
        self.in_flight -= 1;
        let wanted = self.beginning.remove(&id);
        let answer = match answer {
            Answer::Read(read) => WireAnswer::Read(read),
            Answer::Snapshot(snapshot) => WireAnswer::Snapshot(snapshot),
            Answer::Outcome(outcome) => WireAnswer::Outcome(outcome),
            Answer::Failed(failure) => WireAnswer::Failed(failure),
            Answer::Watching(events) => {
                if wanted == Some(Wanted::Still) {
                    self.watches.insert(id, events);
                }
                WireAnswer::Watching
            }
        };
        self.push_answer(id, answer)
    }

    fn push_answer(&mut self, id: u64, answer: WireAnswer) -> Result<(), Ended> {
        match self.transport.push(&ToClient::Answer { id, answer }) {
            Err(TransportError::TooLong { length }) => {
                let reason = format!("the answer would take {length} bytes; ask for less");
                let answer = WireAnswer::Failed(Failure::Refused { reason });
                Ok(self.transport.push(&ToClient::Answer { id, answer })?)
            }
            other => Ok(other?),
        }
    }

    fn event(&mut self, id: u64, event: Option<Result<Batch, Failure>>) -> Result<(), Ended> {
        match event {
            Some(Ok(batch)) => self.transport.push(&ToClient::Event { id, batch })?,
            Some(Err(failure)) => {
                self.watches.remove(&id);
                self.transport.push(&ToClient::Ended { id, failure })?;
            }
            // Only an engine that has ended lets go of a watch without a word.
            None => return Err(Ended::Ending),
        }
        Ok(())
    }
}

/// The next event of any watch. Safe to cancel.
async fn next_event(watches: &mut BTreeMap<u64, Events>) -> (u64, Option<Result<Batch, Failure>>) {
    poll_fn(|context| {
        for (id, events) in watches.iter_mut() {
            if let Poll::Ready(event) = events.poll_recv(context) {
                return Poll::Ready((*id, event));
            }
        }
        Poll::Pending
    })
    .await
}
