//! A model of the store: compare-and-swap on revisions, watches as snapshots, and restarts that lose
//! the newest renewals and touch what is left (P21).

use std::collections::BTreeMap;
use std::rc::Rc;

use standfast_failover::{Fork, Lease, LeaseState, Peer, Request, RequestState, TransitionKind};
use standfast_units::{Epoch, Node, Region};

use super::invariants;

/// Why an epoch began and where its timeline does.
#[derive(Debug, Clone)]
pub(super) struct Transition {
    pub(super) kind: TransitionKind,
    pub(super) fork: Option<Fork>,
    /// True time of the acquisition.
    pub(super) at: u64,
}

/// All that a watcher can see.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    pub(super) revision: u64,
    pub(super) lease: Option<(Lease, u64)>,
    pub(super) members: BTreeMap<Node, (Peer, u64)>,
    pub(super) controllers: BTreeMap<Region, (Vec<Node>, u64)>,
    pub(super) transitions: BTreeMap<u64, Transition>,
    pub(super) transitions_revision: u64,
    pub(super) request: Option<(Request, u64)>,
    pub(super) paused: bool,
    pub(super) writer: Epoch,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) up: bool,
    pub(super) now: Contents,
    /// The lease as it would be found after a crash.
    durable: Option<Lease>,
    /// Which epoch an incarnation stands for.
    pub(super) epochs: BTreeMap<String, u64>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            up: true,
            now: Contents::default(),
            durable: None,
            epochs: BTreeMap::new(),
        }
    }

    pub(super) fn snapshot(&self) -> Rc<Contents> {
        Rc::new(self.now.clone())
    }

    fn bump(&mut self) -> u64 {
        self.now.revision += 1;
        self.now.revision
    }

    /// Replaces the lease when it is still at `revision`.
    pub(super) fn swap_lease(&mut self, revision: u64, lease: Lease, durable: bool) -> Option<u64> {
        if self.now.lease.as_ref().map_or(0, |(_, at)| *at) != revision {
            return None;
        }
        invariants::epochs_grow_by_one(self.now.lease.as_ref().map(|(old, _)| old), &lease);
        if durable {
            self.durable = Some(lease.clone());
        }
        if matches!(lease.state, LeaseState::Held) {
            self.epochs
                .insert(lease.incarnation.clone(), lease.epoch.get());
        }
        let revision = self.bump();
        self.now.lease = Some((lease, revision));
        Some(revision)
    }

    /// Renewals reach the disk now and then.
    pub(super) fn flush(&mut self) {
        self.durable = self.now.lease.as_ref().map(|(lease, _)| lease.clone());
    }

    /// Comes back after a crash: what was not flushed is gone, the rest is touched (P21).
    pub(super) fn restart(&mut self) {
        self.up = true;
        self.now.revision += 100;
        let revision = self.bump();
        self.now.lease = self.durable.clone().map(|lease| (lease, revision));
        for (_, at) in self.now.members.values_mut() {
            *at = revision;
        }
    }

    pub(super) fn put_member(&mut self, peer: Peer) {
        let revision = self.bump();
        self.now.members.insert(peer.node.clone(), (peer, revision));
    }

    pub(super) fn put_controller(&mut self, region: Region, unreachable: Vec<Node>) {
        let revision = self.bump();
        self.now.controllers.insert(region, (unreachable, revision));
    }

    pub(super) fn put_transition(&mut self, epoch: Epoch, transition: Transition) {
        self.now.transitions_revision = self.bump();
        self.now.transitions.insert(epoch.get(), transition);
    }

    pub(super) fn put_fork(&mut self, epoch: Epoch, fork: Fork) {
        self.now.transitions_revision = self.bump();
        if let Some(transition) = self.now.transitions.get_mut(&epoch.get()) {
            transition.fork.get_or_insert(fork);
        }
    }

    pub(super) fn put_request(&mut self, request: Option<Request>) {
        let revision = self.bump();
        self.now.request = request.map(|request| (request, revision));
    }

    /// What came of the open request, if it is still the same.
    pub(super) fn answer(&mut self, id: &str, begun: bool) {
        let Some((request, _)) = self.now.request.clone() else {
            return;
        };
        if request.id == id {
            self.put_request(begun.then_some(Request {
                state: RequestState::Begun,
                ..request
            }));
        }
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.bump();
        self.now.paused = paused;
    }

    /// Moves the writer name forward; closes the request that asked for it, or that it outlived.
    pub(super) fn redirect(&mut self, epoch: Epoch) {
        if self.now.writer < epoch {
            self.bump();
            self.now.writer = epoch;
            if self.now.request.is_some() {
                self.put_request(None);
            }
        }
    }
}
