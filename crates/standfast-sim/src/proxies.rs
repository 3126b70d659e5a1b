//! The proxies: what their reads of the record prove (the real `Validity`, P22), and the clients that write
//! through them.

use std::sync::Arc;
use std::time::Duration;

use standfast_proxy::Sighting;
use standfast_record::{KeyValue, Unreadable};
use standfast_units::{Epoch, Node as Name, Timestamp};

use crate::happening::Happening;
use crate::invariant::forwarded;
use crate::network::Endpoint;
use crate::setting::server;
use crate::world::World;

/// What the last read of any proxy was made of, and what it showed.
#[derive(Debug)]
pub(crate) struct Sight {
    lease: Option<Arc<KeyValue>>,
    writer: Option<Arc<KeyValue>>,
    shown: Sighting,
}

/// By how much an answer is late whose packet was lost, once or several times: TCP sends it again after 200 ms
/// and waits for twice as long each time (RFC 6298). It follows from the write's number, so that it changes
/// nothing else of a seed.
fn held_up(record: u64) -> Duration {
    Duration::from_millis(match record % 40 {
        0 => 3_000,
        1 => 1_400,
        2 => 600,
        3 => 200,
        _ => 0,
    })
}

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
        let Ok(sighting) = self.sighting() else {
            // Nothing is concluded from what cannot be read.
            return self.plan_in(every, Happening::ProxyPolls { region });
        };
        let delay = self.network.delay(&mut self.rng);
        let hears = Happening::ProxyHears {
            region,
            sent_at,
            sighting: Box::new(sighting),
        };
        self.plan_in(delay, hears);
        self.plan_in(delay + every, Happening::ProxyPolls { region });
    }

    /// What a read of the records shows; the last one again, as long as neither is written anew.
    fn sighting(&mut self) -> Result<Sighting, Unreadable> {
        let lease = self.store.machine.get(&self.keys.lease).entry;
        let writer = self.store.machine.get(&self.keys.writer).entry;
        if let Some(sight) = &self.sight
            && sight.lease == lease
            && sight.writer == writer
        {
            return Ok(sight.shown.clone());
        }
        let place = |node: &Name| self.index(node).map(server);
        let shown = Sighting::of(lease.as_deref(), writer.as_deref(), place)?;
        self.sight = Some(Sight {
            lease,
            writer,
            shown: shown.clone(),
        });
        Ok(shown)
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
                let delay = self.network.delay(&mut self.rng) + held_up(record);
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
