//! A policy scanner over what was planned: every finding is accepted in `accepted.txt`, with its reason.
//!
//! The scanner reads plans: of `*.tf.json` it scans nothing, and passes. So what it says it scanned is
//! counted.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::folder::{Folder, created};
use crate::tools;

const ACCEPTED: &str = include_str!("accepted.txt");

/// The findings that are accepted, with their reasons.
fn accepted() -> BTreeMap<&'static str, &'static str> {
    ACCEPTED
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("a code and a reason"))
        .collect()
}

/// Scans the plans of every module.
pub(crate) fn nothing_new_is_found(example: &str, folder: &Folder) {
    let Some(scanner) = tools::scanner() else {
        return;
    };
    let accepted = accepted();
    let mut found = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for module in &folder.modules {
        let planned = created(&folder.json(module, "plan.json")).len();
        let ran = Command::new(&scanner)
            .args([
                "--framework",
                "terraform_plan",
                "--output",
                "json",
                "--compact",
                "--quiet",
            ])
            .args(["--skip-download", "--file"])
            .arg(folder.path(module).join("plan.json"))
            .current_dir(folder.root())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ran.stdout);
        let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
            panic!("{error}: {text}\n{}", String::from_utf8_lossy(&ran.stderr))
        });
        let counted = report["summary"]["resource_count"].as_u64().unwrap();
        assert_eq!(
            usize::try_from(counted).unwrap(),
            planned,
            "{example}/{module}: scanned resources"
        );
        for finding in report["results"]["failed_checks"].as_array().unwrap() {
            let code = finding["check_id"].as_str().unwrap();
            found.insert(code.to_owned());
            if !accepted.contains_key(code) {
                unknown.insert(format!(
                    "{module}: {code} {} on {}",
                    finding["check_name"], finding["resource"]
                ));
            }
        }
    }
    println!("{example}: accepted findings: {found:?}");
    assert!(unknown.is_empty(), "{example}: {unknown:#?}");
}

#[test]
fn every_accepted_finding_has_a_reason() {
    for (code, reason) in accepted() {
        assert!(code.starts_with("CKV"), "{code}");
        assert!(reason.len() > 20, "{code}: {reason}");
    }
}
