//! The client: all clones of one [`Client`] share one connection, which a task of its own keeps.
//!
//! The connection is made when it is first needed, and again whenever it is lost and needed. A call is
//! never repeated: whether a lost answer may be asked for again is known only to the caller.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use self::call::{Call, Stage};
use super::defaults::CALLS_QUEUED_MAX;
use super::wire::{WireAnswer, WireRequest};
use standfast_clock as clock;
use standfast_coordination::{Error, Store, Watch};
use standfast_record::{Read, Revision, Snapshot, Transaction, TransactionOutcome};

mod call;
mod link;
mod session;

/// A client of the embedded store. Must be used within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: Arc<link::Server>,
    /// The way to the task that keeps the connection, once there is one.
    calls: Mutex<Option<mpsc::Sender<Call>>>,
}

impl Client {
    /// A client of the store at `address`. Each call takes `timeout` at most, the time to connect
    /// included. A server that is silent for about that long counts as lost.
    pub fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self::build(address, timeout, None)
    }

    /// The same, connecting from the given address of this machine, with a connection of its own.
    #[must_use]
    pub fn with_source(self, source: IpAddr) -> Self {
        let server = &self.inner.server;
        Self::build(server.address, server.timeout, Some(source))
    }

    fn build(address: SocketAddr, timeout: Duration, source: Option<IpAddr>) -> Self {
        let server = Arc::new(link::Server::new(address, timeout, source));
        let calls = Mutex::new(None);
        Self {
            inner: Arc::new(Inner { server, calls }),
        }
    }

    /// The way to the task, which is started when there is none or its runtime has ended.
    fn calls(&self) -> mpsc::Sender<Call> {
        let mut calls = self
            .inner
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match &*calls {
            Some(sender) if !sender.is_closed() => sender.clone(),
            _ => {
                let (sender, queued) = mpsc::channel(CALLS_QUEUED_MAX);
                tokio::spawn(link::keep(Arc::clone(&self.inner.server), queued));
                *calls = Some(sender.clone());
                sender
            }
        }
    }

    async fn call(&self, request: WireRequest) -> Result<call::Reply, Error> {
        let server = &self.inner.server;
        let started_at = clock::now();
        let (reply, answered) = oneshot::channel();
        let stage = Arc::new(Stage::new());
        let call = Call {
            request,
            reply,
            stage: Arc::clone(&stage),
        };
        let calls = self.calls();
        let exchange = async {
            calls.send(call).await.ok()?;
            answered.await.ok()
        };
        if let Ok(Some(reply)) = tokio::time::timeout(server.timeout, exchange).await {
            return reply;
        }
        if stage.abandon() {
            let address = server.address.to_string();
            let source = server.last_failure();
            Err(Error::Unreachable { address, source })
        } else {
            Err(Error::OutcomeUnknown {
                address: server.address.to_string(),
                waited: clock::now().since(started_at),
            })
        }
    }
}

fn unexpected(reply: &call::Reply) -> Error {
    let text = format!("an answer of another kind: {reply:?}");
    Error::Protocol {
        source: io::Error::new(io::ErrorKind::InvalidData, text).into(),
    }
}

impl Store for Client {
    async fn get(&self, key: &str) -> Result<Read, Error> {
        let key = key.to_owned();
        match self.call(WireRequest::Get { key }).await? {
            call::Reply::Answer(WireAnswer::Read(read)) => Ok(read),
            other => Err(unexpected(&other)),
        }
    }

    async fn range(&self, prefix: &str) -> Result<Snapshot, Error> {
        let prefix = prefix.to_owned();
        match self.call(WireRequest::Range { prefix }).await? {
            call::Reply::Answer(WireAnswer::Snapshot(snapshot)) => Ok(snapshot),
            other => Err(unexpected(&other)),
        }
    }

    async fn transact(&self, transaction: Transaction) -> Result<TransactionOutcome, Error> {
        match self.call(WireRequest::Transact { transaction }).await? {
            call::Reply::Answer(WireAnswer::Outcome(outcome)) => Ok(outcome),
            other => Err(unexpected(&other)),
        }
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        let prefix = prefix.to_owned();
        match self.call(WireRequest::Watch { prefix, after }).await? {
            call::Reply::Watch(watch) => Ok(watch),
            other @ call::Reply::Answer(_) => Err(unexpected(&other)),
        }
    }
}
