//! Carries TCP between the regions of one machine, and can delay it or cut it off.
//!
//! One relay process per region listens at that region's views of the others
//! ([`crate::addresses`]) and connects to what they show. So one relay governs what *its* region begins;
//! to part two regions entirely, cut each from the other. Bytes flow in both directions of a connection,
//! whichever side began it: a cut stops both.
//!
//! **Cut** behaves as a network that swallows packets, not as one that refuses: nothing is closed,
//! connections stand still, and what is in transit is delivered after `restore`. New connections are not
//! accepted; the kernel completes their handshake until its queue is full and drops their SYN from then
//! on. Two differences from a real partition remain: until the queue is full a connect succeeds and only
//! the first answer is missing, and the kernel acknowledges what it buffers, so that `TCP_USER_TIMEOUT`
//! and keep-alives do not fire. A peer that must notice a partition has to ask for answers.
//!
//! **Delay** is one-way, for each direction, kept in order. It delays data, not the handshake.
//!
//! Deliberately absent: loss, reordering and bandwidth limits, which TCP hides from us anyway, and UDP.

mod control;
mod error;
mod link;
mod route;
mod way;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::defaults::{RELAY_ACCEPT_PAUSE, RELAY_CONNECT_WAIT, RELAY_CONNECTIONS_MAX};
use standfast_clock as clock;

use way::{Treatment, Way, Ways};

pub use control::{Command, Reply, Status, control};
pub use error::Error;
pub use route::{Destination, Route};
pub use way::Passage;

/// Carries `routes` and obeys `control_socket` until `shutdown` is ready. Everything passes, undelayed, at
/// the start: a relay that was killed and started again has forgotten its cuts.
///
/// # Errors
/// When an address or the socket cannot be listened on; nothing is carried then.
pub async fn serve(
    routes: Vec<Route>,
    control_socket: &Path,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let ways: Ways = Arc::new(
        routes
            .iter()
            .map(|route| {
                let way = Way {
                    treatment: watch::Sender::new(Treatment::default()),
                    connections: AtomicUsize::new(0),
                };
                (route.to.clone(), way)
            })
            .collect(),
    );
    let room = Arc::new(Semaphore::new(RELAY_CONNECTIONS_MAX));
    let mut tasks = JoinSet::new();
    for route in routes {
        let address = route.listen;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| Error::Listen { address, source })?;
        tasks.spawn(accept(
            listener,
            route,
            Arc::clone(&ways),
            Arc::clone(&room),
        ));
    }
    let socket = control::bind(control_socket)?;
    tasks.spawn(control::serve(socket, ways));
    shutdown.await;
    // Dropping the tasks closes every listener and connection.
    Ok(())
}

/// Accepts connections of one route while it is open and there is room.
async fn accept(listener: TcpListener, route: Route, ways: Ways, room: Arc<Semaphore>) {
    let Some(way) = ways.get(&route.to) else {
        return;
    };
    let mut treatment = way.treatment.subscribe();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = accept_while_open(&listener, &mut treatment) => accepted,
            // Frees what an ended connection holds, while no client connects.
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok(client) => {
                // Taken after the accept: listeners that no client connects to must not use room up.
                let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                    return;
                };
                let (route, ways) = (route.clone(), Arc::clone(&ways));
                connections.spawn(async move {
                    carry(client, &route, &ways).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(
                    listen = %route.listen,
                    error = &error as &dyn std::error::Error,
                    "cannot accept a connection"
                );
                clock::pause(RELAY_ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection that arrives while nothing is cut.
async fn accept_while_open(
    listener: &TcpListener,
    treatment: &mut watch::Receiver<Treatment>,
) -> io::Result<TcpStream> {
    loop {
        link::open(treatment).await;
        tokio::select! {
            // A cut made before the connection arrived wins.
            biased;
            () = link::cut(treatment) => {}
            accepted = listener.accept() => return accepted.map(|(client, _)| client),
        }
    }
}

/// Carries one connection to its end.
async fn carry(client: TcpStream, route: &Route, ways: &BTreeMap<Destination, Way>) {
    let Some(way) = ways.get(&route.to) else {
        return;
    };
    way.connections.fetch_add(1, Ordering::Relaxed);
    let connected = timeout(RELAY_CONNECT_WAIT, TcpStream::connect(route.target)).await;
    if let Ok(Ok(server)) = connected {
        link::join(client, server, &way.treatment).await;
    } else {
        link::open(&mut way.treatment.subscribe()).await;
        link::reset(&client);
    }
    way.connections.fetch_sub(1, Ordering::Relaxed);
}
