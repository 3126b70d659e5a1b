//! What must hold on the bad day and after it: names follow the latch and nothing else, a role swap is
//! never undone, no password is written anywhere, production is protected.

use serde_json::Value;

use crate::support::{declared, example, examples, of_kind, output};

fn ignored(body: &Value) -> Vec<&str> {
    let ignored = body["lifecycle"]["ignore_changes"].as_array();
    ignored
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn what_a_role_swap_changes_is_left_alone() {
    for (name, text) in examples() {
        let all = declared(&output(&text));
        for cluster in of_kind(&all, "aws_rds_cluster") {
            for attribute in ["global_cluster_identifier", "replication_source_identifier"] {
                assert!(
                    ignored(&cluster.body).contains(&attribute),
                    "{name}: {}",
                    cluster.address
                );
            }
        }
        for instance in of_kind(&all, "aws_db_instance") {
            assert!(
                ignored(&instance.body).contains(&"replicate_source_db"),
                "{name}"
            );
        }
        for group in of_kind(&all, "aws_autoscaling_group") {
            for attribute in ["desired_capacity", "min_size"] {
                assert!(ignored(&group.body).contains(&attribute), "{name}");
            }
        }
        for table in of_kind(&all, "aws_dynamodb_table") {
            assert!(ignored(&table.body).contains(&"replica"), "{name}");
        }
    }
}

#[test]
fn a_follower_is_created_with_nothing_that_belongs_to_its_writer() {
    for (name, text) in examples() {
        let output = output(&text);
        let home = &output.order[0].folder;
        for cluster in of_kind(&declared(&output), "aws_rds_cluster") {
            let writer = cluster.folder == *home;
            for key in ["database_name", "master_username", "master_password_wo"] {
                let there = cluster.body.get(key).is_some();
                assert_eq!(there, writer, "{name}: {key} of {}", cluster.folder);
            }
        }
    }
}

#[test]
fn commits_wait_in_the_region_of_the_writer_only() {
    let bounded = |folder: &str| {
        let output = output(&example("payments"));
        output.files[&format!("{folder}/database-main.tf.json")].contains("rds.global_db_rpo")
    };
    assert!(bounded("us-east-1"));
    assert!(
        !bounded("us-east-2"),
        "a promoted cluster without a follower would take no commit"
    );
}

#[test]
fn a_follower_is_signed_for_where_it_comes_from() {
    for name in [
        "aurora-mysql-failover",
        "payments",
        "ecommerce",
        "transactions",
    ] {
        let output = output(&example(name));
        let home = &output.order[0].folder;
        for cluster in of_kind(&declared(&output), "aws_rds_cluster") {
            let source = cluster.text("source_region");
            let expected = (cluster.folder != *home).then_some(home.as_str());
            assert_eq!(source, expected, "{name}");
            assert!(ignored(&cluster.body).contains(&"source_region"), "{name}");
        }
    }
}

#[test]
fn the_new_region_is_opened_before_the_old_one_is_closed() {
    for name in [
        "aurora-mysql-failover",
        "payments",
        "ecommerce",
        "transactions",
    ] {
        let output = output(&example(name));
        let page = &output.files["README.md"];
        let opened = page.find("--value 1").unwrap();
        let closed = page.find("--value 0").unwrap();
        let promoted = page.find("failover-global-cluster").unwrap();
        let written = page.find("Write to the database").unwrap();
        assert!(
            promoted < written && written < opened && opened < closed,
            "{name}"
        );
    }
}

#[test]
fn tags_of_a_role_are_set_once_and_on_databases_only() {
    let all = declared(&output(&example("payments")));
    let tag = |each: &crate::support::DeclaredThing| {
        each.body["tags"]["DR-Role"].as_str().map(str::to_owned)
    };
    for cluster in of_kind(&all, "aws_rds_cluster") {
        let role = if cluster.folder == "us-east-1" {
            "primary"
        } else {
            "standby"
        };
        assert_eq!(tag(cluster).as_deref(), Some(role));
        assert!(ignored(&cluster.body).contains(&"tags[\"DR-Role\"]"));
    }
    let others = all
        .iter()
        .filter(|each| !each.kind.starts_with("aws_rds_cluster"));
    assert_eq!(
        others.filter_map(tag).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

#[test]
fn names_follow_the_latch_and_no_checker() {
    for (name, text) in examples() {
        let output = output(&text);
        let all = declared(&output);
        let mut steered = 0;
        for record in of_kind(&all, "aws_route53_record") {
            if record.body.get("set_identifier").is_none() {
                assert!(
                    record.body.get("health_check_id").is_none(),
                    "{name}: {}",
                    record.address
                );
                continue;
            }
            steered += 1;
            let check = record.text("health_check_id").unwrap();
            let check = check.trim_start_matches("${").trim_end_matches(".id}");
            let check = all.iter().find(|each| each.address == check).unwrap();
            assert_eq!(check.text("type"), Some("CLOUDWATCH_METRIC"), "{name}");
            assert_eq!(
                check.text("insufficient_data_health_status"),
                Some("LastKnownStatus"),
                "{name}: silence must move no client"
            );
            // Its alarm lies in a region that is neither the record's nor home.
            let region = check.text("cloudwatch_alarm_region").unwrap();
            let served = record.text("set_identifier").unwrap();
            assert_ne!(region, output.order[0].folder, "{name}");
            assert_ne!(region, served, "{name}");
            if let Some(alias) = record.body.get("alias") {
                assert_eq!(alias["evaluate_target_health"], false, "{name}");
            }
            if let Some(ttl) = record.body["ttl"].as_i64() {
                assert!(ttl <= 60, "{name}: {ttl}");
            }
        }
        let spans = output.order.len() > 2 && name != "quickstart";
        assert_eq!(steered > 0, spans, "{name}");
    }
}

#[test]
fn latches_keep_what_they_knew_and_one_zero_closes_them() {
    for name in [
        "aurora-mysql-failover",
        "payments",
        "ecommerce",
        "transactions",
    ] {
        let output = output(&example(name));
        let all = declared(&output);
        let latches: Vec<_> = of_kind(&all, "aws_cloudwatch_metric_alarm")
            .into_iter()
            .filter(|alarm| alarm.text("metric_name") == Some("Serving"))
            .collect();
        assert_eq!(
            latches.len(),
            2,
            "{name}: one for each region that holds data"
        );
        let witness = &output.order[2].folder;
        for latch in latches {
            assert_eq!(latch.text("treat_missing_data"), Some("ignore"), "{name}");
            assert_eq!(latch.text("statistic"), Some("Minimum"), "{name}");
            assert_eq!(latch.body["period"], 60, "Route 53 follows nothing shorter");
            assert_eq!(
                &latch.folder, witness,
                "{name}: it must survive either region"
            );
        }
        let first = of_kind(&all, "aws_scheduler_schedule")
            .into_iter()
            .find(|schedule| schedule.address.ends_with(".first_values"))
            .unwrap();
        assert!(
            first.text("schedule_expression").unwrap().contains("at("),
            "{name}: once"
        );
        assert!(
            ignored(&first.body).contains(&"schedule_expression"),
            "{name}: and never again"
        );
        assert_eq!(first.body["depends_on"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn without_a_witness_the_latch_lies_where_home_is_not() {
    let text = example("transactions").replace("  us-west-2: { witness: true }\n", "");
    let text = text.replace("mode: automatic", "mode: approve");
    let text = text.replace("region: us-west-2 }", "region: us-east-2 }");
    for check in of_kind(&declared(&output(&text)), "aws_route53_health_check") {
        if check.text("type") == Some("CLOUDWATCH_METRIC") {
            assert_eq!(check.text("cloudwatch_alarm_region"), Some("us-east-2"));
        }
    }
}

#[test]
fn three_regions_are_steered_by_the_latch_alone() {
    let text = example("transactions").replace(
        "  us-west-2: { witness: true }",
        "  eu-west-1: { cidr: 10.2.0.0/16, zones: 2 }\n  us-west-2: { witness: true }",
    );
    let all = declared(&output(&text));
    let records: Vec<_> = of_kind(&all, "aws_route53_record")
        .into_iter()
        .filter(|record| record.body.get("set_identifier").is_some())
        .collect();
    assert_eq!(records.len(), 3);
    for record in records {
        assert_eq!(record.body["weighted_routing_policy"]["weight"], 1);
        assert!(record.body.get("failover_routing_policy").is_none());
    }
}

#[test]
fn weights_are_shares_of_a_hundred() {
    let text =
        example("transactions").replace("steer: \"${STEERING:-failover}\"", "steer: weighted");
    let all = declared(&output(&text));
    let weights: Vec<i64> = of_kind(&all, "aws_route53_record")
        .into_iter()
        .filter_map(|record| record.body["weighted_routing_policy"]["weight"].as_i64())
        .collect();
    assert_eq!(weights, [100, 0]);
}

#[test]
fn no_password_is_written_anywhere() {
    for (name, text) in examples() {
        let output = output(&text);
        for each in declared(&output) {
            let Some(body) = each.body.as_object() else {
                continue;
            };
            // An argument of that name would end up in the state.
            for key in [
                "master_password",
                "password",
                "secret_string",
                "secret_binary",
            ] {
                assert!(
                    !body.contains_key(key),
                    "{name}: {} has {key}",
                    each.address
                );
            }
            assert!(
                !(each.address.starts_with("data.") && each.kind.contains("secret")),
                "{name}: {} would be kept in the state",
                each.address
            );
        }
    }
    let password = |folder: &str| {
        let output = output(&example("payments"));
        output.files[&format!("{folder}/database-main.tf.json")]
            .contains("module.main_password.value")
    };
    assert!(password("us-east-1"));
    assert!(
        !password("us-east-2"),
        "a follower has the credentials of its writer"
    );
}

#[test]
fn an_existing_secret_is_read_and_none_is_made() {
    let text = example("payments").replace(
        "    durability: bounded\n",
        "    durability: bounded\n    credentials: { secret: pay/db }\n",
    );
    let output = output(&text);
    assert_eq!(
        of_kind(&declared(&output), "aws_secretsmanager_secret").len(),
        0
    );
    let database = &output.files["us-east-1/database-main.tf.json"];
    assert!(database.contains("\"secret_id\": \"pay/db\""));
    assert!(
        output
            .files
            .contains_key("us-east-1/secret-value/main.tf.json")
    );
    assert!(
        !output
            .files
            .contains_key("us-east-1/random-password/main.tf.json")
    );
}

#[test]
fn production_is_protected_and_ephemeral_systems_go() {
    for (name, text) in examples() {
        for production in [false, true] {
            let class = if production {
                "production"
            } else {
                "ephemeral"
            };
            let text = text
                .replace("class: ephemeral", &format!("class: {class}"))
                .replace("class: production", &format!("class: {class}"))
                .replace("retention: 1d", "retention: 7d")
                .replace("promise:    ", &format!("class: {class}\npromise:    "));
            let text = if text.contains("class:") {
                text
            } else {
                format!("{text}\nclass: {class}\n")
            };
            let all = declared(&output(&text));
            let databases = ["aws_rds_cluster", "aws_db_instance"];
            for each in databases.iter().flat_map(|kind| of_kind(&all, kind)) {
                assert_eq!(each.body["deletion_protection"], production, "{name}");
                assert_eq!(each.body["skip_final_snapshot"], !production, "{name}");
                let snapshot = each.text("final_snapshot_identifier");
                assert_eq!(snapshot.is_some(), production, "{name}");
                if production {
                    assert!(
                        snapshot.unwrap().contains("timestamp()"),
                        "{name}: its own name"
                    );
                    assert!(
                        ignored(&each.body).contains(&"final_snapshot_identifier"),
                        "{name}"
                    );
                    assert!(
                        each.body["backup_retention_period"].as_i64().unwrap() >= 7,
                        "{name}"
                    );
                }
            }
            for bucket in of_kind(&all, "aws_s3_bucket") {
                assert_eq!(bucket.body["force_destroy"], !production, "{name}");
            }
            for table in of_kind(&all, "aws_dynamodb_table") {
                assert_eq!(
                    table.body["deletion_protection_enabled"], production,
                    "{name}"
                );
            }
            for balancer in of_kind(&all, "aws_lb") {
                assert_eq!(
                    balancer.body["enable_deletion_protection"], production,
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn databases_are_private_encrypted_and_reached_from_named_networks() {
    for (name, text) in examples() {
        let all = declared(&output(&text));
        for kind in ["aws_rds_cluster", "aws_db_instance"] {
            for each in of_kind(&all, kind) {
                assert_eq!(each.body["storage_encrypted"], true, "{name}");
                assert!(
                    each.body.get("kms_key_id").is_some(),
                    "{name}: keys do not leave their region"
                );
            }
        }
        for kind in ["aws_rds_cluster_instance", "aws_db_instance"] {
            for each in of_kind(&all, kind) {
                assert_eq!(each.body["publicly_accessible"], false, "{name}");
            }
        }
        for rule in of_kind(&all, "aws_vpc_security_group_ingress_rule") {
            if [3306, 5432].contains(&rule.body["from_port"].as_i64().unwrap()) {
                let from = rule.text("cidr_ipv4").unwrap();
                assert!(from.ends_with("/16"), "{name}: {from}");
                assert_ne!(from, "0.0.0.0/0", "{name}");
            }
        }
    }
}

#[test]
fn objects_travel_one_way_or_both_as_the_blueprint_says() {
    let sources = |name: &str| -> Vec<String> {
        let all = declared(&output(&example(name)));
        let rules = of_kind(&all, "aws_s3_bucket_replication_configuration");
        rules.iter().map(|each| each.region()).collect()
    };
    assert_eq!(sources("payments"), ["us-east-1"]);
    assert_eq!(sources("transactions"), ["us-east-1", "us-east-2"]);
}
