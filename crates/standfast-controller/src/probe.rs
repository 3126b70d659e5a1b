//! Whether this controller's place can connect to each database: an observation from outside the
//! database's region, never a decision.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use standfast_units::Node;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::clock;
use crate::settings::Settings;

/// How long a connection attempt may take: well above a round trip between continents.
const CONNECT_WITHIN: Duration = Duration::from_millis(500);

/// Probes for as long as anybody listens.
pub(crate) async fn run(settings: Arc<Settings>, reachable: watch::Sender<BTreeMap<Node, bool>>) {
    loop {
        let begun_at = clock::now();
        let mut probes = tokio::task::JoinSet::new();
        for (node, place) in settings.databases.values().flatten() {
            let (node, address, port) = (node.clone(), place.address.clone(), place.port);
            probes.spawn(async move {
                let attempt = TcpStream::connect((address.as_str(), port));
                let connected = tokio::time::timeout(CONNECT_WITHIN, attempt).await;
                (node, matches!(connected, Ok(Ok(_))))
            });
        }
        let mut seen = BTreeMap::new();
        while let Some(probed) = probes.join_next().await {
            if let Ok((node, connected)) = probed {
                seen.insert(node, connected);
            }
        }
        if reachable.send(seen).is_err() {
            return;
        }
        clock::sleep_until(begun_at.after(settings.publish_every)).await;
    }
}
