//! The published JSON Schema and the parser take the same files.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use standfast_blueprint::{Layer, parse, schema};

use crate::examples::examples;
use crate::render::environment;

/// What every document of the tables begins with.
const HEAD: &str = "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 10s }\n";
const REGIONS: &str = "regions: { east: { home: true }, west: {}, north: { witness: true } }\n";

/// Sections that are well formed, whatever they mean.
const GOOD: &[&str] = &[
    "",
    "environment: prod",
    "class: production",
    "databases: {}",
    "databases: { main: { engine: postgres } }",
    "databases: { main: { engine: mysql, version: '8.0.mysql_aurora.3.04.0' } }",
    "databases: { main: { engine: postgres, nodes: {} } }",
    "databases: { main: { engine: postgres, nodes: { home: 0 } } }",
    "databases: { main: { engine: postgres, durability: bounded, local: { bin: /opt/pg } } }",
    "databases: { main: { engine: postgres, parameters: { a: 1, b: true, c: x, d.e: 1.5 } } }",
    "databases: { main: { engine: postgres, parameters: { a: '' } } }",
    "databases: { main: { engine: postgres, credentials: 'env:PASSWORD' } }",
    "databases: { main: { engine: postgres, credentials: file:/run/secrets/db } }",
    "databases: { main: { engine: postgres, credentials: { secret: a/b } } }",
    "databases: { main: { engine: postgres, serverless: { min: 0.5, max: 16 } } }",
    "databases: { main: { engine: postgres, storage: { size: 16MiB } } }",
    "databases: { main: { engine: \"${ENGINE:-postgres}\" } }",
    "services: { web: { port: 8080, health: /health, instances: { home: 1, standby: 0 } } }",
    "services: { web: { port: '${PORT}' } }",
    "names: { zone: example.com }",
    "names: { records: { api: { target: web, ttl: 60s, steer: weighted, weight: 0 } } }",
    "notify: { email: [a@example.com, b@localhost] }",
    "notify: { email: [], webhook: 'secret:hook' }",
    "failover: {}",
    "failover: { mode: manual, lease: 500ms, max_loss: 0s, alone: block, gate: commit }",
    "failover: { lease: 1d2h3m4s5ms }",
    "failover: { lease: 99999999999999999999d }",
    "waive: { DET-019: { reason: x, until: 2030-01-01 } }",
    "waive: { DET-019: { reason: x, until: 2030-02-30 } }",
    "tags: { a: b, 'a b': '' }",
    "state: { bucket: '', region: west }",
    "functions: { f: { package: f } }",
    "functions: { f: { package: f, routes: ['GET /'], env: { A: b }, certificate: issue } }",
    "functions: { f: { package: f, uses: [metrics, notify, failover, tables.t] } }",
    "services: { web: { certificate: { east: 'arn:x' } } }",
    "tables: { t: { key: id } }",
    "buckets: { b: {}, c: { replicate: {} }, d: { replicate: { to: all, within: 15m } } }",
    "parameters: { p: databases.main.writer, q: { of: buckets.b, path: '/a/{region}/b' } }",
    "dashboards: { d: [], e: [lag, 'cpu of databases.main'], f: { show: [], runs: home } }",
    "alarms: { a: { metric: cpu, above: 80% }, b: { metric: cpu, above: 1.5 } }",
    "alarms: { a: { metric: function-throttles, above: 0 } }",
    "alarms: { a: { metric: cpu, below: 10GiB, of: databases.x, period: 5m, count: 1 } }",
    "databases: { main: { engine: postgres, reach: system, maintenance: 'sun:04:00-sun:05:00' } }",
    "databases: { main: { engine: postgres, backup: { window: '23:00-00:00' } } }",
];

/// Sections that are not.
const BAD: &[&str] = &[
    "enviroment: prod",
    "environment: Prod",
    "environment: 5",
    "class: ephemerall",
    "databases: []",
    "databases:",
    "databases: { Main: { engine: postgres } }",
    "databases: { main: {} }",
    "databases: { main: { engine: postgresql } }",
    "databases: { main: { engine: postgres, version: 14.6 } }",
    "databases: { main: { engine: postgres, version: latest } }",
    "databases: { main: { engine: postgres, database: 'a b' } }",
    "databases: { main: { engine: postgres, nodes: { home: -1 } } }",
    "databases: { main: { engine: postgres, nodes: { home: 16 } } }",
    "databases: { main: { engine: postgres, nodes: { home: '2' } } }",
    "databases: { main: { engine: postgres, nodes: { home: 1.5 } } }",
    "databases: { main: { engine: postgres, multi_zone: yes } }",
    "databases: { main: { engine: postgres, local: { bin: bin } } }",
    "databases: { main: { engine: postgres, parameters: { A: 1 } } }",
    "databases: { main: { engine: postgres, parameters: { a: [1] } } }",
    "databases: { main: { engine: postgres, parameters: { a: } } }",
    "databases: { main: { engine: postgres, parameters: { a: null } } }",
    "databases: { main: { engine: postgres, credentials: hunter2 } }",
    "databases: { main: { engine: postgres, credentials: 'env:1' } }",
    "databases: { main: { engine: postgres, credentials: 'file:db' } }",
    "databases: { main: { engine: postgres, credentials: 'secret:' } }",
    "databases: { main: { engine: postgres, credentials: {} } }",
    "databases: { main: { engine: postgres, serverless: { min: 0, max: 16 } } }",
    "databases: { main: { engine: postgres, serverless: { min: 1 } } }",
    "databases: { main: { engine: postgres, storage: { size: 16 } } }",
    "databases: { main: { engine: postgres, storage: { size: 16 MiB } } }",
    "services: { web: { port: 0 } }",
    "services: { web: { port: 65536 } }",
    "services: { web: { port: '8080' } }",
    "services: { web: { health: health } }",
    "services: { web: { instances: { home: 1 } } }",
    "services: { web: { balancer: internal } }",
    "names: { zone: Example.com }",
    "names: { zone: example.com. }",
    "names: { records: { api: {} } }",
    "names: { records: { api: { target: web, ttl: 500ms } } }",
    "names: { records: { api: { target: web, weight: 256 } } }",
    "notify: { email: ops@example.com }",
    "notify: { email: [ops] }",
    "notify: { webhook: https://example.com/hook }",
    "failover: { lease: 5 }",
    "failover: { lease: 5 s }",
    "failover: { lease: 1s1m }",
    "failover: { lease: '' }",
    "failover: { lease: [5s] }",
    "failover: { mode: auto }",
    "waive: { det-019: { reason: x, until: 2030-01-01 } }",
    "waive: { DET-019: { reason: x } }",
    "waive: { DET-019: { reason: '', until: 2030-01-01 } }",
    "waive: { DET-019: { reason: x, until: 2030-13-01 } }",
    "waive: { DET-019: { reason: x, until: 2030-1-1 } }",
    "tags: []",
    "tags: { 'aws:x': y }",
    "tags: { a: 5 }",
    "state: { bucket: x }",
    "functions: { f: {} }",
    "functions: { f: { package: f, runs: both } }",
    "functions: { f: { package: f, routes: ['get /'] } }",
    "functions: { f: { package: f, env: { A-B: c } } }",
    "functions: { f: { package: f, certificate: 'arn:x' } }",
    "functions: { f: { package: f, uses: [services.web] } }",
    "services: { web: { certificate: { east: issue } } }",
    "tables: { t: {} }",
    "buckets: { b: { replicate: { to: west } } }",
    "parameters: { p: 5 }",
    "parameters: { p: databases.main }",
    "parameters: { p: { of: buckets.b, path: a } }",
    "dashboards: { d: [Lag] }",
    "dashboards: { d: {} }",
    "alarms: { a: { above: 1 } }",
    "alarms: { a: { metric: cpu, above: a } }",
    "alarms: { a: { metric: cpu, above: true } }",
    "alarms: { a: { metric: cpu, above: -1 } }",
    "databases: { main: { engine: postgres, maintenance: sunday } }",
    "databases: { main: { engine: postgres, backup: { window: '24:00-01:00' } } }",
];

/// Whole documents that are not well formed.
const BAD_WHOLE: &[&str] = &[
    "{}",
    "[]",
    "5",
    "standfast: 2\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { home: true } }",
    "standfast: '1'\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { home: true } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m }\nregions: { a: { home: true } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { home: yes } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { zones: 0 } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { cidr: 10.0.0.0 } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { cidr: 10.0.0.0/33 } }",
    "standfast: 1\nname: shop\npromise: { rto: 1m, rpo: 1s }\nregions: { a: { nat: two } }",
];

/// Whether the parser finds the structure sound.
fn parser_accepts(text: &str) -> bool {
    let (_, problems) = parse(text, &environment);
    problems.iter().all(|problem| match problem.code.layer() {
        Layer::Structure => false,
        Layer::Meaning => true,
        Layer::Document => panic!("no problem of the schema's: {text}\n{problem:#?}"),
    })
}

fn check(validator: &jsonschema::Validator, text: &str, expected: bool) {
    // A second YAML parser, so that ours does not vouch for itself.
    // Its default takes `yes` for a flag, as YAML 1.1 did.
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: Value = serde_saphyr::from_str_with_options(text, options).unwrap();
    let (_, problems) = parse(text, &environment);
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(
        parser_accepts(text),
        expected,
        "parser: {text}\n{problems:#?}"
    );
    assert_eq!(errors.is_empty(), expected, "schema: {text}\n{errors:#?}");
}

#[test]
fn schema_and_parser_take_the_same_files() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for section in GOOD {
        check(&validator, &format!("{HEAD}{REGIONS}{section}"), true);
    }
    for section in BAD {
        check(&validator, &format!("{HEAD}{REGIONS}{section}"), false);
    }
    for document in BAD_WHOLE {
        check(&validator, document, false);
    }
    check(&validator, include_str!("full.yaml"), true);
    for (_, text) in examples() {
        check(&validator, &text, true);
    }
}

#[test]
fn the_published_schema_is_current() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/standfast.schema.json");
    let current = format!("{:#}\n", schema());
    if std::env::var_os("STANDFAST_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &current).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/schema/standfast.schema.json is not what the code says; run the tests once with \
         STANDFAST_UPDATE=1 and commit the file"
    );
}

#[test]
fn every_key_is_explained_to_editors() {
    let schema = schema();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions {
        let description = definition["description"].as_str().unwrap_or_default();
        assert!(!description.is_empty(), "{name} is not explained");
        let Some(properties) = definition["properties"].as_object() else {
            continue;
        };
        assert_eq!(
            definition["additionalProperties"], false,
            "{name} takes anything"
        );
        for (key, property) in properties {
            let description = property["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{name}.{key} is not explained");
        }
    }
}
