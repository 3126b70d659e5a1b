//! Waiting for states, and ports to wait at.

use std::net::TcpListener;
use std::time::Duration;

/// Bounds each wait for a state.
const STATE_WITHIN: Duration = Duration::from_mins(1);

/// Asks until it is so.
pub async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        let mut ask = tokio::time::interval(Duration::from_millis(20));
        loop {
            ask.tick().await;
            if holds().await {
                return;
            }
        }
    };
    let reached = tokio::time::timeout(STATE_WITHIN, waiting).await;
    assert!(reached.is_ok(), "not within {STATE_WITHIN:?}: {what}");
}

/// A port that nothing listens on.
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}
