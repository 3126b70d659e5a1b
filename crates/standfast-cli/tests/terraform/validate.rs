//! `terraform validate` with the real provider: no error, and no warning.

use serde_json::Value;

use crate::folder::Folder;
use crate::tools::Terraform;

fn check(example: &str) {
    let Some(terraform) = Terraform::find() else {
        return;
    };
    let folder = Folder::synthesized(example, &terraform);
    for module in &folder.modules {
        folder.init(module);
        let told = folder.succeeds(module, &["validate", "-json"]);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["valid"], true, "{example}/{module}: {told:#}");
        assert_eq!(told["warning_count"], 0, "{example}/{module}: {told:#}");
    }
}

#[test]
fn the_provider_takes_aurora_mysql_failover() {
    check("aurora-mysql-failover");
}

#[test]
fn the_provider_takes_payments() {
    check("payments");
}

#[test]
fn the_provider_takes_ecommerce() {
    check("ecommerce");
}

#[test]
fn the_provider_takes_multi_az_postgres() {
    check("multi-az-postgres");
}

#[test]
fn the_provider_takes_transactions() {
    check("transactions");
}

#[test]
fn the_provider_takes_the_quickstart() {
    check("quickstart");
}

#[test]
fn the_provider_refuses_what_is_wrong() {
    let Some(terraform) = Terraform::find() else {
        return;
    };
    let folder = Folder::synthesized("multi-az-postgres", &terraform);
    folder.change("us-west-2", "database-main.tf.json", |file| {
        file["resource"]["aws_db_instance"]["main"]["backup_window"] = "sometimes".into();
    });
    folder.init("us-west-2");
    let ran = folder.run("us-west-2", &["validate", "-json"]);
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(told["valid"], false);
}
