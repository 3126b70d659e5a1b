//! The setting of a simulation: regions, machines, their addresses and clocks, drawn from its seed.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use standfast_failover::{Mode, Timings};
use standfast_units::{Database, Node as Name, Region, System};

use crate::clock::Clock;
use crate::node::Node;
use crate::queue::MS;
use crate::rng::Rng;

/// The names of the regions; the last one is the witness's, and the store's.
pub(crate) const REGIONS: [&str; 3] = ["east", "west", "witness"];

/// A valid name.
#[expect(
    clippy::panic,
    reason = "the names are constants of the simulation, and valid"
)]
pub(crate) fn named<T: std::str::FromStr>(name: &str) -> T {
    name.parse()
        .unwrap_or_else(|_| panic!("`{name}` is no name"))
}

/// Which machines there are, and how they are to behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) timings: Timings,
    /// The region of each machine.
    pub(crate) machines: &'static [usize],
}

impl Setting {
    /// Two or three machines: one or two at home, one elsewhere.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            timings: timings(rng),
            machines: if rng.chance(500) { &[0, 1] } else { &[0, 0, 1] },
        }
    }
}

fn timings(rng: &mut Rng) -> Timings {
    let (lease_ms, self_fence_after_ms) =
        *rng.pick(&[(2_000, 1_600), (2_000, 1_600), (5_000, 4_600)]);
    let ms = Duration::from_millis;
    Timings {
        lease: ms(lease_ms),
        self_fence_after: ms(self_fence_after_ms),
        renew_every: ms(self_fence_after_ms / 4),
        hold_down: ms(*rng.pick(&[500, 1_000, 10_000])),
        cool_down: ms(*rng.pick(&[0, 0, 30_000])),
        max_loss: ms(*rng.pick(&[5_000, 30_000])),
    }
}

pub(crate) fn nodes(
    rng: &mut Rng,
    setting: Setting,
    system: &System,
    database: &Database,
) -> Vec<Node> {
    let Setting {
        timings,
        machines: regions,
    } = setting;
    let names: Vec<Name> = ["main-east-1", "main-east-2", "main-west-1"]
        .iter()
        .filter(|name| regions.len() == 3 || !name.ends_with("east-2"))
        .map(|name| named(name))
        .collect();
    let all: BTreeMap<Name, Region> = names
        .iter()
        .zip(regions)
        .map(|(name, region)| (name.clone(), named(REGIONS[*region])))
        .collect();
    let servers: BTreeMap<Name, SocketAddr> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (name.clone(), server(index)))
        .collect();
    names
        .iter()
        .zip(regions)
        .enumerate()
        .map(|(index, (name, region))| {
            let settings = standfast_agent::Settings {
                system: system.clone(),
                database: database.clone(),
                node: name.clone(),
                region: named(REGIONS[*region]),
                zone: "a".to_owned(),
                address: server(index).ip(),
                port: server(index).port(),
                pid: 100 + u32::try_from(index).unwrap_or(0),
                peers: servers.clone(),
                lost_folder: "/lost".into(),
                core: standfast_failover::Settings {
                    node: name.clone(),
                    nodes: all.clone(),
                    founder: names[0].clone(),
                    timings,
                    mode: Mode::Automatic,
                },
            };
            Node::new(settings, *region, clock(rng))
        })
        .collect()
}

/// Two clocks drift apart by a hundredth at most, as the settings assume; walls are set well or badly.
pub(crate) fn clock(rng: &mut Rng) -> Clock {
    let drift_ppm = i64::try_from(rng.below(9_800)).unwrap_or(0) - 4_900;
    let wall_off_ms = i64::try_from(rng.below(40)).unwrap_or(0) - 20;
    Clock::new(drift_ppm, rng.below(1_000_000) * MS, wall_off_ms)
}

pub(crate) fn server(index: usize) -> SocketAddr {
    let host = u8::try_from(index + 1).unwrap_or(u8::MAX);
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 1, 1, host)), 5440)
}
