//! What a blueprint says, with every default filled in.

use std::time::Duration;

use standfast_blueprint::{
    Alone, Blueprint, Class, Durability, Engine, Gate, Mode, RegionKind, SecretReference, Severity,
    locate, parse,
};

use crate::render::environment;

/// The YAML blocks of the design: an example, and keys beyond it.
const FULL: &str = include_str!("full.yaml");

fn read(text: &str) -> Blueprint {
    let (blueprint, problems) = parse(text, &environment);
    let errors: Vec<_> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    blueprint.unwrap_or_else(|| panic!("{errors:#?}"))
}

#[test]
fn silence_means_the_documented_defaults() {
    let blueprint = read(
        "standfast: 1
name: shop
promise: { rto: 1m, rpo: 10s }
regions:
  east: { home: true }
  west: {}
  north: { witness: true }
databases:
  order-book: { engine: postgres }
",
    );
    assert_eq!(blueprint.system().as_str(), "shop-dev");
    assert_eq!(blueprint.class, Class::Ephemeral);
    assert_eq!(blueprint.names.zone.as_str(), "shop.test");
    let kinds: Vec<(&str, RegionKind, usize)> = blueprint
        .regions
        .iter()
        .map(|region| (region.region.as_str(), region.kind, region.zones.len()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("east", RegionKind::Home, 2),
            ("west", RegionKind::Standby, 2),
            ("north", RegionKind::Witness, 0),
        ]
    );
    assert_eq!(blueprint.home().region.as_str(), "east");
    assert_eq!(blueprint.witness().unwrap().region.as_str(), "north");
    let database = &blueprint.databases[0];
    assert_eq!(database.engine, Engine::Postgres);
    assert_eq!(database.database.as_str(), "order_book");
    assert_eq!(database.username.as_str(), "app");
    assert_eq!(database.durability, Durability::Async);
    let failover = blueprint.failover;
    assert_eq!(failover.mode, Mode::Automatic);
    assert_eq!(failover.alone, Alone::Continue);
    assert_eq!(failover.gate, Gate::Proxy);
    let timings = failover.timings();
    assert_eq!(timings.lease, Duration::from_secs(5));
    assert_eq!(timings.self_fence_after, Duration::from_millis(4_600));
    assert_eq!(timings.hold_down, Duration::from_secs(30));
    assert_eq!(timings.cool_down, Duration::from_mins(15));
    assert_eq!(
        timings.max_loss,
        Duration::from_secs(10),
        "the promised RPO"
    );
}

#[test]
fn nodes_are_spread_over_the_zones_of_their_region() {
    let blueprint = read(
        "standfast: 1
name: shop
promise: { rto: 1m, rpo: 10s }
regions:
  west: { zones: 1 }
  east: { home: true, zones: 2 }
  north: { witness: true }
databases:
  main: { engine: postgres, nodes: { home: 3, standby: 1 } }
",
    );
    let nodes = blueprint.databases[0].nodes(&blueprint.regions);
    let nodes: Vec<(&str, &str)> = nodes
        .iter()
        .map(|node| (node.node.as_str(), node.zone.as_str()))
        .collect();
    assert_eq!(
        nodes,
        [
            ("main-west-1", "westa"),
            ("main-east-1", "easta"),
            ("main-east-2", "eastb"),
            ("main-east-3", "easta"),
        ]
    );
}

#[test]
fn every_key_of_the_format_is_read() {
    let blueprint = read(FULL);
    assert_eq!(blueprint.system().as_str(), "payments-dev");
    let database = &blueprint.databases[0];
    assert_eq!(
        database.credentials,
        Some(SecretReference::Secret("payments/db".to_owned()))
    );
    assert_eq!(
        blueprint.notify.webhook,
        Some(SecretReference::Environment("OPS_WEBHOOK".to_owned()))
    );
    assert_eq!(blueprint.names.zone.as_str(), "payments-dev.example.com");
    let sections = blueprint.cloud_sections();
    assert_eq!(
        sections,
        [
            "functions",
            "tables",
            "buckets",
            "parameters",
            "dashboards",
            "alarms",
            "tags"
        ]
    );
}

#[test]
fn the_environment_reaches_every_kind_of_value() {
    let blueprint = read(
        "standfast: ${VERSION:-1}
name: ${WORD}
environment: \"x-${WORD}\"
promise: { rto: \"${RTO:-1m}\", rpo: 10s }
regions:
  east: { home: \"${HOME_IS_EAST:-true}\", zones: \"${ZONES:-3}\" }
  west: {}
services:
  web: { port: \"${PORT}\", package: \"a-${PORT}\" }
",
    );
    assert_eq!(blueprint.system().as_str(), "word-x-word");
    assert_eq!(blueprint.regions[0].zones.len(), 3);
    let web = blueprint.services.values().next().unwrap();
    assert_eq!(web.port.unwrap().get(), 8080);
    assert_eq!(
        web.package.as_ref().map(standfast_blueprint::Name::as_str),
        Some("a-8080")
    );
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let plain = read(FULL);
    assert_eq!(read(&FULL.replace('\n', "\r\n")), plain);
    assert_eq!(read(&format!("\u{feff}{FULL}")), plain);
}

#[test]
fn a_place_is_found_by_its_keys() {
    let slice = |path: &[&str]| &FULL[locate(FULL, path).unwrap().bytes()];
    assert_eq!(slice(&["databases", "main", "durability"]), "async");
    assert_eq!(slice(&["promise", "rto"]), "2m");
    assert_eq!(
        slice(&["names", "zone"]),
        "payments-${ENVIRONMENT_SUFFIX:-dev}.example.com"
    );
    // What is not written is looked for where it would be.
    assert_eq!(slice(&["regions", "us-west-2", "zones"]), "us-west-2");
    assert_eq!(locate(FULL, &["nothing", "here"]), None);
    assert_eq!(locate("[", &["promise"]), None);
}
