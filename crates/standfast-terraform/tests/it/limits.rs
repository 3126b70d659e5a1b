//! Names stay within what each service takes, whatever the blueprint calls things.

use std::collections::BTreeSet;

use crate::support::{declared, of_kind, output};

/// The longest name of each type, less what an expression in it stands for: `${local.account}` is
/// twelve digits.
const LIMITS: &[(&str, &str, usize)] = &[
    ("aws_lb", "name", 32),
    ("aws_lb_target_group", "name", 32),
    ("aws_rds_cluster", "cluster_identifier", 63),
    ("aws_rds_cluster_instance", "identifier", 63),
    ("aws_rds_global_cluster", "global_cluster_identifier", 63),
    ("aws_db_instance", "identifier", 63),
    ("aws_db_subnet_group", "name", 255),
    ("aws_rds_cluster_parameter_group", "name", 255),
    ("aws_lambda_function", "function_name", 64),
    ("aws_iam_role", "name", 64),
    ("aws_iam_instance_profile", "name", 128),
    ("aws_scheduler_schedule", "name", 64),
    ("aws_s3_bucket", "bucket", 63),
    ("aws_dynamodb_table", "name", 255),
    ("aws_sns_topic", "name", 256),
    ("aws_cloudwatch_metric_alarm", "alarm_name", 255),
    ("aws_cloudwatch_dashboard", "dashboard_name", 255),
    ("aws_cloudwatch_log_group", "name", 512),
    ("aws_security_group", "name", 255),
    ("aws_launch_template", "name", 128),
    ("aws_autoscaling_group", "name", 255),
    ("aws_ssm_parameter", "name", 1011),
];

/// A blueprint in which everything is called by a name of this length.
fn called(length: usize) -> String {
    let name = |first: &str| format!("{first}{}", "x".repeat(length - first.len()));
    let (system, environment) = (name("s"), name("e"));
    let [database, service, function, table, bucket, alarm, watched] =
        ["d", "v", "f", "t", "b", "a", "w"].map(name);
    format!(
        "standfast: 1
name: {system}
environment: {environment}
promise: {{ rto: 9m, rpo: 10s }}
regions: {{ ap-southeast-1: {{ home: true, cidr: 10.0.0.0/16 }}, ap-northeast-2: {{}}, \
                   ap-south-1: {{ witness: true }} }}
databases: {{ {database}: {{ engine: aurora-mysql, version: '8.0', nodes: {{ home: 15, standby: 1 }}, \
                   logs: [error], monitoring: 60s }} }}
services: {{ {service}: {{ balancer: public, instances: {{ home: 1, standby: 1 }}, uses: [buckets.{bucket}] }} }}
functions:
  {function}: {{ package: p, network: private, every: 60s, routes: ['GET /'], certificate: issue, \
                   uses: [databases.{database}, failover] }}
  {watched}: {{ package: p, balancer: {service}, routes: ['GET /'] }}
tables: {{ {table}: {{ key: id, replicate: true }} }}
buckets: {{ {bucket}: {{ replicate: {{}} }} }}
parameters: {{ {alarm}: databases.{database}.writer }}
names: {{ zone: example.com, records: {{ {function}: {{ target: {function}, probe: {{ https: / }} }} }} }}
alarms: {{ {alarm}: {{ metric: cpu, of: databases.{database}, above: 80% }} }}
dashboards: {{ {alarm}: [{alarm}] }}
"
    )
}

#[test]
fn names_fit_at_every_length_and_stay_apart() {
    // The name of a server of a database ends the range: it is refused beyond.
    for length in [1, 5, 10, 15, 20, 22] {
        let text = called(length);
        assert_eq!(
            crate::schema::faults(&text),
            Vec::<String>::new(),
            "length {length}"
        );
        let all = declared(&output(&text));
        for (kind, key, limit) in LIMITS {
            let mut seen = BTreeSet::new();
            for each in of_kind(&all, kind) {
                let name = each
                    .text(key)
                    .unwrap()
                    .replace("${local.account}", "123456789012");
                assert!(
                    name.len() <= *limit,
                    "{kind}: {name} has {} characters",
                    name.len()
                );
                assert!(!name.contains("--"), "{kind}: {name}");
                assert!(!name.ends_with('-'), "{kind}: {name}");
                let place = (each.region(), name.clone());
                assert!(
                    seen.insert(place),
                    "{kind}: {name} twice in {}",
                    each.region()
                );
            }
        }
    }
}

#[test]
fn every_name_carries_the_environment_until_it_is_cut() {
    let all = declared(&output(&called(3)));
    for (kind, key, _) in LIMITS {
        for each in of_kind(&all, kind) {
            let name = each.text(key).unwrap();
            assert!(name.contains("exx"), "{kind}: {name}");
        }
    }
}
