//! One connection of a client, from its hello to its loss: one `select!` loop.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior};

use super::call::{Call, Reply};
use super::link::Server;
use crate::defaults::{
    OUTGOING_BYTES_HIGH, PING_EVERY_MAX, PINGS_PER_TIMEOUT, REQUESTS_IN_FLIGHT_MAX, WATCH_QUEUE_MAX,
};
use crate::transport::{Reading, Transport, TransportError};
use crate::wire::{ToClient, ToServer, WireAnswer, WireRequest};
use standfast_coordination::{Error, Watch};
use standfast_record::Batch;

/// How a session ended.
#[derive(Debug)]
pub(super) struct End {
    /// Why the connection was lost; none when all clients are gone.
    pub(super) lost: Option<TransportError>,
    pub(super) use_made: UseMade,
}

/// Whether any request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UseMade {
    Yes,
    No,
}

type Events = mpsc::Sender<Result<Batch, Error>>;

struct Asked {
    reply: oneshot::Sender<Result<Reply, Error>>,
    is_watch: bool,
}

pub(super) struct Session {
    transport: Transport,
    address: String,
    ping_every: Duration,
    next_id: u64,
    asked: BTreeMap<u64, Asked>,
    watches: BTreeMap<u64, Events>,
    /// Pings since the server was last heard.
    silent_pings: u32,
    use_made: UseMade,
    callers: Callers,
}

/// Whether any client is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    Left,
    Gone,
}

impl Session {
    pub(super) fn new(transport: Transport, server: &Server) -> Self {
        Self {
            transport,
            address: server.address.to_string(),
            ping_every: (server.timeout / PINGS_PER_TIMEOUT)
                .clamp(Duration::from_millis(1), PING_EVERY_MAX),
            next_id: 0,
            asked: BTreeMap::new(),
            watches: BTreeMap::new(),
            silent_pings: 0,
            use_made: UseMade::No,
            callers: Callers::Left,
        }
    }

    pub(super) async fn run(mut self, first: Call, calls: &mut mpsc::Receiver<Call>) -> End {
        let lost = match self.send(first) {
            Ok(()) => self.converse(calls).await.err(),
            Err(error) => Some(error),
        };
        if let Some(error) = &lost {
            for (_, events) in std::mem::take(&mut self.watches) {
                // A full queue ends in `Closed`, which says as much.
                let _ = events.try_send(Err(self.disconnected(error)));
            }
        }
        // Dropping `asked` tells its callers that no answer will come.
        End {
            lost,
            use_made: self.use_made,
        }
    }

    async fn converse(&mut self, calls: &mut mpsc::Receiver<Call>) -> Result<(), TransportError> {
        let mut pings: Interval = tokio::time::interval(self.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while let Some(message) = self.transport.pop()? {
                self.receive(message)?;
            }
            if self.callers == Callers::Gone && self.watches.is_empty() {
                return Ok(());
            }
            let takes_calls = self.callers == Callers::Left
                && self.asked.len() < REQUESTS_IN_FLIGHT_MAX
                && self.transport.outgoing_bytes() < OUTGOING_BYTES_HIGH;
            tokio::select! {
                moved = self.transport.advance(Reading::On) => moved?,
                call = calls.recv(), if takes_calls => match call {
                    Some(call) => self.send(call)?,
                    // A watch of theirs may still be read.
                    None => self.callers = Callers::Gone,
                },
                _ = pings.tick() => self.tick()?,
            }
        }
    }

    fn send(&mut self, call: Call) -> Result<(), TransportError> {
        if !call.is_wanted() || !call.stage.send() {
            return Ok(());
        }
        let id = self.next_id;
        self.next_id += 1;
        let is_watch = matches!(call.request, WireRequest::Watch { .. });
        let request = call.request;
        match self.transport.push(&ToServer::Request { id, request }) {
            Ok(()) => {
                let reply = call.reply;
                self.asked.insert(id, Asked { reply, is_watch });
                Ok(())
            }
            Err(TransportError::TooLong { length }) => {
                let reason = format!("the request would take {length} bytes");
                let _ = call.reply.send(Err(Error::Refused { reason }));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn receive(&mut self, message: ToClient) -> Result<(), TransportError> {
        self.silent_pings = 0;
        match message {
            // A second hello means nothing.
            ToClient::Hello { .. } | ToClient::Pong => Ok(()),
            ToClient::Answer { id, answer } => {
                self.use_made = UseMade::Yes;
                self.answer(id, answer)
            }
            ToClient::Event { id, batch } => self.event(id, batch),
            ToClient::Ended { id, failure } => {
                if let Some(events) = self.watches.remove(&id) {
                    let _ = events.try_send(Err(failure.into()));
                }
                Ok(())
            }
        }
    }

    fn answer(&mut self, id: u64, answer: WireAnswer) -> Result<(), TransportError> {
        let Some(asked) = self.asked.remove(&id) else {
            return Ok(());
        };
        let reply = match answer {
            WireAnswer::Failed(failure) => Err(failure.into()),
            WireAnswer::Watching if asked.is_watch => {
                // One place more than may wait, for the error that ends it.
                let (events, receiver) = mpsc::channel(WATCH_QUEUE_MAX + 1);
                self.watches.insert(id, events);
                Ok(Reply::Watch(Watch::new(receiver)))
            }
            other => Ok(Reply::Answer(other)),
        };
        if asked.reply.send(reply).is_err() && self.watches.remove(&id).is_some() {
            return self.transport.push(&ToServer::Cancel { id });
        }
        Ok(())
    }

    fn event(&mut self, id: u64, batch: Batch) -> Result<(), TransportError> {
        let Some(events) = self.watches.get(&id) else {
            return Ok(());
        };
        let outcome = if events.capacity() > 1 {
            Ok(batch)
        } else {
            // Never skipped: a watcher too slow to follow must begin anew, and is told so.
            let queued_max = WATCH_QUEUE_MAX;
            Err(Error::Overrun { queued_max })
        };
        let goes_on = outcome.is_ok();
        if events.try_send(outcome).is_err() || !goes_on {
            self.watches.remove(&id);
            return self.transport.push(&ToServer::Cancel { id });
        }
        Ok(())
    }

    /// Asks for a sign of life, and ends a connection that has given none to so many questions: a
    /// machine that is frozen or cut off never closes it.
    fn tick(&mut self) -> Result<(), TransportError> {
        if self.silent_pings >= PINGS_PER_TIMEOUT {
            return Err(TransportError::Lost(io::ErrorKind::TimedOut.into()));
        }
        self.silent_pings += 1;
        let dropped: Vec<u64> = self
            .watches
            .iter()
            .filter(|(_, events)| events.is_closed())
            .map(|(id, _)| *id)
            .collect();
        for id in dropped {
            self.watches.remove(&id);
            self.transport.push(&ToServer::Cancel { id })?;
        }
        self.transport.push(&ToServer::Ping)
    }

    fn disconnected(&self, error: &TransportError) -> Error {
        let source = match error {
            TransportError::Lost(error) => io::Error::new(error.kind(), error.to_string()),
            other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
        };
        Error::Disconnected {
            address: self.address.clone(),
            source,
        }
    }
}
