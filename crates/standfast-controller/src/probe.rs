//! Whether each database answers this controller's place: an observation from outside the database's
//! region, never a decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_replication::WriteCheck;
use standfast_units::Node;
use tokio::sync::watch;

use crate::clock;
use crate::settings::Settings;

/// Probes for as long as anybody listens.
pub(crate) async fn run<W: WriteCheck>(
    settings: Arc<Settings>,
    check: W,
    reachable: watch::Sender<BTreeMap<Node, bool>>,
) {
    loop {
        let begun_at = clock::now();
        let mut probes = tokio::task::JoinSet::new();
        for (node, place) in settings.databases.values().flatten() {
            let (node, address, port) = (node.clone(), place.address.clone(), place.port);
            let check = check.clone();
            probes.spawn(async move { (node, check.answers(&address, port).await) });
        }
        let mut seen = BTreeMap::new();
        while let Some(probed) = probes.join_next().await {
            if let Ok((node, answers)) = probed {
                seen.insert(node, answers);
            }
        }
        if reachable.send(seen).is_err() {
            return;
        }
        clock::sleep_until(begun_at.after(settings.publish_every)).await;
    }
}
