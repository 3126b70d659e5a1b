//! How far a proxy has come with its end.

use tokio::sync::watch;

/// How far the proxy has come with its end. A task that finds the channel closed takes it as the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EndPhase {
    /// Accepts clients.
    Running,
    /// Accepts none, lets go of those that wait, serves those that are connected.
    Draining,
    /// Cuts those that are connected.
    Cutting,
    /// Nothing is left to do.
    Ended,
}

/// Waits until the proxy has come to `phase`, or is gone.
pub(crate) async fn reached(current: &mut watch::Receiver<EndPhase>, phase: EndPhase) {
    let _ = current.wait_for(|current| *current >= phase).await;
}
