//! After a role swap the provider finds nothing to undo.
//!
//! The emulator cannot swap roles, and its answers differ from what was applied for reasons of its own. So
//! the states are changed as a swap changes what they describe, and the provider plans against them without
//! asking the emulator again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::folder::Folder;

/// What the emulator forgets or makes up when it is asked what was created, by type. Nothing else may
/// differ.
const FORGOTTEN: &[(&str, &[&str])] = &[
    (
        "aws_rds_global_cluster",
        &["database_name", "tags", "tags_all"],
    ),
    // It makes up a configuration of the old serverless kind, too.
    (
        "aws_rds_cluster",
        &[
            "iam_database_authentication_enabled",
            "scaling_configuration",
        ],
    ),
    (
        "aws_autoscaling_group",
        &["capacity_reservation_specification"],
    ),
    ("aws_db_instance", &["iam_database_authentication_enabled"]),
];

/// What a plan without refreshing would change: nothing that the provider computes.
fn planned(folder: &Folder, module: &str) -> Vec<Change> {
    let arguments = [
        "plan",
        "-refresh=false",
        "-out=again.bin",
        "-input=false",
        "-no-color",
    ];
    folder.succeeds(module, &arguments);
    let plan = folder.succeeds(module, &["show", "-json", "again.bin"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let changes = plan["resource_changes"].as_array();
    changes
        .into_iter()
        .flatten()
        .filter(|change| change["mode"] == "managed" && change["change"]["actions"][0] != "no-op")
        .map(Change::of)
        .collect()
}

/// A change that a plan would make.
#[derive(Debug, PartialEq)]
struct Change {
    address: String,
    kind: String,
    /// The attributes that would change, and what to.
    attributes: BTreeMap<String, Value>,
}

impl Change {
    fn of(change: &Value) -> Self {
        let after = change["change"]["after"].as_object();
        let before = &change["change"]["before"];
        let attributes = after
            .into_iter()
            .flatten()
            .filter(|(key, value)| before[key.as_str()] != **value)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Self {
            address: change["address"].as_str().unwrap().to_owned(),
            kind: change["type"].as_str().unwrap().to_owned(),
            attributes,
        }
    }
}

/// Puts into a state what the emulator forgot; anything else that differs is a failure.
fn remembered(folder: &Folder, module: &str) {
    let changes = planned(folder, module);
    let mut state: Value = serde_json::from_str(&folder.state(module)).unwrap();
    for change in changes {
        let known = FORGOTTEN.iter().find(|(kind, _)| *kind == change.kind);
        let known = known.map_or(&[] as &[&str], |(_, attributes)| attributes);
        for (attribute, value) in &change.attributes {
            assert!(
                known.contains(&attribute.as_str()),
                "{module}: {} of {} would change right after it was applied, to {value}",
                attribute,
                change.address
            );
            let address = change.address.clone();
            changed(&mut state, &change.kind, &|name, attributes| {
                if address.ends_with(&format!(".{name}")) {
                    attributes[attribute.as_str()] = value.clone();
                }
            });
        }
    }
    let path = folder.path(module).join("terraform.tfstate");
    fs::write(path, state.to_string()).unwrap();
    assert_eq!(
        planned(folder, module),
        [],
        "{module}: right after it was applied"
    );
}

/// Changes what a state says of every resource of a type.
fn changed(state: &mut Value, kind: &str, change: &dyn Fn(&str, &mut Value)) -> usize {
    let mut count = 0;
    for resource in state["resources"].as_array_mut().unwrap() {
        if resource["type"] == kind && resource["mode"] == "managed" {
            let name = resource["name"].as_str().unwrap().to_owned();
            for instance in resource["instances"].as_array_mut().unwrap() {
                change(&name, &mut instance["attributes"]);
                count += 1;
            }
        }
    }
    count
}

/// The state of a module after a swap: followers are writers and writers follow, the other region scaled
/// out, tags of roles changed hands.
fn swap(state: &mut Value) -> usize {
    let tag = |attributes: &mut Value| {
        for key in ["tags", "tags_all"] {
            if let Some(role) = attributes[key].get_mut("DR-Role") {
                *role = "changed".into();
            }
        }
    };
    let clusters = changed(state, "aws_rds_cluster", &|_, attributes| {
        attributes["global_cluster_identifier"] = "".into();
        attributes["replication_source_identifier"] =
            "arn:aws:rds:elsewhere:1:cluster:other".into();
        attributes["engine_version"] = "8.0.mysql_aurora.3.05.0".into();
        tag(attributes);
    });
    let instances = changed(state, "aws_rds_cluster_instance", &|_, attributes| {
        tag(attributes);
    });
    let groups = changed(state, "aws_autoscaling_group", &|_, attributes| {
        attributes["desired_capacity"] = 4.into();
        attributes["min_size"] = 4.into();
    });
    let schedules = changed(state, "aws_scheduler_schedule", &|_, attributes| {
        if attributes["name"]
            .as_str()
            .is_some_and(|name| name.contains("first-values"))
        {
            attributes["schedule_expression"] = "at(2026-01-01T00:00:00)".into();
        }
    });
    clusters + instances + groups + schedules
}

/// What the emulator forgets so much of that a plan is not empty to begin with: which alarm a health
/// check follows, for one, and half of a launch template.
const FORGOTTEN_WHOLLY: [&str; 2] = ["aws_launch_template", "aws_route53_health_check"];

/// A plan after a swap does nothing more than one before it, in every module; in most of them, nothing at
/// all.
pub(crate) fn nothing_is_undone(folder: &Folder) {
    let mut swapped = 0;
    for module in &folder.modules {
        let state = folder.state(module);
        let declares = |kind: &&str| state.contains(&format!("\"type\": \"{kind}\""));
        if !FORGOTTEN_WHOLLY.iter().any(declares) {
            remembered(folder, module);
        }
        let usual = planned(folder, module);
        let path = folder.path(module).join("terraform.tfstate");
        let before = folder.state(module);
        let mut state: Value = serde_json::from_str(&before).unwrap();
        swapped += swap(&mut state);
        fs::write(&path, state.to_string()).unwrap();
        assert_eq!(planned(folder, module), usual, "{module}: after a swap");
        // What no takeover changes is seen: the plan is not blind.
        let mut state: Value = serde_json::from_str(&before).unwrap();
        let seen = changed(&mut state, "aws_sns_topic", &|_, attributes| {
            attributes["tags"] = serde_json::json!({ "Owner": "somebody" });
            attributes["tags_all"] = serde_json::json!({ "Owner": "somebody" });
        });
        fs::write(&path, state.to_string()).unwrap();
        assert_eq!(
            planned(folder, module).len(),
            usual.len() + seen,
            "{module}: a change that matters"
        );
        fs::write(&path, before).unwrap();
    }
    let several = folder.modules.len() > 1;
    assert!(
        !several || swapped > 3,
        "only {swapped} resources change in a swap"
    );
}
