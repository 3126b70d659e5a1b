//! What a controller concludes about a database, in words for people.

use standfast_failover::Serving;
use standfast_units::Epoch;

/// What is told of a database that is served so, and whose writer name was verified under `named`.
pub(crate) fn diagnosis(serving: Option<&Serving>, named: Epoch) -> String {
    match serving {
        Some(Serving { epoch, node, .. }) if *epoch == named => {
            format!("healthy: {node} serves under epoch {epoch}")
        }
        Some(Serving { epoch, node, .. }) => {
            format!("{node} serves under epoch {epoch}, the writer name does not mean it yet")
        }
        None => "nobody serves".to_owned(),
    }
}
