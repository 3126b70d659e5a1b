//! Rights: every action is known, every resource is one of the system's, and nothing more is given than
//! what the service offers no resource for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{declared, examples, of_kind, output, texts};

/// The actions this crate gives out, as the services' authorization references spell them. `true` where
/// the reference lists no resource type, or where the service itself asks for the right on everything.
const ACTIONS: &[(&str, bool)] = &[
    ("cloudwatch:GetMetricData", true),
    ("cloudwatch:PutMetricData", true),
    ("dynamodb:GetItem", false),
    ("dynamodb:PutItem", false),
    ("dynamodb:Query", false),
    ("dynamodb:UpdateItem", false),
    ("ec2:AssignPrivateIpAddresses", true),
    ("ec2:CreateNetworkInterface", true),
    ("ec2:DeleteNetworkInterface", true),
    ("ec2:DescribeNetworkInterfaces", true),
    ("ec2:DescribeSubnets", true),
    ("ec2:UnassignPrivateIpAddresses", true),
    // In the policies of resources (a key, a bucket), which are about that resource alone.
    ("kms:*", true),
    ("lambda:InvokeFunction", false),
    ("logs:CreateLogStream", false),
    ("logs:PutLogEvents", false),
    ("rds:DescribeDBClusters", false),
    ("rds:DescribeDBInstances", false),
    ("rds:DescribeGlobalClusters", false),
    ("rds:FailoverGlobalCluster", false),
    ("rds:SwitchoverGlobalCluster", false),
    ("s3:*", false),
    ("s3:GetObject", false),
    ("s3:GetObjectVersionAcl", false),
    ("s3:GetObjectVersionForReplication", false),
    ("s3:GetObjectVersionTagging", false),
    ("s3:GetReplicationConfiguration", false),
    ("s3:ListBucket", false),
    ("s3:PutObject", false),
    ("s3:ReplicateDelete", false),
    ("s3:ReplicateObject", false),
    ("s3:ReplicateTags", false),
    ("secretsmanager:GetSecretValue", false),
    ("sns:Publish", false),
    ("ssm:GetParameter", false),
    ("ssm:GetParameters", false),
    ("sts:AssumeRole", false),
];

fn list<'v>(statement: &'v Value, key: &str) -> Vec<&'v str> {
    let items = statement[key].as_array();
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Every statement of every policy document, with where it stands.
fn statements() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (name, text) in examples() {
        for each in declared(&output(&text)) {
            if each.kind != "aws_iam_policy_document" {
                continue;
            }
            for statement in each.body["statement"].as_array().unwrap() {
                let place = format!("{name}/{}/{}", each.folder, each.address);
                all.push((place, statement.clone()));
            }
        }
    }
    assert!(all.len() > 100);
    all
}

#[test]
fn every_action_is_known_and_every_resource_named() {
    for (place, statement) in statements() {
        let actions = list(&statement, "actions");
        assert!(!actions.is_empty(), "{place}");
        let mut anywhere = true;
        for action in &actions {
            let known = ACTIONS.iter().find(|(known, _)| known == action);
            let (_, free) = known.unwrap_or_else(|| panic!("{place}: {action} is in no list"));
            anywhere &= free;
        }
        let trust = actions == ["sts:AssumeRole"];
        let resources = list(&statement, "resources");
        assert_eq!(resources.is_empty(), trust, "{place}");
        for resource in resources {
            assert!(
                resource != "*" || anywhere,
                "{place}: {actions:?} on everything"
            );
            if resource != "*" {
                let named = resource.starts_with("arn:${local.partition}:")
                    || resource.starts_with("${aws_");
                assert!(named, "{place}: {resource}");
            }
        }
    }
}

#[test]
fn measurements_are_published_in_one_namespace_only() {
    let mut seen = 0;
    for (place, statement) in statements() {
        if !list(&statement, "actions").contains(&"cloudwatch:PutMetricData") {
            continue;
        }
        seen += 1;
        let condition = &statement["condition"][0];
        assert_eq!(condition["variable"], "cloudwatch:namespace", "{place}");
        let namespace = condition["values"][0].as_str().unwrap();
        // One for each system, so that no right on one turns the latch of another.
        let latch = namespace.strip_prefix("Standfast/");
        let own = latch.is_some_and(|system| system.ends_with("-dev"));
        assert!(namespace == "DR/HealthCheck" || own, "{place}: {namespace}");
    }
    assert!(seen > 0);
}

#[test]
fn only_services_take_roles_and_those_that_can_say_for_whom() {
    for (place, statement) in statements() {
        if list(&statement, "actions") != ["sts:AssumeRole"] {
            continue;
        }
        let service = statement["principals"][0]["identifiers"][0]
            .as_str()
            .unwrap();
        assert!(service.ends_with(".amazonaws.com"), "{place}");
        // These act for any account that names their ARN, unless they are held to this account.
        if ["scheduler.amazonaws.com", "monitoring.rds.amazonaws.com"].contains(&service) {
            assert_eq!(
                statement["condition"][0]["variable"], "aws:SourceAccount",
                "{place}"
            );
        }
    }
}

#[test]
fn nothing_is_allowed_to_every_account() {
    for (place, statement) in statements() {
        let every_account = texts(&statement["principals"]).contains(&"*");
        assert!(!every_account || statement["effect"] == "Deny", "{place}");
    }
}

#[test]
fn every_role_has_rights_of_its_own_and_no_managed_policy_but_one() {
    for (name, text) in examples() {
        let all = declared(&output(&text));
        let mut names = BTreeSet::new();
        for role in of_kind(&all, "aws_iam_role") {
            let called = role.text("name").unwrap().to_owned();
            assert!(called.len() <= 64, "{name}: {called}");
            assert!(
                names.insert(called),
                "{name}: roles belong to the account, not to a region"
            );
        }
        for attached in of_kind(&all, "aws_iam_role_policy_attachment") {
            let policy = attached.text("policy_arn").unwrap();
            assert!(
                policy.ends_with("/AmazonRDSEnhancedMonitoringRole"),
                "{name}: {policy}"
            );
        }
    }
}

#[test]
fn the_failover_function_has_every_id_and_just_its_actions() {
    let output = output(&crate::support::example("ecommerce"));
    let all = declared(&output);
    let function = of_kind(&all, "aws_lambda_function")
        .into_iter()
        .filter(|function| function.address.ends_with(".failover_trigger"))
        .collect::<Vec<_>>();
    let [function] = function[..] else {
        panic!("it runs in the region that stands by, and nowhere else");
    };
    assert_eq!(function.folder, "us-west-2");
    let variables = &function.body["environment"]["variables"];
    let clusters: Value =
        serde_json::from_str(variables["GLOBAL_CLUSTERS"].as_str().unwrap()).unwrap();
    let clusters = clusters["ecommerce-dev-main"].as_object().unwrap();
    assert_eq!(
        clusters.keys().collect::<Vec<_>>(),
        ["us-east-1", "us-west-2"]
    );
    for key in [
        "LATCH_REGION",
        "LATCH_METRIC",
        "LATCH_NAMESPACE",
        "MAX_LOSS_MS",
        "HOLD_DOWN_MS",
        "DATABASE_SECRET",
        "TOPICS",
        "TOPIC_ARN",
        "ENDPOINTS",
    ] {
        assert!(variables.get(key).is_some(), "{key}");
    }
    let role = all
        .iter()
        .find(|each| each.address == "data.aws_iam_policy_document.failover_trigger")
        .unwrap();
    let mut actions: Vec<&str> = role.body["statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| list(statement, "actions"))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(
        actions,
        [
            "cloudwatch:GetMetricData",
            "cloudwatch:PutMetricData",
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "rds:DescribeDBClusters",
            "rds:DescribeGlobalClusters",
            "rds:FailoverGlobalCluster",
            "rds:SwitchoverGlobalCluster",
            "secretsmanager:GetSecretValue",
            "sns:Publish",
        ]
    );
}
