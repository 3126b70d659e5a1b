//! A controller's process.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use standfast_controller::{Controller as Machine, NodePlace, Settings, Ticket};
use standfast_failover::Timings;
use standfast_units::{Database, System, Ttl};
use standfast_zone::NameServer;

use crate::clock::Clock;
use crate::link::Link;
use crate::node::Node;
use crate::queue::Time;
use crate::rng::Rng;
use crate::setting::{REGIONS, clock, named, server};

pub(crate) struct Controller {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) machine: Option<Machine>,
    /// Grows with each life.
    pub(crate) life: u64,
    pub(crate) link: Link<Ticket>,
    pub(crate) wake_planned: Time,
    pub(crate) frozen_until: Time,
}

impl Controller {
    pub(crate) fn new(
        index: usize,
        nodes: &[Node],
        system: &System,
        database: &Database,
        timings: Timings,
        rng: &mut Rng,
    ) -> Self {
        let places = nodes.iter().enumerate().map(|(at, node)| {
            let place = NodePlace {
                region: node.region.clone(),
                server: server(at),
            };
            (node.name.clone(), place)
        });
        let regions: Vec<_> = REGIONS.iter().map(|name| named(name)).collect();
        let settings = Settings {
            system: system.clone(),
            region: named(REGIONS[index]),
            regions: regions.clone(),
            pid: 200 + u32::try_from(index).unwrap_or(0),
            address: address(index),
            port_dns: 5353,
            port_proxy: [(database.clone(), 6432)].into(),
            databases: [(database.clone(), places.collect::<BTreeMap<_, _>>())].into(),
            zone: named("sim.test"),
            ttl: ttl(),
            name_servers: regions
                .into_iter()
                .enumerate()
                .map(|(at, region)| NameServer {
                    region,
                    address: address(at),
                })
                .collect(),
            publish_every: timings.renew_every,
            fresh_for: timings.lease,
        };
        Self {
            settings,
            clock: clock(rng),
            machine: None,
            life: 0,
            link: Link::new(),
            wake_planned: 0,
            frozen_until: 0,
        }
    }
}

fn address(index: usize) -> IpAddr {
    let region = u8::try_from(index + 1).unwrap_or(u8::MAX);
    IpAddr::V4(Ipv4Addr::new(127, 2, region, 100))
}

#[expect(clippy::expect_used, reason = "a constant within the bounds")]
fn ttl() -> Ttl {
    Ttl::seconds(1).expect("a second is a time to live")
}
