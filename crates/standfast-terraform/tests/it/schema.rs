//! The output is what the provider takes, in both major versions.

use standfast_terraform_check::{Schema, check};

use crate::support::{examples, modules, output};

/// Faults of every module of a blueprint, under both versions.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (folder, module) in modules(&output(text)) {
        for schema in [Schema::aws_5(), Schema::aws_6()] {
            let found = check(&module, schema);
            faults.extend(
                found
                    .iter()
                    .map(|fault| format!("[{}] {folder}/{fault}", schema.version())),
            );
        }
    }
    faults
}

#[test]
fn every_example_is_what_the_provider_takes() {
    for (name, text) in examples() {
        assert_eq!(faults(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let mut output = output(&crate::support::example("payments"));
    let file = output
        .files
        .get_mut("us-east-1/database-main.tf.json")
        .unwrap();
    *file = file.replace("\"storage_encrypted\"", "\"storage_encripted\"");
    let modules = modules(&output);
    let found = check(&modules["us-east-1"], Schema::aws_5());
    assert!(
        found
            .iter()
            .any(|fault| fault.message.contains("storage_encripted")),
        "{found:?}"
    );
}
