//! The proxies: what their reads of the record prove (the real `Validity`, P22), and the clients that write
//! through them.

use standfast_proxy::{Renewal, Right, Sighting, WriterTarget};
use standfast_record::{Lease, LeaseState, Writer, key};
use standfast_units::{Epoch, Timestamp};

use crate::happening::Happening;
use crate::invariant::forwarded;
use crate::network::Endpoint;
use crate::setting::server;
use crate::world::World;

impl World {
    /// A read of the record leaves; reads are made one after the other.
    pub(crate) fn proxy_polls(&mut self, region: usize) {
        // P22: from before the read leaves.
        let sent_at = self.proxies[region].clock.at(self.now);
        let delay = self.network.delay(&mut self.rng);
        self.plan_in(delay, Happening::StoreIsRead { region, sent_at });
    }

    pub(crate) fn store_is_read(&mut self, region: usize, sent_at: Timestamp) {
        let every = self.timings.renew_every / 4;
        if !self.store.up
            || !self
                .network
                .connects(Endpoint::Region(region), Endpoint::Store)
        {
            let after = self.timings.renew_every;
            return self.plan_in(after, Happening::ProxyPolls { region });
        }
        let sighting = self.sighting();
        let delay = self.network.delay(&mut self.rng);
        let hears = Happening::ProxyHears {
            region,
            sent_at,
            sighting: Box::new(sighting),
        };
        self.plan_in(delay, hears);
        self.plan_in(delay + every, Happening::ProxyPolls { region });
    }

    fn sighting(&self) -> Sighting {
        let lease_key = key::lease(&self.system, &self.database);
        let Some(entry) = self.store.machine.get(&lease_key).entry else {
            return Sighting::ABSENT;
        };
        let Ok(lease) = entry.record::<Lease>() else {
            return Sighting::ABSENT;
        };
        let writer_key = key::writer(&self.system, &self.database);
        let writer = self.store.machine.get(&writer_key).entry;
        let writer = writer.and_then(|entry| entry.record::<Writer>().ok());
        Sighting {
            epoch: lease.epoch,
            renewal: Renewal(entry.modified.0),
            right: match lease.state {
                LeaseState::Held => Right::Held,
                LeaseState::Released { .. } => Right::Released,
            },
            writer: writer.and_then(|writer| {
                let address = server(self.index(&writer.node)?);
                Some(WriterTarget {
                    epoch: writer.epoch,
                    node: writer.node,
                    address,
                })
            }),
        }
    }

    pub(crate) fn proxy_hears(&mut self, region: usize, sent_at: Timestamp, sighting: Sighting) {
        self.proxies[region].validity.observe(sent_at, sighting);
    }

    /// Clients write through every proxy that lets them in.
    pub(crate) fn proxied_clients_write(&mut self) {
        for region in 0..self.proxies.len() {
            let proxy = &self.proxies[region];
            if proxy.frozen_until > self.now {
                continue;
            }
            let now = proxy.clock.at(self.now);
            let Ok(target) = proxy.proof().writer(now) else {
                continue;
            };
            let (epoch, name) = (target.epoch, target.node.clone());
            let reached = self.index(&name).filter(|node| {
                self.network
                    .connects(Endpoint::Region(region), Endpoint::Node(*node))
                    && self.nodes[*node].accepts_writes(self.now)
            });
            if let Some(node) = reached {
                let record = self.accept_write(node);
                let delay = self.network.delay(&mut self.rng);
                let arrives = Happening::AnswerArrives {
                    region,
                    epoch,
                    record,
                };
                self.plan_in(delay, arrives);
            }
        }
    }

    /// Whether the node whose right it is now has a record.
    fn holder_has(&self, record: u64) -> bool {
        let holder = self.lease().and_then(|lease| self.index(&lease.holder));
        holder.is_some_and(|node| {
            let log = &self.nodes[node].folder.log;
            log.iter().rev().any(|each| each.id == record)
        })
    }

    /// The database's answer has come: whether it may still be forwarded is asked first, then the clock is
    /// read (P22).
    pub(crate) fn answer_arrives(&mut self, region: usize, epoch: Epoch, record: u64) {
        let proxy = &self.proxies[region];
        let now = proxy.clock.at(self.now);
        let forwarded = proxy.proof().check(epoch, now).is_ok();
        self.trace
            .count("proxy", if forwarded { "forwarded" } else { "cut" });
        if forwarded {
            let newest = self.judges.writes.newest();
            let kept = || self.holder_has(record);
            let verdict = forwarded::check(region, epoch, newest, kept);
            self.judge(verdict);
        }
    }
}
