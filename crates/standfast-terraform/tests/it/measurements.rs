//! Alarms and dashboards: every metric exists with the dimensions it is asked by, and is watched in the
//! region that emits it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{DeclaredThing, declared, example, examples, modules, of_kind, output};

/// The metrics there are: namespace, name, the dimensions in order. Sources: the lists of metrics in the
/// user guides of the services; the last two are our own.
const METRICS: &[(&str, &str, &[&str])] = &[
    (
        "AWS/RDS",
        "AuroraGlobalDBReplicationLag",
        &["DBClusterIdentifier"],
    ),
    (
        "AWS/RDS",
        "AuroraGlobalDBReplicatedWriteIO",
        &["DBClusterIdentifier"],
    ),
    ("AWS/RDS", "CPUUtilization", &["DBClusterIdentifier"]),
    ("AWS/RDS", "CPUUtilization", &["DBInstanceIdentifier"]),
    ("AWS/RDS", "DatabaseConnections", &["DBClusterIdentifier"]),
    ("AWS/RDS", "DatabaseConnections", &["DBInstanceIdentifier"]),
    ("AWS/RDS", "FreeStorageSpace", &["DBInstanceIdentifier"]),
    ("AWS/RDS", "ReplicaLag", &["DBInstanceIdentifier"]),
    ("AWS/EC2", "CPUUtilization", &["AutoScalingGroupName"]),
    (
        "AWS/ApplicationELB",
        "TargetResponseTime",
        &["LoadBalancer"],
    ),
    (
        "AWS/ApplicationELB",
        "UnHealthyHostCount",
        &["LoadBalancer", "TargetGroup"],
    ),
    ("AWS/ApiGateway", "4XXError", &["ApiName", "Stage"]),
    ("AWS/ApiGateway", "5XXError", &["ApiName", "Stage"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Invocations", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    (
        "AWS/S3",
        "ReplicationLatency",
        &["DestinationBucket", "RuleId", "SourceBucket"],
    ),
    ("AWS/S3", "BucketSizeBytes", &["BucketName", "StorageType"]),
    ("AWS/Route53", "HealthCheckStatus", &["HealthCheckId"]),
    ("DR/HealthCheck", "DatabaseHealth", &["Region", "System"]),
    ("DR/HealthCheck", "RegionHealth", &["Region", "System"]),
    ("Standfast/*", "Serving", &["Region", "System"]),
];

fn known(namespace: &str, name: &str, dimensions: &[String]) -> bool {
    // The latch has a namespace for each system.
    let namespace = if namespace.starts_with("Standfast/") {
        "Standfast/*"
    } else {
        namespace
    };
    METRICS
        .iter()
        .any(|(known_space, known_name, known_dimensions)| {
            *known_space == namespace && *known_name == name && *known_dimensions == dimensions
        })
}

/// One metric that is watched: what, with which dimensions, in which region.
#[derive(Debug)]
struct Watched {
    region: String,
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
}

fn dimensions(value: &Value) -> BTreeMap<String, String> {
    let map = value.as_object().unwrap();
    map.iter()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}

fn alarms_of(all: &[DeclaredThing]) -> Vec<Watched> {
    let mut watched = Vec::new();
    for alarm in of_kind(all, "aws_cloudwatch_metric_alarm") {
        let one = |metric: &Value| Watched {
            region: alarm.region(),
            namespace: metric["namespace"].as_str().unwrap().to_owned(),
            name: metric["metric_name"].as_str().unwrap().to_owned(),
            dimensions: dimensions(&metric["dimensions"]),
        };
        match alarm.body["metric_query"].as_array() {
            None => watched.push(one(&alarm.body)),
            Some(queries) => {
                let metrics = queries.iter().filter_map(|query| query["metric"].get(0));
                watched.extend(metrics.map(one));
            }
        }
    }
    watched
}

/// Whether this region emits this metric: the thing it is of must lie there.
fn emitted(watched: &Watched, all: &[DeclaredThing], home: &str) -> bool {
    let declares = |kind: &str, key: &str, value: &str| {
        of_kind(all, kind)
            .into_iter()
            .any(|each| each.folder == watched.region && each.text(key) == Some(value))
    };
    let of = |key: &str| watched.dimensions[key].as_str();
    match (watched.namespace.as_str(), watched.name.as_str()) {
        ("AWS/RDS", name) => {
            let follower = [
                "AuroraGlobalDBReplicationLag",
                "AuroraGlobalDBReplicatedWriteIO",
                "ReplicaLag",
            ];
            let there = match watched.dimensions.keys().next().unwrap().as_str() {
                "DBClusterIdentifier" => declares(
                    "aws_rds_cluster",
                    "cluster_identifier",
                    of("DBClusterIdentifier"),
                ),
                _ => declares("aws_db_instance", "identifier", of("DBInstanceIdentifier")),
            };
            there && (!follower.contains(&name) || watched.region != home)
        }
        ("AWS/Lambda", _) => declares("aws_lambda_function", "function_name", of("FunctionName")),
        ("AWS/ApiGateway", _) => declares("aws_api_gateway_rest_api", "name", of("ApiName")),
        // Replication is measured where objects arrive.
        ("AWS/S3", "ReplicationLatency") => {
            declares("aws_s3_bucket", "bucket", of("DestinationBucket"))
        }
        ("AWS/S3", _) => declares("aws_s3_bucket", "bucket", of("BucketName")),
        ("AWS/EC2", _) => declares("aws_autoscaling_group", "name", of("AutoScalingGroupName")),
        ("AWS/ApplicationELB", _) => of_kind(all, "aws_lb")
            .iter()
            .any(|lb| lb.folder == watched.region),
        ("AWS/Route53", _) => watched.region == "us-east-1",
        // Published by functions of the region about another one, and where the alarms are by the controller
        // that is left.
        ("DR/HealthCheck", "DatabaseHealth") => of("Region") == watched.region,
        ("DR/HealthCheck", _) | (_, "Serving") => of("Region") != watched.region,
        _ => false,
    }
}

#[test]
fn every_alarm_watches_a_metric_that_its_region_emits() {
    let mut seen = 0;
    for (name, text) in examples() {
        let output = output(&text);
        let home = output.order[0].folder.clone();
        let all = declared(&output);
        for watched in alarms_of(&all) {
            seen += 1;
            let keys: Vec<String> = watched.dimensions.keys().cloned().collect();
            assert!(
                known(&watched.namespace, &watched.name, &keys),
                "{name}: {watched:?}"
            );
            assert!(
                emitted(&watched, &all, &home),
                "{name}: silent for ever: {watched:?}"
            );
        }
    }
    assert!(seen > 40, "only {seen} alarms were looked at");
}

#[test]
fn an_alarm_in_the_wrong_region_would_be_found() {
    let output = output(&example("payments"));
    let all = declared(&output);
    let lag = alarms_of(&all)
        .into_iter()
        .find(|watched| watched.name == "AuroraGlobalDBReplicationLag")
        .unwrap();
    assert_eq!(lag.region, "us-east-2", "where it follows");
    let misplaced = Watched {
        region: "us-east-1".to_owned(),
        ..lag
    };
    assert!(!emitted(&misplaced, &all, "us-east-1"));
}

#[test]
fn every_alarm_tells_a_topic_in_its_region_and_says_what_silence_means() {
    for (name, text) in examples() {
        let output = output(&text);
        let all = declared(&output);
        for alarm in of_kind(&all, "aws_cloudwatch_metric_alarm") {
            let target = alarm.body["alarm_actions"][0].as_str().unwrap();
            let own = target.starts_with("${aws_sns_topic.");
            let region = format!(":sns:{}:", alarm.region());
            assert!(
                own || target.contains(&region),
                "{name}: {} tells {target}",
                alarm.address
            );
            assert!(alarm.body.get("ok_actions").is_some(), "{name}");
            assert!(
                alarm.body.get("treat_missing_data").is_some(),
                "{name}: {}",
                alarm.address
            );
        }
        for topic in of_kind(&all, "aws_sns_topic") {
            let heard = of_kind(&all, "aws_sns_topic_subscription");
            let heard = heard.iter().any(|each| each.folder == topic.folder);
            let wanted = text.contains("notify:");
            assert_eq!(heard, wanted, "{name}: {}", topic.folder);
        }
    }
}

#[test]
fn thresholds_are_in_the_unit_of_the_metric() {
    let threshold = |name: &str, metric: &str| {
        let all = declared(&output(&example(name)));
        let alarms = of_kind(&all, "aws_cloudwatch_metric_alarm");
        let alarm = alarms
            .into_iter()
            .find(|each| each.text("metric_name") == Some(metric));
        alarm.unwrap().body["threshold"].as_f64().unwrap()
    };
    let lag = "AuroraGlobalDBReplicationLag";
    assert!(
        (threshold("aurora-mysql-failover", lag) - 5000.0).abs() < 1e-9,
        "milliseconds"
    );
    assert!((threshold("payments", lag) - 1000.0).abs() < 1e-9);
    assert!(
        (threshold("ecommerce", "ReplicationLatency") - 900.0).abs() < 1e-9,
        "seconds"
    );
    assert!((threshold("multi-az-postgres", "FreeStorageSpace") - 10_737_418_240.0).abs() < 1e-3);
}

#[test]
fn the_loss_of_either_region_is_told_in_the_other() {
    let all = declared(&output(&example("payments")));
    let told: Vec<(String, String)> = alarms_of(&all)
        .into_iter()
        .filter(|watched| watched.name == "RegionHealth")
        .map(|watched| (watched.region, watched.dimensions["Region"].clone()))
        .collect();
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(
        told,
        [
            pair("us-east-1", "us-east-2"),
            pair("us-east-2", "us-east-1")
        ]
    );
}

/// The dashboards of an output: the provider's region, and the body that is encoded.
fn dashboards(text: &str) -> Vec<(String, Value)> {
    let output = output(text);
    let global = &modules(&output)["global"];
    let mut bodies = BTreeMap::new();
    for (_, file) in global.files() {
        for (name, value) in file["locals"].as_object().into_iter().flatten() {
            bodies.insert(format!("${{jsonencode(local.{name})}}"), value.clone());
        }
    }
    let all = declared(&output);
    of_kind(&all, "aws_cloudwatch_dashboard")
        .into_iter()
        .map(|each| {
            (
                each.region(),
                bodies[each.text("dashboard_body").unwrap()].clone(),
            )
        })
        .collect()
}

#[test]
fn every_widget_shows_metrics_that_exist_where_it_looks_for_them() {
    let mut seen = 0;
    for name in ["payments", "transactions"] {
        let output = output(&example(name));
        let home = output.order[0].folder.clone();
        let all = declared(&output);
        for (_, body) in dashboards(&example(name)) {
            let mut places = Vec::new();
            for widget in body["widgets"].as_array().unwrap() {
                assert_eq!(widget["type"], "metric");
                let number = |key: &str| widget[key].as_i64().unwrap();
                assert!(
                    number("x") + number("width") <= 24,
                    "{name}: the grid is 24 wide"
                );
                assert!(
                    !places.contains(&(number("x"), number("y"))),
                    "{name}: one on another"
                );
                places.push((number("x"), number("y")));
                let properties = &widget["properties"];
                assert!(properties["region"].is_string() && properties["title"].is_string());
                for line in properties["metrics"].as_array().unwrap() {
                    let line = line.as_array().unwrap();
                    let (drawn, parts) = line.split_last().unwrap();
                    if parts.is_empty() {
                        assert!(drawn["expression"].is_string(), "{name}: {line:?}");
                        continue;
                    }
                    let parts: Vec<&str> =
                        parts.iter().map(|part| part.as_str().unwrap()).collect();
                    assert!(
                        parts.len() >= 4 && parts.len().is_multiple_of(2),
                        "{name}: {parts:?}"
                    );
                    let dimensions: BTreeMap<String, String> = parts[2..]
                        .chunks(2)
                        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                        .collect();
                    let watched = Watched {
                        region: drawn["region"].as_str().unwrap().to_owned(),
                        namespace: parts[0].to_owned(),
                        name: parts[1].to_owned(),
                        dimensions,
                    };
                    seen += 1;
                    let keys: Vec<String> = watched.dimensions.keys().cloned().collect();
                    assert!(
                        known(&watched.namespace, &watched.name, &keys),
                        "{name}: {watched:?}"
                    );
                    assert!(
                        emitted(&watched, &all, &home),
                        "{name}: an empty graph: {watched:?}"
                    );
                }
            }
        }
    }
    assert!(seen > 15, "only {seen} lines were looked at");
}

#[test]
fn dashboards_lie_where_the_blueprint_says() {
    let regions = |name: &str| -> Vec<String> {
        dashboards(&example(name))
            .into_iter()
            .map(|(region, _)| region)
            .collect()
    };
    assert_eq!(regions("payments"), ["us-east-1", "us-east-2"]);
    assert_eq!(
        regions("transactions"),
        ["us-west-2"],
        "through the region that survives"
    );
}
