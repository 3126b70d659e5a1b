//! Whether each database answers this controller's place: an observation from outside the database's
//! region, never a decision.

use std::collections::BTreeMap;

use standfast_replication::WriteCheck;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::event::Event;
use crate::settings::Settings;

/// Probes until the controller ends.
pub(crate) async fn run<W: WriteCheck>(settings: Settings, check: W, events: mpsc::Sender<Event>) {
    loop {
        let begun_at = standfast_clock::now();
        let mut probes = JoinSet::new();
        for (node, place) in settings.databases.values().flatten() {
            let (node, server) = (node.clone(), place.server);
            let check = check.clone();
            probes.spawn(async move { (node, check.answers(server).await) });
        }
        let mut reachable = BTreeMap::new();
        while let Some(probed) = probes.join_next().await {
            if let Ok((node, answers)) = probed {
                reachable.insert(node, answers);
            }
        }
        if events.send(Event::Probed(reachable)).await.is_err() {
            return;
        }
        standfast_clock::sleep_until(begun_at.after(settings.publish_every)).await;
    }
}
