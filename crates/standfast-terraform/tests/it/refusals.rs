//! What AWS cannot be made of is refused with the place, the reason and the way out.

use std::fmt::Write as _;

use standfast_blueprint::locate;
use standfast_terraform::{Options, synthesize};

use crate::support::read;

const HEAD: &str = "standfast: 1\nname: shop\npromise: { rto: 9m, rpo: 20s }\n";
const REGIONS: &str =
    "regions: { us-east-1: { home: true }, us-west-2: {}, us-east-2: { witness: true } }\n";

/// Blueprints that parse, and that AWS cannot be made of: a line each of sections.
const CASES: &[&str] = &[
    "databases: { main: { engine: aurora-mysql, durability: bounded } }",
    "databases: { main: { engine: aurora-mysql, version: '8.0', durability: zero } }",
    "databases: { main: { engine: postgres, nodes: { home: 2, standby: 0 } } }\n\
     tables: { t: { key: id } }\n\
     functions: { f: { package: f, uses: [databases.main, tables.t] } }\n\
     parameters: { p: databases.main.writer }",
    "databases: { main: { engine: postgres, durability: bounded } }",
    "databases: { main: { engine: mysql, version: '8', nodes: { home: 3 }, credentials: file:/run/db } }",
    "databases: { main: { engine: postgres, username: admin, serverless: { min: 1, max: 2 } } }",
    "databases: { main: { engine: aurora-mysql, version: '8.0', serverless: { min: 0.3, max: 300 } } }",
    "databases: { main: { engine: postgres, backup: { retention: 36d }, key: { delete_after: 31d }, monitoring: 7s } }",
    "functions: { f: { package: f, timeout: 16m, every: 90s, memory: 64MiB } }",
    "buckets: { b: { versioned: false, replicate: { within: 5m } } }",
    "services: { web: { port: 80 } }",
    "services: { web: { instances: { home: 1, standby: 1 }, user_data: boot.sh, certificate: { us-east-1: 'arn:x' \
     } } }",
    "services: { web: { instances: { home: 1, standby: 1 }, certificate: issue } }",
    "functions: { api: { package: api, routes: ['GET /'] } }\n\
     names: { zone: example.com, records: { api: { target: api, ttl: 61s, weight: 101, probe: { every: 5s, \
     failures: 11 } } } }",
    "functions: { api: { package: api, routes: ['GET /'], certificate: issue } }\n\
     names: { zone: example.com, records: { api: { target: api, name: example.com } } }",
    "functions: { f: { package: f } }\nalarms: { errors: { metric: api-server-errors, above: 1 } }",
    "functions: { f: { package: f, routes: ['GET /'], certificate: issue } }\n\
     names: { zone: example.com, records: { f: { target: f } } }\n\
     alarms: { reach: { metric: reachability, below: 1 } }",
    "functions: { job: { package: f, runs: home, every: 60s }, job-schedule: { package: f, runs: home } }",
    "functions: { a: { package: f, runs: home, routes: ['GET /b/c'] }, n-1: { package: f }, 1: { package: f } }",
    "buckets: { b: {} }\nalarms: { size: { metric: bucket-size, above: 1GiB } }",
    "services: { web: { instances: { home: 1, standby: 1 }, check: { every: 1s, timeout: 500ms, up: 1, down: 20 } \
     } }\n\
     names: { zone: example.com, records: { web: { target: web, probe: { https: / } } } }",
    "databases: { main: { engine: postgres, credentials: 'secret:a*b' } }\n\
     functions: { f: { package: f, uses: [databases.main] } }",
    "tables: { t: { key: id, sort: id } }\n\
     functions: { f: { package: f, env: { AWS_REGION: x } } }\n\
     parameters: { p: { of: tables.t, path: /aws/t } }\n\
     databases: { main: { engine: postgres, database: 1st, storage: { size: 100GB, max: 50GB } } }",
    "class: production\n\
     functions: { f: { package: f, routes: ['GET /'], certificate: issue } }\n\
     names: { records: { f: { target: f } } }",
];

#[test]
fn refusals_name_the_place_the_reason_and_the_way_out() {
    let mut page = String::new();
    for sections in CASES {
        let mode = if sections.contains("engine: ") {
            "failover: { mode: manual }\n"
        } else {
            ""
        };
        let text = format!("{HEAD}{REGIONS}{mode}{sections}\n");
        let refusals = synthesize(&read(&text), &Options::default()).unwrap_err();
        writeln!(page, "{sections}").unwrap();
        for refusal in refusals {
            let keys: Vec<&str> = refusal.path.iter().map(String::as_str).collect();
            assert!(
                locate(&text, &keys).is_some(),
                "{refusal} is nowhere in\n{text}"
            );
            assert!(!refusal.help.is_empty(), "{refusal} has no way out");
            writeln!(page, "  {} {refusal}", refusal.code).unwrap();
            if let Some(note) = &refusal.note {
                writeln!(page, "      note: {note}").unwrap();
            }
            writeln!(page, "      help: {}", refusal.help).unwrap();
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn regions_are_called_as_aws_calls_them() {
    let text = format!(
        "{HEAD}regions: {{ frankfurt: {{ home: true }}, dublin: {{}}, north: {{ witness: true }} }}\n"
    );
    let refusals = synthesize(&read(&text), &Options::default()).unwrap_err();
    assert_eq!(refusals.len(), 3);
    let mut options = Options::default();
    for (region, aws) in [
        ("frankfurt", "eu-central-1"),
        ("dublin", "eu-west-1"),
        ("north", "eu-north-1"),
    ] {
        options
            .regions
            .insert(region.parse().unwrap(), aws.to_owned());
    }
    assert!(synthesize(&read(&text), &options).is_ok());
    options
        .regions
        .insert("dublin".parse().unwrap(), "eu-central-1".to_owned());
    let refusals = synthesize(&read(&text), &options).unwrap_err();
    assert!(refusals[0].message.contains("two regions"), "{refusals:?}");
    options
        .regions
        .insert("oslo".parse().unwrap(), "eu-west-2".to_owned());
    let refusals = synthesize(&read(&text), &options).unwrap_err();
    assert!(
        refusals[0].message.contains("no region `oslo`"),
        "{refusals:?}"
    );
}

#[test]
fn every_code_is_raised_by_a_case() {
    let mut raised: Vec<&str> = CASES
        .iter()
        .flat_map(|sections| {
            let mode = if sections.contains("engine: ") {
                "failover: { mode: manual }\n"
            } else {
                ""
            };
            let text = format!("{HEAD}{REGIONS}{mode}{sections}\n");
            synthesize(&read(&text), &Options::default()).unwrap_err()
        })
        .map(|refusal| refusal.code.as_str())
        .collect();
    // Names of regions have a test of their own, above.
    raised.push("AWS-001");
    for code in standfast_terraform::Code::ALL {
        assert!(raised.contains(&code.as_str()), "no case raises {code}");
    }
}
