//! Every reference system is created on the emulator, but for what the emulator lacks.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::folder::{Folder, created};
use crate::scan;
use crate::swap;
use crate::tools::{self, Terraform};

/// What the emulator lacks, and what is done about it in the copy that is applied: by example, module and
/// file; everything else must be created.
struct Gap {
    example: &'static str,
    module: &'static str,
    file: &'static str,
    why: &'static str,
    bridge: fn(&mut Value),
}

fn without_replicas(file: &mut Value) {
    // The emulator ignores replicas, and the provider gives up when it finds none.
    file.as_object_mut().unwrap().remove("resource");
}

const GAPS: &[Gap] = &[
    Gap {
        example: "payments",
        module: "global",
        file: "table-payment-transactions.tf.json",
        why: "no replicas of tables",
        bridge: without_replicas,
    },
    Gap {
        example: "ecommerce",
        module: "global",
        file: "table-sessions.tf.json",
        why: "no replicas of tables",
        bridge: without_replicas,
    },
    Gap {
        example: "multi-az-postgres",
        module: "us-west-2",
        file: "database-main.tf.json",
        why: "takes adjacent windows for overlapping ones",
        bridge: |file| {
            let instance = &mut file["resource"]["aws_db_instance"]["main"];
            instance["maintenance_window"] = "sun:06:00-sun:07:00".into();
        },
    },
];

/// Applies an example module by module; yields the folder with its states.
fn applied(example: &str, terraform: &Terraform, emulator: &Emulator) -> Folder {
    let folder = Folder::synthesized(example, terraform);
    folder.packages();
    for gap in GAPS.iter().filter(|gap| gap.example == example) {
        println!(
            "{example}/{}/{}: the emulator has a gap: {}",
            gap.module, gap.file, gap.why
        );
        folder.change(gap.module, gap.file, gap.bridge);
    }
    for module in &folder.modules {
        folder.point_at(module, emulator);
        folder.init(module);
        let plan = folder.plan(module);
        folder.apply(module);
        all_there(&folder, module, &created(&plan));
    }
    folder
}

/// Everything that was planned is in the state.
fn all_there(folder: &Folder, module: &str, planned: &[String]) {
    assert!(planned.len() > 2, "{module}: nothing was planned");
    let listed = folder.succeeds(module, &["state", "list"]);
    for address in planned {
        assert!(
            listed.lines().any(|line| line == address),
            "{module}: {address} is not there"
        );
    }
}

/// The passwords that the emulator generated.
fn passwords(emulator: &Emulator, region: &str) -> Vec<String> {
    let target = "secretsmanager.ListSecrets";
    let list = emulator.call("secretsmanager", region, target, "{}");
    let list: Value = serde_json::from_str(&list).unwrap();
    let secrets = list["SecretList"].as_array().unwrap();
    secrets
        .iter()
        .map(|secret| {
            let body = json!({ "SecretId": secret["Name"] }).to_string();
            let target = "secretsmanager.GetSecretValue";
            let value = emulator.call("secretsmanager", region, target, &body);
            let value: Value = serde_json::from_str(&value).unwrap();
            let text = value["SecretString"].as_str().unwrap();
            let secret: Value = serde_json::from_str(text).unwrap();
            secret["password"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// No password is in a plan or a state, in the clear or otherwise.
fn nowhere_written(folder: &Folder, passwords: &[String]) {
    for module in &folder.modules {
        let plan = folder.json(module, "plan.json").to_string();
        let state = folder.state(module);
        for password in passwords {
            assert!(
                password.len() >= 30,
                "a password of {} characters",
                password.len()
            );
            assert!(
                !plan.contains(password),
                "{module}: the plan tells a password"
            );
            assert!(
                !state.contains(password),
                "{module}: the state keeps a password"
            );
        }
    }
}

fn check(example: &str) {
    let (Some(terraform), Some(program)) = (Terraform::find(), tools::emulator()) else {
        return;
    };
    let emulator = Emulator::start(&program);
    let folder = applied(example, &terraform, &emulator);
    let home = &folder.modules[0];
    let generated = passwords(&emulator, home);
    assert_eq!(generated.len(), 1, "one database, one secret");
    nowhere_written(&folder, &generated);
    swap::nothing_is_undone(&folder);
    scan::nothing_new_is_found(example, &folder);
}

#[test]
fn aurora_mysql_failover_is_created() {
    check("aurora-mysql-failover");
}

#[test]
fn payments_is_created() {
    check("payments");
}

#[test]
fn ecommerce_is_created() {
    check("ecommerce");
}

#[test]
fn multi_az_postgres_is_created() {
    check("multi-az-postgres");
}

#[test]
fn transactions_is_created() {
    check("transactions");
}

#[test]
fn a_standby_is_built_while_home_is_lost() {
    let (Some(terraform), Some(program)) = (Terraform::find(), tools::emulator()) else {
        return;
    };
    let emulator = Emulator::start(&program);
    let mut folder = Folder::synthesized("aurora-mysql-failover", &terraform);
    folder.packages();
    // What is left of home: the global cluster, which is an entry of the account, and no region's.
    emulator.query(
        "rds",
        "us-east-1",
        "Action=CreateGlobalCluster&Version=2014-10-31&GlobalClusterIdentifier=appdb-dev-main\
         &Engine=aurora-mysql&EngineVersion=8.0.mysql_aurora.3.04.0",
    );
    folder.forget("us-east-1");
    for module in ["us-west-2", "us-east-2"] {
        folder.point_at(module, &emulator);
        folder.init(module);
        let plan = folder.plan(module);
        folder.apply(module);
        all_there(&folder, module, &created(&plan));
    }
    let endpoint = folder.succeeds(
        "us-west-2",
        &["output", "-raw", "main_writer_endpoint_us_west_2"],
    );
    assert!(endpoint.contains("us-west-2"), "{endpoint}");
}
