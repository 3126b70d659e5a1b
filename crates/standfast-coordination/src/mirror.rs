//! A copy of everything under one prefix, kept current by a watch.
//!
//! A mirror never goes back within one connection, but may lag behind the store: decide from it, and
//! let the comparisons of the transaction that follows catch what it had missed. It says whether it
//! is connected, not since when; its readers have clocks.

use std::sync::Arc;

use standfast_record::{Connection, Revision, View};
use tokio::sync::watch;

use standfast_clock::pause;

use crate::{Backoff, Error, Store, Watch};

/// A handle of a mirror; it follows the store until the last handle is gone.
#[derive(Debug, Clone)]
pub struct Mirror {
    views: watch::Receiver<Arc<View>>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Mirror {
    /// Begins to follow all keys that begin with `prefix`. Must be called within a tokio runtime.
    pub fn start(store: impl Store, prefix: String) -> Self {
        let empty = View::new(Revision::default(), Connection::Lost, []);
        let (publisher, views) = watch::channel(Arc::new(empty));
        let task = tokio::spawn(follow(store, prefix, publisher));
        Self {
            views,
            _task: Arc::new(Task(task)),
        }
    }

    /// The newest view.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.views.borrow())
    }

    /// Waits for a view this handle has not returned from here before. Safe to cancel.
    pub async fn changed(&mut self) -> Arc<View> {
        if self.views.changed().await.is_err() {
            // The task ends only with the runtime, which then drops this as well.
            std::future::pending::<()>().await;
        }
        Arc::clone(&self.views.borrow_and_update())
    }

    /// All coming views, for those who use a receiver's own methods. Its channel closes with the
    /// last handle.
    pub fn subscribe(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }
}

async fn follow(store: impl Store, prefix: String, views: watch::Sender<Arc<View>>) {
    let mut backoff = Backoff::new();
    loop {
        let error = follow_once(&store, &prefix, &views, &mut backoff).await;
        match error {
            // The store is there; only our place in its history is gone.
            Error::Compacted { .. } | Error::Overrun { .. } => {
                tracing::debug!(prefix, reason = %error, "mirror starts over");
            }
            error => lose(&views, &prefix, &error),
        }
        pause(backoff.wait()).await;
    }
}

async fn follow_once(
    store: &impl Store,
    prefix: &str,
    views: &watch::Sender<Arc<View>>,
    backoff: &mut Backoff,
) -> Error {
    let (mut view, mut watch) = match begin(store, prefix).await {
        Ok(begun) => begun,
        Err(error) => return error,
    };
    backoff.reset();
    let before = views.send_replace(Arc::new(view.clone()));
    if before.connection == Connection::Lost {
        tracing::info!(prefix, revision = view.revision.0, "store is connected");
    }
    loop {
        match watch.next().await {
            Ok(batch) => {
                view.apply(&batch);
                views.send_replace(Arc::new(view.clone()));
            }
            Err(error) => return error,
        }
    }
}

async fn begin(store: &impl Store, prefix: &str) -> Result<(View, Watch), Error> {
    let snapshot = store.range(prefix).await?;
    let watch = store.watch(prefix, snapshot.revision).await?;
    let entries = snapshot.entries.into_values();
    let view = View::new(snapshot.revision, Connection::Connected, entries);
    Ok((view, watch))
}

fn lose(views: &watch::Sender<Arc<View>>, prefix: &str, error: &Error) {
    views.send_if_modified(|view| {
        let was_connected = view.connection == Connection::Connected;
        if was_connected {
            tracing::warn!(prefix, reason = %error, "store is lost");
            Arc::make_mut(view).connection = Connection::Lost;
        } else {
            tracing::debug!(prefix, reason = %error, "store is still lost");
        }
        was_connected
    });
}
