//! From what the store says to the zone that is served. A name changes only forward (P13): the zone
//! refuses older epochs and empty answers, and what was refused is logged, not served.

use std::net::SocketAddr;
use std::sync::Arc;

use standfast_record::Role;
use standfast_units::{Database, Timestamp};
use standfast_zone::{DatabaseNames, DnsZone, Generation, SystemNames, Writer};
use tracing::{info, warn};

use crate::records::Records;
use crate::settings::Settings;

/// The zone as it was last served.
#[derive(Debug, Clone)]
pub(crate) struct NameKeeper {
    served: Option<DnsZone>,
    /// What the zone that is served was built from, or could not be changed to.
    built_from: Option<SystemNames>,
    offer: Offer,
}

/// What the name server was handed and has not answered for.
#[derive(Debug, Clone)]
enum Offer {
    /// Nothing: it has answered for every zone it was handed.
    Idle,
    /// This zone.
    Open(DnsZone),
    /// This zone, and what it was built from has changed since.
    Outdated(DnsZone),
}

/// What is to be done once the name server has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// Nothing: no record has changed since the zone was built.
    Rest,
    /// Look again: something may have changed meanwhile.
    Update,
}

impl NameKeeper {
    /// Nothing was served yet.
    pub(crate) const fn new() -> Self {
        Self {
            served: None,
            built_from: None,
            offer: Offer::Idle,
        }
    }

    /// Builds the zone anew; returns it when anything in it has changed and no other is on offer.
    pub(crate) fn update(
        &mut self,
        settings: &Settings,
        records: &Records,
        now: Timestamp,
    ) -> Option<Arc<DnsZone>> {
        match std::mem::replace(&mut self.offer, Offer::Idle) {
            Offer::Idle => {}
            Offer::Open(zone) | Offer::Outdated(zone) => {
                self.offer = Offer::Outdated(zone);
                return None;
            }
        }
        let wanted = system_names(settings, records, now);
        if self.built_from.as_ref() == Some(&wanted) {
            return None;
        }
        let generation = Generation::new(records.revision().0);
        let (mut zone, refused) = if let Some(mut zone) = self.served.clone() {
            let refused = wanted.publish_into(&mut zone);
            (zone, refused)
        } else {
            match wanted.to_zone(generation) {
                Ok(built) => built,
                Err(error) => {
                    warn!(%error, "the zone cannot be built");
                    return None;
                }
            }
        };
        for refusal in refused {
            // A name keeps what it had; expected while the writer record is older than what was served.
            info!(reason = %refusal, "a name was not changed");
        }
        self.built_from = Some(wanted);
        if self.served.as_ref() == Some(&zone) {
            return None;
        }
        zone.advance(generation);
        self.offer = Offer::Open(zone.clone());
        Some(Arc::new(zone))
    }

    /// The name server has answered. What it refused is offered again with the next update.
    pub(crate) fn answered(&mut self, result: Result<(), String>) -> Afterwards {
        let (zone, afterwards) = match std::mem::replace(&mut self.offer, Offer::Idle) {
            Offer::Idle => return Afterwards::Rest,
            Offer::Open(zone) => (zone, Afterwards::Rest),
            Offer::Outdated(zone) => (zone, Afterwards::Update),
        };
        match result {
            Ok(()) => self.served = Some(zone),
            Err(reason) => {
                self.built_from = None;
                warn!(reason, "the zone was not served");
            }
        }
        afterwards
    }
}

fn system_names(settings: &Settings, records: &Records, now: Timestamp) -> SystemNames {
    SystemNames {
        zone: settings.zone.clone(),
        ttl: settings.ttl,
        name_servers: settings.name_servers.clone(),
        databases: settings
            .databases
            .keys()
            .map(|database| database_names(settings, records, now, database))
            .collect(),
    }
}

fn database_names(
    settings: &Settings,
    records: &Records,
    now: Timestamp,
    database: &Database,
) -> DatabaseNames {
    let writer = records.writer(database).map(|writer| Writer {
        epoch: writer.epoch,
        node: writer.node.clone(),
        server: SocketAddr::new(writer.address, writer.port),
    });
    let readers = records
        .fresh(settings, database, now)
        .filter(|member| member.role == Role::Standby && member.streaming)
        .map(|member| SocketAddr::new(member.address, member.port))
        .collect();
    DatabaseNames {
        database: database.clone(),
        writer,
        readers,
    }
}
