//! Turns changes of the mirrored records into observations, each once.

use std::collections::BTreeMap;

use standfast_failover::{Observation, OperatorRequest, Peer, Store};
use standfast_record::{
    Bookmark, Connection, Controller, Fork, KeyValue, Lease, Member, Request, Revision, Step,
    Succession, SuccessionKind, View, key,
};
use standfast_units::{Moment, WallTime, chain};
use tracing::warn;

use crate::settings::Settings;

/// Where the records lie that an agent follows.
#[derive(Debug, Clone)]
struct Keys {
    lease: String,
    request: String,
    pause: String,
    successions: String,
    members: String,
    /// This node's own record among the members.
    member: String,
    controllers: String,
}

/// What was fed of the store so far.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    keys: Keys,
    bookmark: Bookmark,
    fed: BTreeMap<String, Revision>,
    store: Option<Store>,
    successions: BTreeMap<u64, Succession>,
    lease_known: bool,
}

impl Feed {
    pub(crate) fn new(settings: &Settings) -> Self {
        let (system, database) = (&settings.system, &settings.database);
        Self {
            keys: Keys {
                lease: key::lease(system, database),
                request: key::request(system, database),
                pause: key::pause(system),
                successions: key::successions(system, database),
                members: key::members(system, database),
                member: key::member(system, database, &settings.node),
                controllers: key::controllers(system),
            },
            bookmark: Bookmark::default(),
            fed: BTreeMap::new(),
            store: None,
            successions: BTreeMap::new(),
            lease_known: false,
        }
    }

    /// What is new in `view`, in an order in which later ones build on earlier ones: forks before
    /// the members that were promoted onto them.
    pub(crate) fn changes(&mut self, now: Moment, view: &View) -> Vec<Observation> {
        let mut seen = Vec::new();
        let store = match view.connection {
            Connection::Connected => Store::Reached,
            Connection::Lost if view.revision == Revision::default() => return seen,
            Connection::Lost => Store::Lost,
        };
        let news = view.news(&mut self.bookmark);
        if self.take_successions(&news) {
            seen.push(Observation::Forks(self.forks()));
            let at = self.last_failover().map(|at| now.instant_of(at));
            seen.push(Observation::LastFailover(at));
        }
        self.take_members(&news, &mut seen);
        self.take_controllers(&news, &mut seen);
        self.take_request(now, view, &mut seen);
        self.take_pause(view, &mut seen);
        self.take_lease(view, &mut seen);
        if self.store != Some(store) {
            self.store = Some(store);
            seen.push(Observation::Store(store));
        }
        seen
    }

    fn take_successions(&mut self, news: &[&KeyValue]) -> bool {
        let mut changed = false;
        for entry in news {
            if entry.key.starts_with(&self.keys.successions)
                && let Some(succession) = self.fresh::<Succession>(entry)
            {
                self.successions.insert(succession.epoch.get(), succession);
                changed = true;
            }
        }
        changed
    }

    fn forks(&self) -> Vec<Fork> {
        self.successions
            .values()
            .filter_map(|each| each.fork)
            .collect()
    }

    /// When the last automatic failover was, unless something planned came after it.
    fn last_failover(&self) -> Option<WallTime> {
        self.successions
            .values()
            .rev()
            .find(|each| each.kind != SuccessionKind::Retake)
            .filter(|each| each.kind == SuccessionKind::Failover)
            .and_then(|each| each.steps.get(&Step::Fenced).copied())
    }

    fn take_members(&mut self, news: &[&KeyValue], seen: &mut Vec<Observation>) {
        for entry in news {
            if entry.key.starts_with(&self.keys.members)
                && entry.key != self.keys.member
                && let Some(member) = self.fresh::<Member>(entry)
            {
                seen.push(Observation::Peer(Peer::from(member)));
            }
        }
    }

    fn take_controllers(&mut self, news: &[&KeyValue], seen: &mut Vec<Observation>) {
        for entry in news {
            if entry.key.starts_with(&self.keys.controllers)
                && let Some(controller) = self.fresh::<Controller>(entry)
            {
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

    fn take_request(&mut self, now: Moment, view: &View, seen: &mut Vec<Observation>) {
        match view.entry(&self.keys.request) {
            Some(entry) => {
                if let Some(request) = self.fresh::<Request>(entry) {
                    let expires_at = now.instant_of(request.expires_at);
                    seen.push(Observation::Request(Some(OperatorRequest {
                        id: request.id,
                        kind: request.kind,
                        state: request.state,
                        expires_at,
                    })));
                }
            }
            None => {
                if self.fed.remove(&self.keys.request).is_some() {
                    seen.push(Observation::Request(None));
                }
            }
        }
    }

    fn take_pause(&mut self, view: &View, seen: &mut Vec<Observation>) {
        let pause_key = &self.keys.pause;
        match (view.entry(pause_key), self.fed.get(pause_key)) {
            (Some(entry), None) => {
                self.fed.insert(pause_key.clone(), entry.modified);
                seen.push(Observation::Paused(true));
            }
            (None, Some(_)) => {
                self.fed.remove(pause_key);
                seen.push(Observation::Paused(false));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn take_lease(&mut self, view: &View, seen: &mut Vec<Observation>) {
        match view.entry(&self.keys.lease) {
            Some(entry) => {
                if let Some(lease) = self.fresh::<Lease>(entry) {
                    self.lease_known = true;
                    seen.push(Observation::Lease {
                        lease: Some(lease),
                        revision: entry.modified,
                    });
                }
            }
            None if !self.lease_known => {
                self.lease_known = true;
                seen.push(Observation::Lease {
                    lease: None,
                    revision: Revision::default(),
                });
            }
            None => {}
        }
    }

    /// The record, when this revision of it was not fed yet.
    fn fresh<T: serde::de::DeserializeOwned>(&mut self, entry: &KeyValue) -> Option<T> {
        match self.fed.get_mut(&entry.key) {
            Some(fed) if *fed == entry.modified => return None,
            Some(fed) => *fed = entry.modified,
            None => {
                self.fed.insert(entry.key.clone(), entry.modified);
            }
        }
        match entry.record() {
            Ok(record) => Some(record),
            Err(error) => {
                warn!(error = chain(&error), "a record is passed over");
                None
            }
        }
    }
}
