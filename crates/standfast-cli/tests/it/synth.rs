//! `synth` shares its folder with people, and loses nothing of theirs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const BLUEPRINT: &str = "standfast: 1
name: shop
promise: { rto: 9m, rpo: 10s }
regions: { us-east-1: { home: true }, us-west-2: {}, us-east-2: { witness: true } }
buckets: { assets: {} }
tables: { sessions: { key: id } }
";

struct Folder {
    root: TempDir,
}

impl Folder {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("standfast.yaml"), BLUEPRINT).unwrap();
        Self { root }
    }

    fn out(&self, path: &str) -> PathBuf {
        self.root.path().join("infra").join(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_standfast"))
            .current_dir(self.root.path())
            .args(["synth", "--out", "infra"])
            .args(arguments)
            .env_remove("STANDFAST_FILE")
            .output()
            .unwrap()
    }

    /// What happened to each file.
    fn changes(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let mut all = vec!["--format", "json"];
        all.extend(arguments);
        let ran = self.run(&all);
        assert_eq!(
            ran.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let answer: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(answer["version"], 1);
        assert_eq!(answer["order"][0]["folder"], "us-east-1");
        let files = answer["files"].as_object().unwrap();
        let told = |value: &Value| value.as_str().unwrap().to_owned();
        files
            .iter()
            .map(|(path, change)| (path.clone(), told(change)))
            .collect()
    }

    fn refused(&self, arguments: &[&str], status: i32, mentions: &[&str]) {
        let ran = self.run(arguments);
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(status), "{told}");
        for mention in mentions {
            assert!(told.contains(mention), "no {mention} in {told}");
        }
    }
}

fn all(changes: &[(String, String)], change: &str) -> bool {
    !changes.is_empty() && changes.iter().all(|(_, each)| each == change)
}

#[test]
fn a_dry_run_writes_nothing_and_a_second_run_changes_nothing() {
    let folder = Folder::new();
    assert!(all(&folder.changes(&["--dry-run"]), "created"));
    assert!(!folder.out("").exists());
    assert!(all(&folder.changes(&[]), "created"));
    assert!(folder.out("us-east-1/table-sessions.tf.json").is_file());
    assert!(folder.out("README.md").is_file());
    assert!(all(&folder.changes(&[]), "unchanged"));
}

#[test]
fn a_file_that_is_no_longer_declared_goes_and_nothing_else_does() {
    let folder = Folder::new();
    folder.changes(&[]);
    for kept in [
        "us-east-1/terraform.tfstate",
        "us-east-1/mine_override.tf.json",
        "packages/a.zip",
    ] {
        fs::create_dir_all(folder.out(kept).parent().unwrap()).unwrap();
        fs::write(folder.out(kept), "mine").unwrap();
    }
    let blueprint = folder.root.path().join("standfast.yaml");
    fs::write(
        blueprint,
        BLUEPRINT.replace("tables: { sessions: { key: id } }\n", ""),
    )
    .unwrap();
    let changes = folder.changes(&[]);
    let removed: Vec<&str> = changes
        .iter()
        .filter(|(_, change)| change == "removed")
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(removed, ["us-east-1/table-sessions.tf.json"]);
    assert!(!folder.out("us-east-1/table-sessions.tf.json").exists());
    for kept in [
        "us-east-1/terraform.tfstate",
        "us-east-1/mine_override.tf.json",
        "packages/a.zip",
    ] {
        assert_eq!(
            fs::read_to_string(folder.out(kept)).unwrap(),
            "mine",
            "{kept}"
        );
    }
}

#[test]
fn what_was_changed_by_hand_is_not_overwritten() {
    let folder = Folder::new();
    folder.changes(&[]);
    let changed = folder.out("us-east-1/main.tf.json");
    fs::write(&changed, "{}").unwrap();
    folder.refused(
        &[],
        3,
        &["us-east-1/main.tf.json", "_override.tf.json", "--force"],
    );
    assert_eq!(fs::read_to_string(&changed).unwrap(), "{}");
    folder.changes(&["--force"]);
    assert_ne!(fs::read_to_string(&changed).unwrap(), "{}");
}

#[test]
fn somebody_elses_files_are_not_overwritten() {
    let folder = Folder::new();
    fs::create_dir_all(folder.out("global")).unwrap();
    fs::write(folder.out("global/main.tf.json"), "theirs").unwrap();
    folder.refused(&[], 3, &["global/main.tf.json"]);
    assert!(
        !folder.out("us-east-1").exists(),
        "nothing is written when one file is refused"
    );
}

#[test]
fn another_home_over_modules_that_were_written_is_refused() {
    let folder = Folder::new();
    folder.changes(&[]);
    let blueprint = folder.root.path().join("standfast.yaml");
    let swapped = BLUEPRINT
        .replace("us-east-1: { home: true }", "us-east-1: {}")
        .replace("us-west-2: {}", "us-west-2: { home: true }");
    fs::write(blueprint, swapped).unwrap();
    folder.refused(
        &["--force"],
        3,
        &["us-east-1", "us-west-2", "delete", "--new-home"],
    );
    let ran = folder.run(&["--new-home"]);
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn a_manifest_that_names_files_elsewhere_removes_nothing() {
    let folder = Folder::new();
    folder.changes(&[]);
    let victim = folder.root.path().join("victim.txt");
    fs::write(&victim, "mine").unwrap();
    let manifest = folder.out(".standfast-synth.json");
    let hash = "a0b1c2";
    let text = format!(
        "{{\"version\":1,\"home\":\"us-east-1\",\"files\":{{\"../victim.txt\":\"{hash}\"}}}}"
    );
    fs::write(manifest, text).unwrap();
    folder.refused(&["--force"], 3, &["is not what synth wrote"]);
    assert_eq!(fs::read_to_string(victim).unwrap(), "mine");
}

#[test]
fn a_blueprint_that_aws_cannot_be_made_of_is_shown_at_its_place() {
    let folder = Folder::new();
    let blueprint = folder.root.path().join("standfast.yaml");
    fs::write(
        blueprint,
        format!("{BLUEPRINT}functions: {{ f: {{ package: f, timeout: 20m }} }}\n"),
    )
    .unwrap();
    folder.refused(
        &[],
        1,
        &[
            "AWS-002",
            "standfast.yaml:7:40",
            "1s to 15m",
            "cannot be synthesized: 1 problem",
        ],
    );
    folder.refused(&["--region", "us-east-1"], 2, &["us-east-1"]);
    let ran = folder.run(&["--format", "json"]);
    let text = String::from_utf8_lossy(&ran.stdout);
    let first = serde_json::Deserializer::from_str(&text)
        .into_iter::<Value>()
        .next();
    let answer = first.unwrap().unwrap();
    assert_eq!(answer["problems"][0]["code"], "AWS-002");
    assert_eq!(answer["problems"][0]["primary"]["line"], 7);
    assert!(!folder.out("").exists());
}

#[test]
fn a_script_beside_the_blueprint_is_taken_along() {
    let folder = Folder::new();
    let blueprint = folder.root.path().join("standfast.yaml");
    let service = "services: { web: { instances: { home: 1, standby: 1 }, user_data: boot.sh } }\n";
    fs::write(blueprint, format!("{BLUEPRINT}{service}")).unwrap();
    folder.refused(&[], 1, &["AWS-003", "boot.sh"]);
    fs::write(folder.root.path().join("boot.sh"), "#!/bin/sh\necho up\n").unwrap();
    folder.changes(&[]);
    let script = fs::read_to_string(folder.out("us-west-2/files/web.sh")).unwrap();
    assert_eq!(script, "#!/bin/sh\necho up\n");
    assert!(Path::new(&folder.out("us-west-2/service-web.tf.json")).is_file());
}
