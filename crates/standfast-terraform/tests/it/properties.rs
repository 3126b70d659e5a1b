//! Any valid blueprint is either refused with reasons or synthesized to what the provider takes, twice to
//! the same bytes.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use standfast_blueprint::{Diagnostic, Layer, parse};
use standfast_terraform::{Options, synthesize};
use standfast_terraform_check::{Schema, check};

use crate::support::modules;

fn database() -> impl Strategy<Value = String> {
    let engine = prop::sample::select(vec![
        "aurora-postgresql, version: '16.4'",
        "aurora-mysql, version: '8.0.mysql_aurora.3.04.0'",
        "postgres",
        "mysql, version: '8.0.35'",
    ]);
    // Mostly what can be kept, so that most blueprints are synthesized.
    let durability =
        prop::sample::select(vec!["async", "async", "async", "async", "bounded", "zero"]);
    let extra = prop::sample::select(vec![
        "",
        ", instance: db.r6g.large, monitoring: 60s, logs: [error]",
        ", serverless: { min: 0.5, max: 4 }",
        ", reach: system, credentials: 'secret:a/b'",
        ", backup: { retention: 7d, window: '01:00-02:00' }, parameters: { work_mem: '${1}' }",
        ", storage: { size: 50GiB, max: 1TB }, multi_zone: true, key: { delete_after: 7d }",
    ]);
    (engine, durability, extra, 1u8..3, 1u8..3).prop_map(|(engine, durability, extra, home, standby)| {
        let extra = extra.replace("${1}", "$${x}");
        format!(
            "{{ engine: {engine}, durability: {durability}, nodes: {{ home: {home}, standby: {standby} }}{extra} }}"
        )
    })
}

fn function() -> impl Strategy<Value = String> {
    let runs = prop::sample::select(vec!["every", "home", "standby"]);
    let network = prop::sample::select(vec!["none", "private", "private", "private"]);
    let routes = prop::sample::select(vec![
        "[]",
        "['GET /']",
        "['GET /a/b/c', 'POST /a', 'GET /health']",
    ]);
    let uses = prop::sample::subsequence(
        vec![
            "databases.main",
            "tables.t",
            "buckets.b",
            "parameters.p",
            "metrics",
            "notify",
            "failover",
        ],
        0..=7,
    );
    let extra = prop::sample::select(vec![
        "",
        ", every: 5m",
        ", certificate: issue, access: signed",
        ", balancer: web",
        ", env: { A: '{region}', B: '%{x}' }",
    ]);
    (runs, network, routes, uses, extra).prop_map(|(runs, network, routes, uses, extra)| {
        let uses = uses.join(", ");
        format!(
            "{{ package: f, runs: {runs}, network: {network}, routes: {routes}, uses: [{uses}]{extra} }}"
        )
    })
}

fn blueprint() -> impl Strategy<Value = String> {
    let regions = prop::sample::select(vec![
        "{ us-east-1: { home: true }, us-west-2: {}, us-east-2: { witness: true } }",
        "{ us-west-2: {}, eu-west-1: { home: true, zones: 3, nat: per-zone } }",
        "{ us-east-1: { home: true, cidr: 10.9.0.0/20, nat: none }, eu-west-1: {}, eu-west-2: { zones: 4 } }",
    ]);
    let class = prop::sample::select(vec!["ephemeral", "production"]);
    let service = prop::sample::select(vec![
        "{ balancer: public, instances: { home: 2, standby: 1, max: 4 }, uses: [buckets.b] }",
        "{ balancer: private, port: 8080, instances: { home: 1, standby: 0 }, package: p }",
        "{ balancer: public, instances: { home: 1, standby: 1 }, certificate: issue }",
    ]);
    let table = prop::sample::select(vec![
        "{ key: id, replicate: true }",
        "{ key: id, sort: at, replicate: true, expires: e, stream: keys }",
    ]);
    let bucket = prop::sample::select(vec![
        "{}",
        "{ replicate: { ways: one, within: 15m, deletes: true } }",
        "{ versioned: false }",
        "{ replicate: {} }",
    ]);
    let steer = prop::sample::select(vec!["failover", "weighted, weight: 70"]);
    (regions, class, database(), function(), service, table, bucket, steer).prop_map(
        |(regions, class, database, function, service, table, bucket, steer)| {
            format!(
                "standfast: 1
name: shop
class: {class}
promise: {{ rto: 9m, rpo: 30s }}
regions: {regions}
tags: {{ Team: a, Role: '{{role}}', region: '{{region}}', odd: '${{x}}' }}
state: {{ bucket: st, region: us-west-2 }}
databases: {{ main: {database} }}
functions: {{ f: {function} }}
services: {{ web: {service} }}
tables: {{ t: {table} }}
buckets: {{ b: {bucket} }}
parameters: {{ p: databases.main.writer, q: buckets.b, r: services.web, \
                 s: {{ of: tables.t, path: '/x/{{region}}/s' }} }}
names: {{ zone: example.com, records: {{ web: {{ target: web, steer: {steer}, probe: {{ http: /health }} }}, \
                 db: {{ target: main }} }} }}
alarms:
  cpu: {{ metric: cpu, of: databases.main, above: 80% }}
  slow: {{ metric: response-time, above: 1s }}
  reach: {{ metric: reachability, of: names.web, below: 1 }}
  errors: {{ metric: function-errors, above: 10% }}
dashboards: {{ d: [cpu, errors, connections of databases.main], e: {{ runs: standby, show: [slow] }} }}
failover: {{ mode: manual }}
"
            )
            .replace("'${x}'", "'$${x}'")
        },
    )
}

/// Synthesizes a blueprint; whether it was taken. What comes out of one that was must hold.
fn taken(text: &str) -> Result<bool, TestCaseError> {
    let (blueprint, problems) = parse(text, &|_| None);
    let Some(blueprint) = blueprint else {
        // Only what the strategy cannot rule out: what several values mean together.
        let meaning = |problem: &Diagnostic| problem.code.layer() == Layer::Meaning;
        prop_assert!(problems.iter().all(meaning), "{problems:#?}");
        return Ok(false);
    };
    let options = Options::default();
    let Ok(output) = synthesize(&blueprint, &options) else {
        return Ok(false);
    };
    let again = synthesize(&blueprint, &options);
    prop_assert_eq!(Ok(&output), again.as_ref());
    for (folder, module) in modules(&output) {
        for schema in [Schema::aws_5(), Schema::aws_6()] {
            let faults = check(&module, schema);
            prop_assert!(faults.is_empty(), "{folder}: {faults:#?}\n{text}");
        }
    }
    Ok(true)
}

#[test]
fn a_valid_blueprint_is_refused_or_is_what_the_provider_takes() {
    const CASES: u32 = 128;
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let count = Cell::new(0);
    let outcome = TestRunner::new(config).run(&blueprint(), |text| {
        if taken(&text)? {
            count.set(count.get() + 1);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(
        count.get() > CASES / 4,
        "only {} of {CASES} were synthesized",
        count.get()
    );
}
