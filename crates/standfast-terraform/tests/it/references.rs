//! Modules find each other by name: whatever one refers to, another declares.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{DeclaredThing, declared, example, examples, modules, of_kind, output, texts};

/// The identity of a resource across modules: its type, the region it lies in, and the name it goes by.
fn name_of(each: &DeclaredThing) -> Option<String> {
    let key = match each.kind.as_str() {
        "aws_rds_cluster" => "cluster_identifier",
        "aws_rds_global_cluster" => "global_cluster_identifier",
        "aws_db_instance" => "identifier",
        "aws_lambda_function" => "function_name",
        "aws_s3_bucket" => "bucket",
        "aws_cloudwatch_metric_alarm" => "alarm_name",
        _ => "name",
    };
    each.text(key).map(str::to_owned)
}

/// What an ARN names: type, region (empty where it has none) and name. `None` for ARNs of AWS itself.
fn named_by_arn(arn: &str) -> Option<(&'static str, String, String)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, account, rest] = parts[..] else {
        return None;
    };
    if account == "aws" {
        return None;
    }
    let rest = rest.trim_end_matches("/*");
    let (kind, name) = match service {
        "sns" => ("aws_sns_topic", rest),
        "s3" => ("aws_s3_bucket", rest),
        "dynamodb" => ("aws_dynamodb_table", rest.strip_prefix("table/")?),
        "ssm" => ("aws_ssm_parameter", rest.strip_prefix("parameter")?),
        "secretsmanager" => (
            "aws_secretsmanager_secret",
            rest.strip_prefix("secret:")?.strip_suffix("-??????")?,
        ),
        "logs" => (
            "aws_cloudwatch_log_group",
            rest.strip_prefix("log-group:")?
                .strip_suffix(":log-stream:*")?,
        ),
        "rds" => {
            if let Some(name) = rest.strip_prefix("global-cluster:") {
                ("aws_rds_global_cluster", name)
            } else if let Some(name) = rest.strip_prefix("cluster:") {
                ("aws_rds_cluster", name)
            } else {
                ("aws_db_instance", rest.strip_prefix("db:")?)
            }
        }
        _ => return None,
    };
    Some((kind, region.to_owned(), name.to_owned()))
}

/// The ARNs in a text, up to the character that ends each.
fn arns(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("arn:${local.partition}:") {
        let arn = &rest[start..];
        let end = arn.find(['"', ' ', ',', '\\']).unwrap_or(arn.len());
        found.push(arn[..end].to_owned());
        rest = &arn[end..];
    }
    found
}

#[test]
fn every_arn_names_something_that_some_module_declares() {
    let mut seen = 0;
    for (example, text) in examples() {
        let all = declared(&output(&text));
        let known: BTreeSet<(String, String)> = all
            .iter()
            .filter(|each| !each.address.starts_with("data."))
            .filter_map(|each| Some((each.kind.clone(), name_of(each)?)))
            .collect();
        let names: BTreeSet<(String, String, String)> = all
            .iter()
            .filter(|each| !each.address.starts_with("data."))
            .filter_map(|each| Some((each.kind.clone(), each.region(), name_of(each)?)))
            .collect();
        for each in &all {
            for arn in texts(&each.body).iter().flat_map(|text| arns(text)) {
                let Some((kind, region, name)) = named_by_arn(&arn) else {
                    continue;
                };
                seen += 1;
                assert!(
                    known.contains(&(kind.to_owned(), name.clone())),
                    "{example}: {}/{}: {arn} is declared nowhere",
                    each.folder,
                    each.address
                );
                // What is copied (secrets, tables) exists in other regions under the same name.
                let copied = ["aws_secretsmanager_secret", "aws_dynamodb_table"].contains(&kind);
                if !region.is_empty() && !copied {
                    let place = (kind.to_owned(), region, name);
                    assert!(names.contains(&place), "{example}: {}: {arn}", each.address);
                }
            }
        }
    }
    assert!(seen > 50, "only {seen} ARNs were looked at");
}

#[test]
fn every_data_source_finds_something_that_another_module_declares() {
    // What AWS itself offers, the same in every account.
    let given = [
        "aws_availability_zones",
        "aws_caller_identity",
        "aws_partition",
        "aws_iam_policy_document",
    ];
    let mut seen = 0;
    for (example, text) in examples() {
        let all = declared(&output(&text));
        for each in all.iter().filter(|each| each.address.starts_with("data.")) {
            if given.contains(&each.kind.as_str()) {
                continue;
            }
            let wanted = match each.kind.as_str() {
                "aws_vpc" | "aws_route_table" => each.body["filter"][0]["values"][0].as_str(),
                "aws_rds_cluster" => each.text("cluster_identifier"),
                "aws_db_instance" => each.text("db_instance_identifier"),
                _ => each.text("name"),
            };
            let wanted = wanted.unwrap_or_else(|| panic!("{example}: {}", each.address));
            if wanted.starts_with("/aws/service/") {
                continue;
            }
            seen += 1;
            let found = of_kind(&all, &each.kind).into_iter().any(|other| {
                let name = name_of(other);
                let tag = other.body["tags"]["Name"].as_str();
                let named = name.as_deref() == Some(wanted) || tag == Some(wanted);
                named && other.region() == each.region() && other.folder != each.folder
            });
            assert!(
                found,
                "{example}: {}/{} finds no {wanted}",
                each.folder, each.address
            );
        }
    }
    assert!(seen > 10, "only {seen} data sources were looked at");
}

#[test]
fn names_that_modules_share_are_declared_by_one() {
    for (example, text) in examples() {
        let all = declared(&output(&text));
        let globals: Vec<String> = of_kind(&all, "aws_rds_global_cluster")
            .into_iter()
            .filter_map(name_of)
            .collect();
        for cluster in of_kind(&all, "aws_rds_cluster") {
            let joined = cluster.text("global_cluster_identifier");
            let Some(joined) = joined.filter(|joined| !joined.starts_with("${")) else {
                continue;
            };
            assert!(
                globals.iter().any(|global| global == joined),
                "{example}: {joined}"
            );
        }
        let alarms: Vec<(String, Option<String>)> = of_kind(&all, "aws_cloudwatch_metric_alarm")
            .into_iter()
            .map(|alarm| (alarm.region(), name_of(alarm)))
            .collect();
        for check in of_kind(&all, "aws_route53_health_check") {
            if check.text("type") != Some("CLOUDWATCH_METRIC") {
                continue;
            }
            let alarm = (
                check.text("cloudwatch_alarm_region").unwrap().to_owned(),
                check.text("cloudwatch_alarm_name").map(str::to_owned),
            );
            assert!(alarms.contains(&alarm), "{example}: {alarm:?}");
        }
        let buckets: BTreeSet<Option<String>> = of_kind(&all, "aws_s3_bucket")
            .into_iter()
            .map(name_of)
            .collect();
        for rules in of_kind(&all, "aws_s3_bucket_replication_configuration") {
            assert!(buckets.contains(&rules.text("bucket").map(str::to_owned)));
        }
    }
}

#[test]
fn the_module_of_a_region_looks_into_no_other() {
    for (example, text) in examples() {
        let output = output(&text);
        for (folder, module) in modules(&output) {
            if folder == "global" {
                continue;
            }
            for (_, file) in module.files() {
                let providers = &file["provider"]["aws"];
                let several = providers.as_array().is_some_and(|all| all.len() > 1);
                assert!(!several, "{example}/{folder} speaks to several regions");
            }
            // It reads what AWS offers in its own region, and nothing that a module declares.
            for each in declared(&output)
                .iter()
                .filter(|each| each.folder == folder)
            {
                let own = [
                    "aws_availability_zones",
                    "aws_caller_identity",
                    "aws_iam_policy_document",
                    "aws_partition",
                ];
                let image = each
                    .text("name")
                    .is_some_and(|name| name.starts_with("/aws/service/"));
                assert!(
                    !each.address.starts_with("data.")
                        || own.contains(&each.kind.as_str())
                        || image,
                    "{example}/{folder}: {} depends on what another module made",
                    each.address
                );
            }
        }
    }
}

#[test]
fn a_lookup_that_leads_nowhere_would_be_found() {
    let arn = "arn:${local.partition}:rds:us-east-1:${local.account}:cluster:absent";
    let (kind, region, name) = named_by_arn(arn).unwrap();
    assert_eq!(
        (kind, region.as_str(), name.as_str()),
        ("aws_rds_cluster", "us-east-1", "absent")
    );
    assert_eq!(arns(&format!("x {arn}, {arn}\"")), [arn, arn]);
    let all = declared(&output(&example("payments")));
    assert!(
        !all.iter()
            .any(|each| name_of(each).as_deref() == Some("absent"))
    );
    assert!(all.iter().any(|each| each.body != Value::Null));
}
