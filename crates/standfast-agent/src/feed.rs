//! Turns changes of the mirrored records into observations, each once.

use std::collections::BTreeMap;

use standfast_coordination::{Connection, KeyValue, Revision, View, key, record};
use standfast_failover::{Observation, Store};
use standfast_units::{Timestamp, WallTime};
use tracing::warn;

use crate::clock;
use crate::records;
use crate::settings::Settings;

/// What was fed of the store so far.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    fed: BTreeMap<String, Revision>,
    store: Option<Store>,
    transitions: BTreeMap<u64, record::Transition>,
    lease_known: bool,
    request_expires_at: Option<WallTime>,
}

impl Feed {
    /// What is new in `view`, in an order in which later ones build on earlier ones: forks before
    /// the members that were promoted onto them.
    pub(crate) fn changes(&mut self, settings: &Settings, view: &View) -> Vec<Observation> {
        let mut seen = Vec::new();
        let store = match view.connection {
            Connection::Connected => Store::Reached,
            Connection::Lost if view.revision == Revision::default() => return seen,
            Connection::Lost => Store::Lost,
        };
        if self.take_transitions(settings, view) {
            let (forks, last_failover) = records::history(&self.transitions);
            seen.push(Observation::Forks(forks));
            seen.push(Observation::LastFailover(last_failover.map(clock::boot_at)));
        }
        self.take_members(settings, view, &mut seen);
        self.take_single(settings, view, &mut seen);
        self.take_lease(settings, view, &mut seen);
        if self.store != Some(store) {
            self.store = Some(store);
            seen.push(Observation::Store(store));
        }
        seen
    }

    /// When the open request ceases to count; the end of a request is not a change of its record.
    pub(crate) fn request_expires_at(&self) -> Option<Timestamp> {
        self.request_expires_at.map(clock::boot_after)
    }

    /// Takes a request that has expired out of what the core sees.
    pub(crate) fn expire(&mut self) -> Option<Observation> {
        let expired = self.request_expires_at? <= clock::wall();
        expired.then(|| {
            self.request_expires_at = None;
            Observation::Request(None)
        })
    }

    fn take_transitions(&mut self, settings: &Settings, view: &View) -> bool {
        let mut changed = false;
        for entry in view.range(&key::transitions(&settings.system, &settings.database)) {
            if let Some(transition) = self.fresh::<record::Transition>(entry) {
                self.transitions.insert(transition.epoch.get(), transition);
                changed = true;
            }
        }
        changed
    }

    fn take_members(&mut self, settings: &Settings, view: &View, seen: &mut Vec<Observation>) {
        for entry in view.range(&key::members(&settings.system, &settings.database)) {
            if let Some(member) = self.fresh::<record::Member>(entry)
                && member.node != settings.node
            {
                seen.push(Observation::Peer(records::peer_to_core(member)));
            }
        }
        for entry in view.range(&key::controllers(&settings.system)) {
            if let Some(controller) = self.fresh::<record::Controller>(entry) {
                let unreachable = controller
                    .reachable
                    .into_iter()
                    .filter_map(|(node, reachable)| (!reachable).then_some(node))
                    .collect();
                seen.push(Observation::Controller {
                    region: controller.region,
                    unreachable,
                });
            }
        }
    }

    fn take_single(&mut self, settings: &Settings, view: &View, seen: &mut Vec<Observation>) {
        let request_key = key::request(&settings.system, &settings.database);
        match view.entry(&request_key) {
            Some(entry) => {
                if let Some(request) = self.fresh::<record::Request>(entry) {
                    self.request_expires_at = Some(request.expires_at);
                    seen.push(Observation::Request(records::request_to_core(request)));
                }
            }
            None => {
                if self.fed.remove(&request_key).is_some() {
                    seen.push(Observation::Request(None));
                }
            }
        }
        let pause_key = key::pause(&settings.system);
        let paused = view.entry(&pause_key);
        match (paused, self.fed.get(&pause_key)) {
            (Some(entry), None) => {
                self.fed.insert(pause_key, entry.modified);
                seen.push(Observation::Paused(true));
            }
            (None, Some(_)) => {
                self.fed.remove(&pause_key);
                seen.push(Observation::Paused(false));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn take_lease(&mut self, settings: &Settings, view: &View, seen: &mut Vec<Observation>) {
        let lease_key = key::lease(&settings.system, &settings.database);
        match view.entry(&lease_key) {
            Some(entry) => {
                if let Some(lease) = self.fresh::<record::Lease>(entry) {
                    self.lease_known = true;
                    let lease = Some(records::lease_to_core(lease));
                    seen.push(Observation::Lease {
                        lease,
                        revision: entry.modified.0,
                    });
                }
            }
            None if !self.lease_known => {
                self.lease_known = true;
                seen.push(Observation::Lease {
                    lease: None,
                    revision: 0,
                });
            }
            None => {}
        }
    }

    /// The record, when this revision of it was not fed yet.
    fn fresh<T: serde::de::DeserializeOwned>(&mut self, entry: &KeyValue) -> Option<T> {
        if self.fed.get(&entry.key) == Some(&entry.modified) {
            return None;
        }
        self.fed.insert(entry.key.clone(), entry.modified);
        match entry.record() {
            Ok(record) => Some(record),
            Err(error) => {
                warn!(key = entry.key, %error, "a record cannot be read");
                None
            }
        }
    }
}
