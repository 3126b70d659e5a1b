//! From what the store says to the zone that is served. A name changes only forward (P13): the zone
//! refuses older epochs and empty answers, and what was refused is logged, not served.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use standfast_coordination::{View, key, record};
use standfast_units::{Database, Timestamp};
use standfast_zone::{DatabaseNames, Generation, SystemNames, Writer, Zone};
use tracing::{info, warn};

use crate::peers::Peers;
use crate::settings::{Names, Settings};

/// The zone as it was last served.
#[derive(Debug, Default)]
pub(crate) struct NameKeeper {
    zone: Option<Zone>,
}

impl NameKeeper {
    /// Builds the zone anew from `view` and serves it when anything in it has changed.
    pub(crate) fn update(
        &mut self,
        settings: &Settings,
        view: &View,
        peers: &Peers,
        now: Timestamp,
        names: &impl Names,
    ) {
        let wanted = SystemNames {
            zone: settings.zone.clone(),
            ttl: settings.ttl,
            name_servers: settings.name_servers.clone(),
            databases: settings
                .databases
                .keys()
                .map(|database| database_names(settings, view, peers, now, database))
                .collect(),
        };
        let generation = Generation::new(view.revision.0);
        let (mut zone, refused) = if let Some(zone) = self.zone.clone() {
            let mut zone = zone;
            let refused = wanted.publish_into(&mut zone);
            (zone, refused)
        } else {
            match wanted.to_zone(generation) {
                Ok(built) => built,
                Err(error) => return warn!(%error, "the zone cannot be built"),
            }
        };
        for refusal in refused {
            // A name keeps what it had; expected while the writer record is older than what was served.
            info!(reason = %refusal, "a name was not changed");
        }
        if self.zone.as_ref() == Some(&zone) {
            return;
        }
        zone.advance(generation);
        match names.publish(Arc::new(zone.clone())) {
            Ok(()) => self.zone = Some(zone),
            Err(reason) => warn!(reason, "the zone was not served"),
        }
    }
}

fn database_names(
    settings: &Settings,
    view: &View,
    peers: &Peers,
    now: Timestamp,
    database: &Database,
) -> DatabaseNames {
    let writer = view
        .get::<record::Writer>(&key::writer(&settings.system, database))
        .ok()
        .flatten()
        .and_then(|(writer, _)| {
            let address: IpAddr = writer.address.parse().ok()?;
            let server = SocketAddr::new(address, writer.port);
            Some(Writer {
                epoch: writer.epoch,
                node: writer.node,
                server,
            })
        });
    let readers = peers
        .of(database, now, settings.fresh_for)
        .filter(|member| member.role == record::Role::Standby && member.streaming)
        .filter_map(|member| Some(SocketAddr::new(member.address.parse().ok()?, member.port)))
        .collect();
    DatabaseNames {
        database: database.clone(),
        writer,
        readers,
    }
}
