//! A few connections, kept between requests.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use standfast_functions::credentials::{Cached, Source};
use standfast_functions::endpoint::Endpoint;
use standfast_functions::postgres;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Client;

/// Bounds the wait for a connection that others use. Who waits longer is better served by being told to come again.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("all connections were in use for {} s", TURN_WITHIN.as_secs())]
    Busy,
    #[error("the database cannot be reached")]
    Connect(#[source] postgres::Error),
}

/// All connections to one endpoint.
pub(crate) struct Sessions<S> {
    endpoint: Endpoint,
    credentials: Arc<Cached<S>>,
    idle: Mutex<Vec<Client>>,
    turns: Semaphore,
}

impl<S> fmt::Debug for Sessions<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sessions")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl<S: Source> Sessions<S> {
    pub(crate) fn new(
        endpoint: Endpoint,
        credentials: Arc<Cached<S>>,
        connections: NonZeroUsize,
    ) -> Self {
        Self {
            endpoint,
            credentials,
            idle: Mutex::default(),
            turns: Semaphore::new(connections.get().min(Semaphore::MAX_PERMITS)),
        }
    }

    /// An idle connection, or else a new one.
    pub(crate) async fn take(&self) -> Result<Session<'_, S>, Error> {
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        let idle = self.with_idle(|idle| {
            idle.retain(|client| !client.is_closed());
            idle.pop()
        });
        let was_idle = idle.is_some();
        let client = match idle {
            Some(client) => client,
            None => self.connect().await?,
        };
        Ok(Session {
            sessions: self,
            client,
            was_idle,
            _turn: turn,
        })
    }

    async fn connect(&self) -> Result<Client, Error> {
        // On the heap: connecting takes kilobytes, and every request would carry them several times.
        Box::pin(postgres::connect(&self.endpoint, &self.credentials))
            .await
            .map_err(Error::Connect)
    }

    fn with_idle<T>(&self, act: impl FnOnce(&mut Vec<Client>) -> T) -> T {
        // A task that panicked with the lock held has at most lost a connection.
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection in use. Dropping it closes it.
pub(crate) struct Session<'a, S> {
    sessions: &'a Sessions<S>,
    client: Client,
    /// Whether it was made for an earlier request.
    pub(crate) was_idle: bool,
    _turn: SemaphorePermit<'a>,
}

impl<S: Source> Session<'_, S> {
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Replaces the connection by a new one. The others that lie idle are no better than this one was.
    pub(crate) async fn renew(&mut self) -> Result<(), Error> {
        self.sessions.with_idle(Vec::clear);
        self.client = self.sessions.connect().await?;
        self.was_idle = false;
        Ok(())
    }

    /// Keeps the connection for the next request.
    pub(crate) fn give_back(self) {
        let Self {
            sessions, client, ..
        } = self;
        sessions.with_idle(|idle| idle.push(client));
    }
}
